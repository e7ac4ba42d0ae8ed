package lab

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

const (
	// checkEvery is the time between two looks at every peer's links.
	checkEvery = time.Second
	// swapTime is how long a peer may carry a stream more than its slots while
	// others change places: 3 s, and what the messages need.
	swapTime = 4 * time.Second
	// forbidTime is what it takes a child to report a link and to be told to end
	// it.
	forbidTime = 3*signalDelay + hopDelay
	// settleTime is how long a peer stays where the tracker has put it, and how
	// long there may be a root too many.
	settleTime = time.Minute
	// recoverTime is how long it may take to feed everybody once churn has
	// stopped.
	recoverTime = 20 * time.Second
	// usedShare is how much of the slots is put to use in a deficit.
	usedShare = 0.95
)

// A Violation is an invariant of mesh 7 that did not hold.
type Violation struct {
	Name  string `json:"name"` // as there: "I1"
	Count int    `json:"count"`
	First string `json:"first"` // what the first one looked like
}

// String is one sentence.
func (v Violation) String() string {
	return fmt.Sprintf("%s violated %d times, first %s", v.Name, v.Count, v.First)
}

// checks are what did not hold, by invariant.
type checks struct {
	found map[string]*Violation
	// crowded is since when there are too many roots; -1: there are not.
	crowded time.Duration
	used    mean // of the slots
}

func newChecks() checks { return checks{found: map[string]*Violation{}, crowded: -1} }

func (c *checks) list() []Violation {
	all := []Violation{}
	for _, name := range slices.Sorted(maps.Keys(c.found)) {
		all = append(all, *c.found[name])
	}
	return all
}

func (w *world) violated(name, format string, args ...any) {
	v := w.checks.found[name]
	if v == nil {
		v = &Violation{Name: name, First: fmt.Sprintf("at %v: ", w.now().Round(time.Millisecond)) + fmt.Sprintf(format, args...)}
		w.checks.found[name] = v
	}
	v.Count++
}

// checkCycle is I1, after a link of p has begun to carry data. The tracker's own
// graph never has a cycle; peers that fall back on their standbys at the same
// moment can make one, until the tracker hears of it and forbids it.
func (w *world) checkCycle(p *simPeer) {
	if w.cycleThrough(p) == nil {
		return
	}
	w.after(forbidTime, func() {
		if q := w.cycleThrough(p); q != nil && p.alive {
			w.violated("I1", "%s receives from itself by way of %s", p.id, q.id)
		}
	})
}

// cycleThrough is the child of p through which it receives from itself, or nil.
func (w *world) cycleThrough(p *simPeer) *simPeer {
	w.figures.looks++
	walk := []*simPeer{p}
	for i := 0; i < len(walk); i++ {
		for _, l := range walk[i].links {
			if l.child != walk[i] || !l.live() || l.substreams == 0 {
				continue
			}
			if l.parent == p {
				return walk[i]
			}
			if l.parent.seen != w.figures.looks {
				l.parent.seen = w.figures.looks
				walk = append(walk, l.parent)
			}
		}
	}
	return nil
}

// check looks at every peer's links and comes back.
func (w *world) check() {
	for _, p := range w.alive {
		w.checkSlots(p)
		w.checkDead(p)
	}
	w.after(checkEvery, w.check)
}

// checkSlots is I2: nobody carries more than the uplink can, but for a stream
// while others change places. A link counts when the tracker has had the time to
// hear of it and to forbid it.
func (w *world) checkSlots(p *simPeer) {
	used := 0
	for _, l := range p.links {
		if l.parent == p && l.live() && w.now()-l.since > forbidTime {
			used += l.substreams
		}
	}
	if used <= p.slots {
		p.over = -1
		return
	}
	if p.over < 0 {
		p.over = w.now()
	}
	switch over := w.now() - p.over; {
	case used > p.slots+w.config.Substreams:
		w.violated("I2", "%s carries %d substreams and has %d slots", p.id, used, p.slots)
	case over > swapTime:
		w.violated("I2", "%s carries %d substreams and has %d slots, for %v", p.id, used, p.slots, over)
	}
}

