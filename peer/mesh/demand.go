package mesh

import (
	"math"
	"math/bits"
	"time"
)

// demand is what a child asked for lately: a bit for each slot of the stream,
// in two masks that take turns every round, so that what it asks for no more
// is forgotten after two.
type demand struct {
	slots, before uint32
	since         time.Duration // when slots was begun
	last          time.Duration // when the child asked last
}

// turn ends the rounds that are over.
func (d *demand) turn(now, round time.Duration) {
	switch age := now - d.since; {
	case age >= 2*round:
		d.slots, d.before, d.since = 0, 0, now
	case age >= round:
		d.slots, d.before, d.since = 0, d.slots, d.since+round
	}
}

// asked takes a child's wish for a segment.
func (f *Fastmesh) asked(ev Asked) {
	l := f.links.find(ev.From)
	if l == nil || l.state != child {
		return // what was under way when we changed places, say
	}
	l.demand.turn(f.now, f.round())
	l.demand.slots |= 1 << f.slots.index(ev.SN)
	l.demand.last, f.asks = f.now, true
}

// round is how long the stream takes to come by each slot once.
func (f *Fastmesh) round() time.Duration {
	if f.segment == 0 {
		return time.Duration(len(f.slots)) * longestPatience
	}
	return time.Duration(len(f.slots)) * f.segment
}

// carried is how many slots a child is taken to have of us. It does not tell
// the number (protocol 4.5); it shows in what it asks for, or we know it as
// the child was our parent before.
func (f *Fastmesh) carried(l *link) int {
	l.demand.turn(f.now, f.round())
	return max(1, l.filled, bits.OnesCount32(l.demand.slots|l.demand.before))
}

// load is how many slots all children have of us. One that asks for nothing,
// as it keeps us for a standby, has none.
func (f *Fastmesh) load() (n int) {
	for _, l := range f.links {
		if l.state == child && f.idle(l) < 2*f.round() {
			n += f.carried(l)
		}
	}
	return n
}

// idle is for how long a child has asked for nothing; 0 where we cannot know.
func (f *Fastmesh) idle(l *link) time.Duration {
	if !f.asks {
		return 0
	}
	return f.now - max(l.since, l.demand.last)
}

// usable is the share of the uplink that slots are counted for; the rest is for
// what goes along with them (mesh 6.1).
const usable = 0.9

// overloaded says that the children take one whole stream more than the uplink
// carries. By so much the scheduler lets peers overlap while they change
// places. While the uplink or the stream's rate is unknown nothing is too much.
func (f *Fastmesh) overloaded() bool {
	if f.cfg.Uplink == 0 || f.stream == 0 {
		return false
	}
	total := float64(len(f.slots))
	carries := math.Floor(usable * float64(f.cfg.Uplink) / (float64(f.stream) / total))
	return float64(f.load()) >= carries+total
}

// idleFor is how long a child may ask for nothing until it gives way to a peer
// that may (hazard H-08).
const idleFor = 5 * time.Minute

// makeRoom sends away the child that has been idle for longest, if one is idle.
// A caller that never told what children ask for keeps them all.
func (f *Fastmesh) makeRoom() {
	var idlest *link
	for _, l := range f.links {
		if l.state == child && f.idle(l) >= idleFor && (idlest == nil || f.idle(l) > f.idle(idlest)) {
			idlest = l
		}
	}
	if idlest != nil {
		f.act(Drop{Peer: idlest.peer, Reason: Idle})
		f.end(idlest, false)
	}
}
