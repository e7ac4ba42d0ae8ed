package peer

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"hlspeer/peer/mesh"
)

const (
	// planKept is how much a track keeps of what its brain has heard and decided,
	// compressed, in bytes: some hours of a live channel.
	planKept = 512 << 10
	// planChunk is how much of it is compressed at once, bytes.
	planChunk = 64 << 10
)

// planLog is what a brain has heard and decided, in the form of its scripts. It
// begins with a fresh brain, so that a script can be run again; when there is too
// much of it the oldest goes. It belongs to the track's loop.
type planLog struct {
	config string // the script's first line
	chunks []planPart
	size   int // of chunks, compressed
	newest planPart
	gone   int // steps that are not kept any more
}

// planPart is a number of steps, one after the other.
type planPart struct {
	text  []byte // newest: as it is; else compressed
	steps int
	first time.Duration // when the first one was
}

// note enters a step.
func (p *planLog) note(now time.Duration, ev mesh.Event, do []mesh.Action) {
	if p.newest.steps == 0 {
		p.newest.first = now
	}
	p.newest.text = append(p.newest.text, mesh.FormatStep(now, ev, do)...)
	p.newest.steps++
	if len(p.newest.text) >= planChunk {
		p.pack()
	}
}

// pack compresses the newest steps, and forgets the oldest where there are too many.
func (p *planLog) pack() {
	var b bytes.Buffer
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&b)
	_, _ = w.Write(p.newest.text) // into memory
	_ = w.Close()
	p.chunks = append(p.chunks, planPart{bytes.Clone(b.Bytes()), p.newest.steps, p.newest.first})
	p.size += b.Len()
	p.newest = planPart{text: p.newest.text[:0]}
	for p.size > planKept && len(p.chunks) > 1 {
		p.size -= len(p.chunks[0].text)
		p.gone += p.chunks[0].steps
		p.chunks = p.chunks[1:]
	}
}

// packers are kept for all tracks: one holds more than what it packs.
var packers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is a valid one
	return w
}}

// planCopy is a log at one moment, to be read outside of the loop.
type planCopy struct {
	config string
	parts  []planPart // compressed, but for the last
	gone   int
	now    time.Duration
	engine EngineKind
}

func (p *planLog) copy(now time.Duration, engine EngineKind) planCopy {
	newest := p.newest
	newest.text = bytes.Clone(newest.text)
	return planCopy{p.config, append(append([]planPart{}, p.chunks...), newest), p.gone, now, engine}
}

// Plan is what the brain of one playlist has heard and decided, oldest first.
type Plan struct {
	Name   string     `json:"name"`
	Room   string     `json:"room"`
	Engine EngineKind `json:"engine"`
	Now    float64    `json:"now_s"` // the brain's time
	// Complete: the script begins with a fresh brain, so that another one answers the
	// same to it.
	Complete bool `json:"complete"`
	// Left is how many steps before the first of the script are not in it, by what was
	// asked for or because they are not kept any more.
	Left   int    `json:"steps_left_out"`
	Steps  int    `json:"steps"`
	Script string `json:"script"` // config line, events and actions, see [mesh.RunScript]
}

// planCut says what of a plan is wanted: the last steps, or those since a time ago; 0:
// all.
type planCut struct {
	last  int
	since time.Duration
}

// write makes a plan of the copy.
func (c planCopy) write(cut planCut) (Plan, error) {
	var all strings.Builder
	total := 0
	for i, part := range c.parts {
		var from io.Reader = bytes.NewReader(part.text)
		if i < len(c.parts)-1 {
			from = flate.NewReader(from)
		}
		if _, err := io.Copy(&all, from); err != nil {
			return Plan{}, fmt.Errorf("reading the plan: %w", err)
		}
		total += part.steps
	}
	text, steps := all.String(), total
	if cut.last > 0 || cut.since > 0 {
		text, steps = cut.of(text, total, c.now)
	}
	left := c.gone + total - steps
	return Plan{
		Engine: c.engine, Now: c.now.Seconds(), Complete: left == 0, Left: left, Steps: steps, Script: c.config + "\n" + text,
	}, nil
}

// of leaves out of total steps what is not wanted.
func (cut planCut) of(text string, total int, now time.Duration) (rest string, steps int) {
	for steps = total; text != "" && !cut.wants(text, steps, now); steps-- {
		_, rest, _ := strings.Cut(text, "\n")
		for strings.HasPrefix(rest, " ") {
			_, rest, _ = strings.Cut(rest, "\n")
		}
		text = rest
	}
	return text, steps
}

// wants says whether the step at the beginning of text, behind which come so many
// with it, is wanted.
func (cut planCut) wants(text string, steps int, now time.Duration) bool {
	if cut.last > 0 && steps > cut.last {
		return false
	}
	if cut.since == 0 {
		return true
	}
	stamp, _, _ := strings.Cut(strings.TrimPrefix(text, "@"), " ")
	at, err := time.ParseDuration(stamp)
	return err != nil || at >= now-cut.since
}