// checkDead is I4: nobody holds an open link to a peer that is long gone.
func (w *world) checkDead(p *simPeer) {
	for _, l := range p.links {
		if q := l.other(p); l.open && !q.alive && w.now()-q.diedAt > crashDelay+time.Second {
			w.violated("I4", "%s holds a link to %s, gone for %v", p.id, q.id, w.now()-q.diedAt)
		}
	}
}

// checkOrder is I9: the tracker moves nobody twice within a minute. Only an
// order to change place moves; parents for free slots repair.
func (w *world) checkOrder(p *simPeer, m signaling.Message) {
	if _, ok := m.(signaling.Adopt); !ok {
		return
	}
	since := w.now() - p.movedAt
	if p.movedAt >= 0 && since == 0 {
		return // several parents at once
	}
	w.figures.orders += w.ifMeasured(1)
	if p.movedAt >= 0 && since < settleTime {
		w.violated("I9", "%s is moved again after %v", p.id, since)
	}
	p.movedAt = w.now()
}

// checkSample is what is looked at with each sample: I7 and I8 in what the
// tracker believes, that brains and links agree, and I10.
func (w *world) checkSample(c census) {
	s := w.desk.Snapshot()
	w.checkLevels(s)
	w.checkRoots(s)
	if w.measured() && w.config.Profile == Deficit && c.slots > 0 {
		w.checks.used.add(float64(c.fed) / float64(min(c.slots, c.demand)))
	}
	for _, p := range w.alive {
		w.checkBrain(p)
	}
}

// checkLevels is I7: a peer is one level below its deepest parent, and roots
// are on top.
func (w *world) checkLevels(s tracker.Snapshot) {
	levels := make(map[signaling.PeerID]int, len(s.Peers))
	for _, p := range s.Peers {
		levels[p.ID] = p.Level
	}
	for _, p := range s.Peers {
		want := 0
		for _, l := range p.Parents {
			want = max(want, 1+levels[l.ID])
		}
		if p.Level != want {
			w.violated("I7", "%s is on level %d, below parents it should be on %d", p.ID, p.Level, want)
		}
	}
}

// checkRoots is I8: after a minute there are no more roots than needed.
func (w *world) checkRoots(s tracker.Snapshot) {
	const peersPerRoot, put = 200, 0.98
	roots, slots, peers := 0, 0, len(s.Peers)
	for _, p := range s.Peers {
		slots += p.Slots
		if p.Root {
			roots++
		}
	}
	planned := max(2, (peers+peersPerRoot-1)/peersPerRoot)
	needed := max(planned, peers-int(put*float64(slots)/float64(w.config.Substreams)))
	switch {
	case roots <= needed+1+peers/peersPerRoot:
		w.checks.crowded = -1
	case w.checks.crowded < 0:
		w.checks.crowded = w.now()
	case w.now()-w.checks.crowded > settleTime:
		w.violated("I8", "%d roots of %d peers, %d needed", roots, peers, needed)
	}
}

// checkBrain compares the slots that a brain fills with what it has reported.
func (w *world) checkBrain(p *simPeer) {
	for _, parent := range p.brain.Snapshot().Parents {
		l := p.link(parent.Peer)
		if l == nil || l.child != p || l.substreams != parent.Substreams {
			w.violated("reports", "%s fills %d slots from %s, which nobody was told", p.id, parent.Substreams, parent.Peer)
		}
	}
}

// checkEnd is what can only be said at the end: I10, and I5 where churn has
// stopped.
func (w *world) checkEnd() {
	if used := w.checks.used.value(); used != nil && *used < usedShare {
		w.violated("I10", "%.1f %% of the slots are used", 100**used)
	}
	supply := w.figures.supply.value()
	if w.visits.quietFrom() > w.config.Duration-2*recoverTime || supply == nil || *supply < 1 {
		return
	}
	if s := w.recovery(); s == nil || *s > recoverTime.Seconds() {
		w.violated("I5", "not everybody is fed %v after churn has stopped", recoverTime)
	}
}
