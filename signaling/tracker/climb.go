package tracker

import (
	"slices"
	"time"

	"hlspeer/signaling"
)

// climbTime is how long two peers that change places of their own accord take
// part in nothing else (protocol 12.3).
const climbTime = 20 * time.Second

// relayAdopt sends the ancestor to of a climbing peer below it (protocol 12.3).
// What cannot be is dropped silently.
func (r *Room) relayAdopt(p *node, to signaling.PeerID) {
	target := r.peers[to]
	if target == nil || !p.relay || !target.relay || r.changing(p) || r.changing(target) ||
		p.used+r.config.Substreams > r.bearable(p) || !r.above(p, func(q *node) bool { return q == target }) {
		r.ignore(ignoredAdopt)
		return
	}
	p.climbAt, p.climbs = r.now, target
	target.climbAt = r.now
	r.tell(target, signaling.Adopt{Parent: p.id, ResidualBW: r.amount(r.config.Substreams)})
}

// climbed notes that p has got a child in whose place it comes. It leaves its
// old parents without a word (protocol 7.6, B); otherwise there would be a
// cycle.
func (r *Room) climbed(p, child *node) {
	if p.climbs != child || r.now-p.climbAt >= climbTime {
		return
	}
	p.climbs = nil
	if !r.feeds(child, p) {
		return
	}
	for _, e := range slices.Clone(p.parents) {
		r.detach(e)
	}
	r.timers.add(timer{at: r.now + repairDelay, chore: choreRepair, node: p})
}

// transition lets a peer make children of its parents, if it can feed on the
// source in their place (protocol 4.11).
func (r *Room) transition(p *node) {
	ok := r.ascends(p)
	if ok {
		p.climbAt = r.now
		for _, e := range p.parents {
			e.parent.climbAt = r.now
		}
	}
	r.tell(p, signaling.TransitionReply{Success: ok})
}

// ascends reports whether p is stronger than its parents and theirs, and a root
// more can be, or is one less.
func (r *Room) ascends(p *node) bool {
	if len(p.parents) == 0 || r.changing(p) || p.filled > p.slots-p.used-p.reserved {
		return false
	}
	roots := true
	for _, e := range p.parents {
		q := e.parent
		if e.state != edgeOpen || r.changing(q) || p.uplink <= q.uplink {
			return false
		}
		roots = roots && q.root
		if slices.ContainsFunc(q.parents, func(e *edge) bool { return e.state == edgeOpen && p.uplink <= e.parent.uplink }) {
			return false
		}
	}
	return roots || r.vacancy(p)
}
