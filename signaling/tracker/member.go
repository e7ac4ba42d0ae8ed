package tracker

import (
	"cmp"
	"slices"

	"hlspeer/signaling"
)

// join admits a peer.
func (r *Room) join(ev Joined) {
	if r.peers[ev.Peer] != nil {
		return
	}
	r.seq++
	p := &node{
		id: ev.Peer, seq: r.seq, index: len(r.order), enter: ev.Enter, place: placeOf(ev.Enter, ev.Place),
		joinedAt: r.now, unfedSince: r.now,
	}
	r.peers[p.id] = p
	r.order = append(r.order, p)
	r.record.joined = p
	r.measure(p, ev.Enter.StreamRate/signaling.BitRate(r.config.Substreams))
	r.setUplink(p, ev.Enter.UplinkBW)
	if r.config.Plan {
		r.timers.add(timer{at: r.now + settleTime, chore: chorePromote, node: p})
	}
	r.tell(p, signaling.Accept{
		PeerID: p.id, ReportSpan: r.config.ReportSpan, Substreams: r.config.Substreams, Planned: r.config.Plan,
	})
	r.reunite(p)
}

// leave removes a peer with all its edges and finds new parents for its
// children at once, the strongest first (T4).
func (r *Room) leave(id signaling.PeerID) {
	p := r.peers[id]
	if p == nil {
		return
	}
	p.gone = true // nobody tells it anything any more
	for _, e := range slices.Clone(p.parents) {
		r.detach(e)
	}
	var orphans []*node
	for _, e := range slices.Clone(p.children) {
		r.detach(e)
		orphans = append(orphans, e.child)
	}
	r.remove(p)
	r.setStandby(p, nil)
	r.abandonStandbys(p)
	r.departed()
	slices.SortFunc(orphans, func(a, b *node) int {
		return cmp.Or(cmp.Compare(b.slots, a.slots), cmp.Compare(a.seq, b.seq))
	})
	for _, o := range orphans {
		if o.standby != nil {
			r.push(o) // it is falling back already: nobody else may take that place
		}
	}
	for _, o := range orphans {
		r.push(o)
	}
}

func (r *Room) remove(p *node) {
	r.setRoot(p, false)
	r.free -= p.free()
	r.capacity -= p.slots
	last := len(r.order) - 1
	r.order[p.index] = r.order[last]
	r.order[p.index].index = p.index
	r.order[last] = nil
	r.order = r.order[:last]
	if p.queued {
		r.waiting = slices.DeleteFunc(r.waiting, func(q *node) bool { return q == p })
	}
	r.noteDoubt(p)
	p.climbs = nil // who remembers p shall not remember more for it
	delete(r.peers, p.id)
	r.record.left = p.id
}
