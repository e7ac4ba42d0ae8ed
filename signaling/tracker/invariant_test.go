package tracker

import (
	"slices"
	"testing"
)

// check tests what must hold after every event (mesh 7, I1 to I3, I6 and
// I7), and that the sums which the room keeps are those of its graph.
func check(t *testing.T, r *Room) {
	t.Helper()
	if len(r.peers) != len(r.order) {
		t.Fatalf("%d peers by id, %d in order", len(r.peers), len(r.order))
	}
	roots, capacity, free, queued := 0, 0, 0, 0
	for i, p := range r.order {
		if r.peers[p.id] != p || p.index != i || p.gone {
			t.Fatalf("peer %s is misplaced", p.id)
		}
		checkNode(t, r, p)
		capacity += p.slots
		free += p.free()
		if p.root {
			roots++
		}
		if p.queued {
			queued++
		}
	}
	if roots != r.roots || capacity != r.capacity || free != r.free || queued != len(r.waiting) {
		t.Fatalf("roots %d, capacity %d, free %d, waiting %d; counted %d, %d, %d, %d",
			r.roots, r.capacity, r.free, len(r.waiting), roots, capacity, free, queued)
	}
}

func checkNode(t *testing.T, r *Room, p *node) {
	t.Helper()
	used, reserved, filled, granted, open, level := 0, 0, 0, 0, 0, 0
	hosting := 0
	for _, e := range p.children {
		if e.move != nil {
			hosting++
		}
		if e.parent != p || e.gone || r.peers[e.child.id] != e.child || r.edge(e.child, p) != e {
			t.Fatalf("edge %s-%s is not one edge of two peers", e.child.id, e.parent.id)
		}
		switch e.state {
		case edgeReserved:
			reserved += e.substreams
			if age := r.now - e.since; age > grantPeriod {
				t.Fatalf("reservation %s-%s is %v old", e.child.id, p.id, age)
			}
		case edgeOpen:
			open += e.substreams
			fallthrough
		case edgeRefused:
			used += e.substreams
		}
	}
	for _, e := range p.parents {
		switch e.state {
		case edgeReserved:
			granted += e.substreams
		case edgeOpen:
			filled += e.substreams
			level = max(level, 1+e.parent.level)
		}
	}
	if used != p.used || reserved != p.reserved || filled != p.filled || granted != p.granted {
		t.Fatalf("%s: used %d, reserved %d, filled %d, granted %d; counted %d, %d, %d, %d",
			p.id, p.used, p.reserved, p.filled, p.granted, used, reserved, filled, granted)
	}
	if hosting != p.hosting {
		t.Fatalf("%s: hosts %d moves, counted %d", p.id, p.hosting, hosting)
	}
	checkMove(t, p)
	if level != p.level || level > len(r.order) {
		t.Fatalf("%s: level %d, counted %d", p.id, p.level, level)
	}
	if open > r.bearable(p) {
		t.Fatalf("%s: %d substreams open, %d bearable", p.id, open, r.bearable(p))
	}
	if len(p.parents) > maxParents || len(p.bad) > maxBad {
		t.Fatalf("%s: %d parents, %d bad pairs", p.id, len(p.parents), len(p.bad))
	}
	if r.wants(p) && p.retryAt == 0 && !r.toBeRepaired(p) {
		t.Fatalf("%s is an orphan without a retry", p.id)
	}
	if p.root && p.filled > 0 {
		t.Fatalf("%s is a root with parents", p.id)
	}
	checkCycle(t, p)
	checkStandby(t, r, p)
}

// checkStandby: a peer and its standby know each other, and falling back on it
// would close no cycle.
func checkStandby(t *testing.T, r *Room, p *node) {
	t.Helper()
	for _, b := range p.backs {
		if b.standby != p || b.gone {
			t.Fatalf("%s is said to be the standby of %s", p.id, b.id)
		}
	}
	q := p.standby
	if q == nil {
		return
	}
	if q.gone || q == p || !slices.Contains(q.backs, p) {
		t.Fatalf("%s has %s as its standby, which does not know it", p.id, q.id)
	}
	if r.feeds(p, q) {
		t.Fatalf("%s would fall back on %s, which it feeds", p.id, q.id)
	}
}

func (r *Room) toBeRepaired(p *node) bool {
	for _, e := range r.timers.heap {
		if e.node == p && e.at <= r.now+repairDelay {
			return true
		}
	}
	return false
}

// checkCycle walks up from p: levels fall on the way, or there is a cycle.
func checkCycle(t *testing.T, p *node) {
	t.Helper()
	for _, e := range p.parents {
		if e.state == edgeOpen && e.parent.level >= p.level {
			t.Fatalf("%s at level %d receives from %s at level %d", p.id, p.level, e.parent.id, e.parent.level)
		}
	}
}

// checkMove: a peer and its move know each other, and what the move needs is
// there.
func checkMove(t *testing.T, p *node) {
	t.Helper()
	m := p.moving
	if m == nil {
		return
	}
	if m.over || m.peer != p || len(m.links) == 0 {
		t.Fatalf("%s is in a move that is over or not its own", p.id)
	}
	for _, e := range m.links {
		if e.gone || e.move != m || e.child != p || e.state == edgeRefused {
			t.Fatalf("%s moves without a promise of %s", p.id, e.parent.id)
		}
	}
}
