package lab

import "time"

// A viewer begins a live playlist at the third segment from the end, or earlier
// where these do not last for two polls (segments much shorter than the target
// duration).
const (
	startSegments = 3
	startTargets  = 2
)

// bufferGoal is the buffer above which a viewer fetches nothing.
const bufferGoal = 30 * time.Second

// ViewerReport is what a viewer's user has seen so far.
type ViewerReport struct {
	Startup    time.Duration // first request to first complete segment; zero until then
	Watched    time.Duration // played or stalled since then
	Segments   int           // fetched whole
	Bytes      int64         // of these segments
	Stalls     int           // times that the buffer ran empty after the start
	StallTime  time.Duration // in these, a stall that still lasts included
	Late       int           // segments that arrived after the buffer had run empty
	Lost       int           // segments given up, or gone before they were asked for
	Retries    int           // requests for segments that failed: an error status, a broken connection
	Bad        int           // segments that Check found wrong
	Buffer     time.Duration // fetched and not yet played
	BehindEdge time.Duration // estimate, from playback to the live edge; zero before the start and when the playlist has ended
	LastSN     int64         // newest segment fetched, -1 before the first
}

// playback is the virtual play clock and the position in the playlist. It is
// pure: it reads no clock. Not safe for concurrent use.
type playback struct {
	report  ViewerReport
	rewound bool      // begins with the first segment
	from    int64     // begins with this one, where all are listed
	asked   time.Time // first request
	entries []listEntry
	ended   bool
	nextSN  int64     // lowest segment not yet fetched or given up, once placed
	placed  bool      // a playlist has been seen
	edge    int64     // highest segment listed
	edgeAt  time.Time // when it was first listed

	playing bool // after the first segment
	stalled bool
	stopped time.Time // the viewer has gone; zero: it has not
	at      time.Time // the buffer's level is as of this moment
	buffer  time.Duration
}

func newPlayback(rewound bool, from int64) playback {
	return playback{rewound: rewound, from: from, report: ViewerReport{LastSN: -1}, edge: -1}
}

func (p *playback) begin(now time.Time) { p.asked = now }

// stop ends playback: what is missing from now on is missed by nobody.
func (p *playback) stop(now time.Time) {
	p.advance(now)
	p.stopped = now
}

// list takes over a playlist and says whether it has anything new.
func (p *playback) list(now time.Time, l playlist) (changed bool) {
	changed = l.ended && !p.ended
	p.ended = l.ended
	if len(l.entries) == 0 {
		return changed
	}
	p.entries = l.entries
	if !p.placed {
		p.placed = true
		if p.nextSN = l.entries[0].sn; !p.rewound {
			p.nextSN = startOf(l)
		}
		if l.ended && p.from <= l.entries[len(l.entries)-1].sn {
			p.nextSN = max(p.nextSN, p.from)
		}
	}
	if last := l.entries[len(l.entries)-1].sn; last > p.edge {
		p.edge, p.edgeAt, changed = last, now, true
	}
	return changed
}

// startOf is the segment that playback begins with.
func startOf(l playlist) int64 {
	first := 0
	if !l.ended {
		var tail time.Duration
		for first = len(l.entries); first > 0; first-- {
			if len(l.entries)-first >= startSegments && tail >= startTargets*l.target {
				break
			}
			tail += l.entries[first-1].duration
		}
	}
	return l.entries[first].sn
}

// step is what the viewer does next: fetch entry if wait is zero, else look
// again at the next playlist or after wait.
type step struct {
	entry listEntry
	wait  time.Duration
	done  bool // played to the end
}

// next also counts as lost what left the window before it was asked for.
func (p *playback) next(now time.Time) step {
	p.advance(now)
	if len(p.entries) > 0 && p.nextSN < p.entries[0].sn {
		p.report.Lost += int(p.entries[0].sn - p.nextSN)
		p.nextSN = p.entries[0].sn
	}
	left := p.left()
	switch {
	case len(left) == 0 && p.ended:
		return step{done: p.buffer == 0, wait: p.buffer}
	case len(left) == 0:
		return step{wait: bufferGoal}
	default:
		return step{entry: left[0], wait: max(0, p.buffer-bufferGoal)}
	}
}

// left are the listed segments not yet fetched or given up.
func (p *playback) left() []listEntry {
	for i, e := range p.entries {
		if e.sn >= p.nextSN {
			return p.entries[i:]
		}
	}
	return nil
}

// arrived plays a segment and says whether it came late.
func (p *playback) arrived(now time.Time, s ViewedSegment) (late bool) {
	p.advance(now)
	if !p.playing {
		p.playing, p.at = true, now
		p.report.Startup = now.Sub(p.asked)
	}
	late = p.stalled
	if late {
		p.report.Late++
		p.stalled = false
	}
	p.buffer += s.Duration
	p.nextSN = s.SN + 1
	p.report.LastSN = s.SN
	p.report.Segments++
	p.report.Bytes += int64(s.Bytes)
	return late
}

// giveUp says whether a segment that failed is not worth another try, and if so
// counts it as lost and skips it.
func (p *playback) giveUp(e listEntry, tries int) bool {
	if e.sn >= p.entries[0].sn && (!p.ended || tries < vodTries) {
		return false
	}
	p.report.Lost++
	p.nextSN = e.sn + 1
	return true
}

// advance plays what is in the buffer up to now. A buffer that runs empty is a
// stall, unless that was the end.
func (p *playback) advance(now time.Time) {
	if !p.playing {
		return
	}
	passed := now.Sub(p.at)
	p.at = now
	if passed <= p.buffer {
		p.buffer -= passed
		p.report.Watched += passed
		return
	}
	missing := passed - p.buffer
	p.report.Watched += p.buffer
	p.buffer = 0
	if p.ended && len(p.left()) == 0 {
		return
	}
	p.report.Watched += missing
	if !p.stalled {
		p.stalled = true
		p.report.Stalls++
	}
	p.report.StallTime += missing
}

// reportAt is the report as of now, or of when the viewer has gone.
func (p *playback) reportAt(now time.Time) ViewerReport {
	if !p.stopped.IsZero() {
		now = p.stopped
	}
	p.advance(now)
	r := p.report
	r.Buffer = p.buffer
	if p.playing && !p.ended {
		r.BehindEdge = p.buffer + now.Sub(p.edgeAt)
		for _, e := range p.left() {
			r.BehindEdge += e.duration
		}
	}
	return r
}
