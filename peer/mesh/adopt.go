package mesh

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// adopt carries out the scheduler's order to change parents, make before
// break: the old ones stay until the link to the new one is open, or for good
// if it does not open (protocol 4.12). An order for the whole stream takes the
// place of those that are under way; orders for parts of it add up.
func (f *Fastmesh) adopt(ev Adopt) {
	if !f.heeds(ev.Parent, f.adoptable(ev.Parent)) {
		return
	}
	f.stopClimb()
	if f.adoptedSlots(ev.Residual) == len(f.slots) || f.links.pending(forAdopt) >= len(f.slots) {
		f.cancelAll(forAdopt)
	}
	l := f.links.find(ev.Parent)
	if l != nil && !l.state.upward() {
		// It changes places with us: a link has one direction.
		f.act(Drop{Peer: l.peer, Reason: Ordered})
		f.end(l, false)
		l = nil
	}
	if l == nil {
		f.dial(ev.Parent, 0)
		l = f.links.find(ev.Parent)
	}
	if l.aim == forStandby {
		f.standby.lost(f.now)
	}
	l.aim, l.want, l.residual = forAdopt, 0, ev.Residual
	if l.state == spare {
		f.takeOver(l)
	}
}

// adoptable says whether peer may take the place of our parents. One that is
// a parent already, or is being adopted, needs no order.
func (f *Fastmesh) adoptable(peer PeerID) bool {
	l := f.links.find(peer)
	return f.standing == joined && peer != "" && peer != f.self &&
		!(l != nil && (l.state == parent || l.aim == forAdopt)) && !f.quarantine.holds(peer, f.now)
}

// takeOver gives slots to the peer that we were told to adopt, and leaves the
// parents that have none any more.
func (f *Fastmesh) takeOver(l *link) {
	f.cancelAll(forSlots)
	want := f.adoptedSlots(l.residual)
	ceded := f.cede(want)
	n := f.slots.fill(l.peer, want)
	f.promote(l)
	l.adoptedAt = f.now
	f.act(ReportOpened{Parent: l.peer, Substreams: n, Rate: f.share()})
	for _, c := range ceded {
		f.settleCession(c)
	}
}

// adoptedSlots is how many slots an adopted parent fills, at least one. Where
// it cannot be worked out it is one, or all if nobody else fills any.
func (f *Fastmesh) adoptedSlots(residual BitRate) int {
	total := len(f.slots)
	said := residual >= 0 && residual <= math.MaxFloat64
	switch {
	case said && f.stream > 0:
		n := math.Floor(float64(residual) / (float64(f.stream) / float64(total)))
		return int(min(max(n, 1), float64(total)))
	case f.links.count(parent) == 0:
		return total
	default:
		return 1
	}
}

// cession is what a parent gave up for another one.
type cession struct {
	link *link
	had  int // slots before
}

// adoptedWith is how long a parent counts as adopted together with others: it
// does not make room for them.
const adoptedWith = 10 * time.Second

// cede frees slots until n are free and one more parent is allowed. Parents that
// were there before this change give first, and of these the ones with the fewest
// slots, so that few links end; one that keeps some stays.
func (f *Fastmesh) cede(n int) (out []cession) {
	var old []*link
	for _, l := range f.links {
		if l.state == parent {
			old = append(old, l)
		}
	}
	slices.SortStableFunc(old, func(a, b *link) int {
		if x, y := f.justAdopted(a), f.justAdopted(b); x != y {
			return map[bool]int{false: -1, true: 1}[x]
		}
		return cmp.Compare(f.slots.count(a.peer), f.slots.count(b.peer))
	})
	excess := len(old) + 1 - f.cfg.MaxParents
	for _, l := range old {
		had := f.slots.count(l.peer)
		give := min(had, n-f.slots.count(""))
		if excess > 0 {
			give = had
		}
		if give <= 0 {
			break
		}
		excess--
		f.slots.cut(l.peer, give)
		out = append(out, cession{l, had})
	}
	return out
}

func (f *Fastmesh) justAdopted(l *link) bool {
	return l.adoptedAt != 0 && f.now-l.adoptedAt < adoptedWith
}

// settleCession reports what a parent has left, and ends the link if that is
// nothing.
func (f *Fastmesh) settleCession(c cession) {
	if n := f.slots.count(c.link.peer); n > 0 {
		f.act(ReportOpened{Parent: c.link.peer, Substreams: n, Rate: f.share()})
		return
	}
	f.act(Drop{Peer: c.link.peer, Reason: Replaced})
	f.act(ReportClosed{Parent: c.link.peer, Substreams: c.had, Rate: f.share()})
	f.unlink(c.link)
}
