package tracker

import (
	"cmp"
	"slices"
	"time"

	"hlspeer/signaling"
)

const (
	// badPeriod is how long a failed pair is not brought together again.
	badPeriod = 10 * time.Minute
	// repairDelay is how long a child that has reported a loss itself is given
	// to ask, or to report the displacement that the loss was part of.
	repairDelay = 200 * time.Millisecond
	// fastFailures is how many grants in a row may fail before the next one
	// waits for its turn.
	fastFailures = 3
	// returnTime is how long a peer that has come back may report links that
	// nobody here has planned: the tracker may have begun anew.
	returnTime = 15 * time.Second
)

// ends resolves a dc_id (protocol 4.5). Only the two ends may report a link.
func (r *Room) ends(from *node, id signaling.DCID) (child, parent *node, ok bool) {
	c, p, ok := id.Split(func(id signaling.PeerID) bool { return r.peers[id] != nil })
	if !ok {
		return nil, nil, false
	}
	child, parent = r.peers[c], r.peers[p]
	return child, parent, r.party(from, child, parent)
}

// opened records a link (T5). Either side may report it, any number of times:
// the child usually does, after a displacement the new parent.
func (r *Room) opened(from *node, m signaling.DCOpened) {
	child, parent, ok := r.ends(from, m.DCID)
	if !ok {
		r.remember(from, m)
		return
	}
	child.asked = true
	r.measure(child, m.StreamRate)
	swap := parent.climbs == child
	if back := r.edge(parent, child); back != nil && (back.state == edgeReserved || from == parent) {
		swap = swap || back.state == edgeOpen
		// The two have changed places; the dc_closed of the old link comes late
		// or not at all.
		r.detach(back)
		defer r.wait(parent)
	}
	n := min(max(m.Substreams, 1), r.config.Substreams)
	e := r.edge(child, parent)
	switch {
	case e == nil && len(child.parents) >= maxParents:
		r.ignore(ignoredParents)
		r.tell(child, signaling.Disconnect{Peers: []signaling.PeerID{parent.id}})
		return
	case e == nil:
		e = r.attach(child, parent, edgeReserved, 0)
	case e.state == edgeOpen && from == parent:
		n = e.substreams // the parent does not know the count
	}
	e.rate = m.StreamRate
	r.climbed(parent, child)
	if r.feeds(child, parent) || !r.bears(e, n, swap) {
		r.ignoreLink(child, parent)
		r.refuse(e, n)
		r.push(child)
		return
	}
	r.set(e, edgeOpen, n)
	if parent.used > r.claimed(parent) {
		r.timers.add(timer{at: r.now + excessTime + repairDelay, chore: choreExcess, node: parent})
	}
	r.linked(child, parent)
	if e.move != nil {
		r.advance(e.move)
	}
}

// bears reports whether e's parent can give it n substreams. What nobody has
// planned must fit what the uplink carries and is not promised to others. A link
// that was planned, that is part of a change of places, or that may be older than
// what is known here, may exceed it by one whole stream. A peer without an uplink
// has no children.
func (r *Room) bears(e *edge, n int, swap bool) bool {
	q := e.parent
	if e.state == edgeOpen && n <= e.substreams {
		return true
	}
	planned := e.move != nil || signaling.BitRate(n)*cmp.Or(e.rate, r.rate) <= r.amount(e.substreams)
	if swap || planned || r.returns(e.child) || r.returns(q) {
		used := q.used + n
		if e.state != edgeReserved {
			used -= e.substreams
		}
		return used <= r.bearable(q)
	}
	return q.used+q.reserved-e.substreams+n <= q.slots
}

// returns reports whether p has just come back under the id that it had.
func (r *Room) returns(p *node) bool {
	return p.enter.Resume == p.id && r.now-p.joinedAt < returnTime
}

