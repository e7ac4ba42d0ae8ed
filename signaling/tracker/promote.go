package tracker

import (
	"cmp"
	"time"
)

// promotePause is the time to the next look at a peer that takes part in another
// change when its probation ends.
const promotePause = 5 * time.Second

// promote applies T2: a peer that has proved to stay, and returns more than two
// streams, takes the place of a weaker one higher up, which goes below it.
func (r *Room) promote(p *node) {
	s := r.config.Substreams
	if p.gone || p.slots < 2*s+1 {
		return
	}
	if r.changing(p) || p.filled < s && p.granted > 0 {
		r.timers.add(timer{at: r.now + promotePause, chore: chorePromote, node: p})
		return
	}
	if p.root || p.filled < s || p.free() < s || !r.movable(p) {
		return
	}
	v := r.victim(p)
	if v == nil {
		return
	}
	r.takesPlace(p, v, swapDelay, pick{p, s})
}

// victim finds the peer whose place p is to take: the one nearest to the source,
// of these the weakest, of these the one with the fewest parents.
func (r *Room) victim(p *node) *node {
	r.markBelow(p)
	r.markShunned(p)
	var best *node
	for _, v := range r.order {
		if v.mark == r.mark || v.root || v.level == 0 || v.level >= p.level || p.slots < 2*max(1, v.slots) {
			continue
		}
		better := best == nil || cmp.Or(cmp.Compare(v.level, best.level), cmp.Compare(v.slots, best.slots),
			cmp.Compare(len(v.parents), len(best.parents)), cmp.Compare(v.seq, best.seq)) < 0
		if better && r.movable(v) && r.yields(v, p) {
			best = v
		}
	}
	return best
}

// yields reports whether all that feeds v can be handed over to p, which cannot
// have a second link with a parent of its own.
func (r *Room) yields(v, p *node) bool {
	fed := 0
	for _, e := range v.parents {
		q := e.parent
		if e.state != edgeOpen || q.mark == r.mark || r.edge(p, q) != nil || !r.hosts(q) ||
			q.used > q.slots || q.used+q.reserved+e.substreams > r.bearable(q) {
			return false
		}
		fed += e.substreams
	}
	return fed == r.config.Substreams && p.divisible(len(v.parents))
}

// ease ends the time in which the hosts of a promotion bear too much. Who has
// not come to all of them comes to none; who was to make room and has not done
// so is sent away.
func (r *Room) ease(up *move) {
	r.rollBack(up)
	v := up.then.peer
	if !up.done || v.gone {
		return
	}
	for _, l := range up.links {
		if e := r.edge(v, l.parent); e != nil && e.state == edgeOpen && l.parent.used > l.parent.slots {
			r.refuse(e, e.substreams)
		}
	}
	r.push(v)
}
