package peer

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hlspeer/hls"
)

const (
	pollFloor   = 250 * time.Millisecond // shortest time between two polls
	pollCeiling = 5 * time.Second        // longest time between tries of a failing source
)

// poller keeps the newest text of one playlist. It asks when the next segment
// is due rather than at fixed times, so that a track knows of a segment before
// its players do, at the cost of about two requests for each.
type poller struct {
	origin *hls.Origin
	log    *slog.Logger
	fresh  chan *hls.Media // each new version of a media playlist, for the loop
	nudge  chan struct{}   // a player waits for a newer text than last

	mu      sync.Mutex
	rota    rota
	follows bool // polls whether or not players ask
	asked   bool // by a player, since the last poll
	stale   bool // not polled lately: nobody had asked
	last    *hls.Playlist
	err     error
	gotAt   time.Time     // the newest answer, new text or not
	changed chan struct{} // closed and replaced by each result
}

// newPoller polls the first of the sources, and the others in their order where
// it fails.
func newPoller(o *hls.Origin, from []*source, log *slog.Logger) *poller {
	return &poller{origin: o, log: log, rota: rota{sources: from}, fresh: make(chan *hls.Media), nudge: make(chan struct{}, 1), changed: make(chan struct{})}
}

// media is the newest list of segments, or nil.
func (p *poller) media() *hls.Media {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		return nil
	}
	return p.last.Media
}

// age is how old the newest answer of the source is; ok is false before the
// first.
func (p *poller) age() (age time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.gotAt), p.last != nil
}

// moving says whether the playlist is one that the source still adds to.
func (p *poller) moving() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last != nil && p.last.Media != nil && !p.last.Media.Ended
}

// set takes over the result of a try and gives what is the newest text now: an
// answer that says the same as the one before is not another one. Only the first
// failure of a row is worth a line in the log.
func (p *poller) set(pl *hls.Playlist, err error) *hls.Playlist {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil && p.err == nil:
		p.log.Warn("the source does not give the playlist; trying on", "error", err)
	case err == nil && p.err != nil:
		p.log.Info("the source gives the playlist again")
	}
	p.asked, p.stale = false, false
	if p.err = err; err == nil {
		p.gotAt = time.Now()
		if p.last == nil || !same(p.last, pl) {
			p.last = pl
		}
	}
	close(p.changed)
	p.changed = make(chan struct{})
	return p.last
}

// judge lets the next source have its turn, if this one has failed for too long.
func (p *poller) judge(pl *hls.Playlist, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	moved := false
	if err != nil {
		moved = p.rota.failed(time.Now())
	} else {
		moved = p.rota.answered(time.Now(), pl, p.last == nil || !bytes.Equal(p.last.Text, pl.Text))
	}
	if moved {
		p.log.Warn("the source does not go on; the next one is asked", "error", err, "next", p.rota.at+1)
	}
}

// same says whether two texts mean the same.
func same(a, b *hls.Playlist) bool {
	return bytes.Equal(a.Text, b.Text) && a.Base.String() == b.Base.String()
}

// end releases those who wait for a first answer: there will be none.
func (p *poller) end(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stale = false
	if p.last == nil {
		p.err = cause
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// first asks until the source has given the playlist once; an error only when
// ctx ends.
func (p *poller) first(ctx context.Context) (*hls.Playlist, error) {
	return p.insist(ctx, pollCeiling)
}

// insist asks until a source gives the playlist, at the latest every ceiling.
func (p *poller) insist(ctx context.Context, ceiling time.Duration) (*hls.Playlist, error) {
	moves := 0
	for failed := 0; ; failed++ {
		before := p.source()
		pl, err := p.poll(ctx)
		if err == nil {
			return pl, nil
		}
		wait := min(time.Second<<min(failed, 3), ceiling)
		if p.source() != before { // the next one has its turn at once, but not round and round
			if moves++; moves%len(p.rota.sources) != 0 {
				failed, wait = -1, 0
			}
		} else if left := p.left(); len(p.rota.sources) > 1 && left > 0 {
			wait = min(wait, left)
		}
		if !sleep(ctx, wait) {
			return nil, context.Cause(ctx)
		}
	}
}

// source is the one that is asked now.
func (p *poller) source() *source {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rota.current()
}

// left is how long it has for an answer before the next one is asked.
func (p *poller) left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rota.left(time.Now())
}

var errSlow = fmt.Errorf("a backup is asked: %w", hls.ErrSourceTimeout)

// poll asks once and takes the result over.
func (p *poller) poll(ctx context.Context) (*hls.Playlist, error) {
	limited, cancel := ctx, context.CancelFunc(func() {})
	if len(p.rota.sources) > 1 {
		limited, cancel = context.WithTimeoutCause(ctx, max(p.left(), time.Second), errSlow)
	}
	defer cancel()
	pl, err := p.source().playlist(limited, p.origin)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	p.judge(pl, err)
	return p.set(pl, err), err
}

// run goes on from the first answer: it hands each new version over until ctx
// ends, or the playlist is complete.
func (p *poller) run(ctx context.Context) {
	defer p.end(errStopping)
	p.mu.Lock()
	pl := p.last
	p.mu.Unlock()
	var before *hls.Playlist
	ceiling := pollCeiling
	for {
		if pl == nil {
			var err error
			if pl, err = p.insist(ctx, ceiling); err != nil {
				return
			}
		}
		if pl != before && pl.Media != nil && !p.hand(ctx, pl.Media) {
			return
		}
		isNew := before == nil || !bytes.Equal(pl.Text, before.Text)
		before = pl
		if pl.Media != nil { // its players have no more than a few segments left
			ceiling = min(pollCeiling, max(newestDuration(pl.Media), time.Second))
		}
		if wait := pause(pl, isNew); wait < 0 || !sleep(ctx, wait) || !p.wanted(ctx) {
			return
		}
		pl = nil
	}
}

func (p *poller) hand(ctx context.Context, m *hls.Media) bool {
	select {
	case p.fresh <- m:
		return true
	case <-ctx.Done():
		return false
	}
}

// pause is how long to wait before the next poll; below 0: for ever.
func pause(pl *hls.Playlist, isNew bool) time.Duration {
	m := pl.Media
	if m == nil {
		return -1 // a master playlist does not change
	}
	if m.Ended {
		return -1
	}
	d := newestDuration(m)
	if isNew {
		return max(d*9/10, pollFloor)
	}
	return min(max(d/8, pollFloor), pollCeiling)
}

// newestDuration is how long the newest segment lasts, or any may.
func newestDuration(m *hls.Media) time.Duration {
	if n := len(m.Segments); n > 0 && m.Segments[n-1].Duration > 0 {
		return m.Segments[n-1].Duration
	}
	return m.TargetDuration
}

// sleep waits for d; false when ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