// bearable is how many substreams of links that there are a peer bears. What it
// claims counts, not only what it has proved: after a restart of the tracker its
// children are still there.
func (r *Room) bearable(p *node) int {
	if p.slots == 0 {
		return 0
	}
	return r.claimed(p) + r.config.Substreams
}

// refuse records a link that must not be: it exists until its end is reported.
func (r *Room) refuse(e *edge, substreams int) {
	r.set(e, edgeRefused, substreams)
	r.rollBack(e.move)
	r.tell(e.child, signaling.Disconnect{Peers: []signaling.PeerID{e.parent.id}})
}

// linked draws the conclusions from a new link.
func (r *Room) linked(child, parent *node) {
	child.failures = 0
	if child.root {
		// Whoever displaces a root feeds on the source in its place.
		r.setRoot(child, false)
		if parent.filled == 0 {
			r.setRoot(parent, true)
		}
	}
	if child.filled >= r.config.Substreams && child.moving == nil {
		r.release(child)
	}
	if child.standby == parent {
		r.setStandby(child, nil)
	}
	if child.filled >= r.config.Substreams {
		r.watchStandby(child, standbyDelay)
	}
	r.freed = true // a fed peer is a candidate
	r.wait(child)  // for the rest
}

// release gives back what is reserved for p.
func (r *Room) release(p *node) {
	for _, e := range slices.Clone(p.parents) {
		if e.state == edgeReserved {
			r.detach(e)
		}
	}
}

// closed removes a link. What is released is what was recorded, whatever the
// message says; a second report changes nothing.
func (r *Room) closed(from *node, id signaling.DCID) {
	child, parent, ok := r.ends(from, id)
	if !ok {
		r.forgetStray(from, id)
		return
	}
	e := r.edge(child, parent)
	if e == nil {
		r.dropStandby(child, parent)
		return
	}
	if from == child && e.state == edgeOpen {
		r.deserted(e)
	}
	r.detach(e)
	if from == child {
		r.timers.add(timer{at: r.now + repairDelay, chore: choreRepair, node: child})
		return
	}
	r.push(child)
}

// failed removes a link or a reservation and keeps the two apart for a while.
func (r *Room) failed(from *node, id signaling.DCID) {
	child, parent, ok := r.ends(from, id)
	if !ok {
		r.forgetStray(from, id)
		return
	}
	child.shun(parent.id, r.now, r.now+badPeriod)
	parent.shun(child.id, r.now, r.now+badPeriod)
	if e := r.edge(child, parent); e != nil {
		if e.state == edgeOpen && from == child {
			parent.suspect(r.now)
		}
		r.detach(e)
	}
	r.dropStandby(child, parent)
	if r.need(child) == 0 {
		return // it was moving, and has its old parents
	}
	child.failures++
	if child.failures <= fastFailures {
		r.push(child)
	} else {
		r.wait(child)
	}
}

// expire ends a reservation that was not used.
func (r *Room) expire(e *edge) {
	if e.gone || e.state != edgeReserved || r.now < e.since+grantPeriod {
		return
	}
	r.detach(e)
	if r.need(e.child) == 0 {
		return // it was moving, and has its old parents
	}
	e.child.failures++
	r.wait(e.child)
}

// excess ends what a peer bears beyond its uplink, where the change of places
// that it was for has not done so in time.
func (r *Room) excess(p *node) {
	fresh := func(e *edge) bool { return e.state == edgeOpen && r.now-e.since < excessTime }
	if !p.gone && !slices.ContainsFunc(p.children, fresh) { // a fresh one has its own look
		r.shed(p, r.claimed(p))
	}
}

// shed sends away the newest children, so that those left take no more than
// most.
func (r *Room) shed(p *node, most int) {
	open := 0
	for _, e := range slices.Clone(p.children) {
		if e.state != edgeOpen {
			continue
		}
		if open += e.substreams; open > most {
			open -= e.substreams
			r.refuse(e, e.substreams)
			r.wait(e.child)
		}
	}
}
