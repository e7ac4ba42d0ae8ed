package tracker

import (
	"slices"
	"time"

	"hlspeer/signaling"
)

const (
	// warmTime is how long two peers have to link before one is to live on the
	// other, or to find that they cannot.
	warmTime = 5 * time.Second
	// swapDelay is how long a peer gathers segments under its new parents before
	// the one whose place it takes is sent below it (T2).
	swapDelay = 1500 * time.Millisecond
	// excessTime is how long parents bear one stream more than planned meanwhile.
	excessTime = 3 * time.Second
	// replaceDelay is how long a new root gathers segments before another root
	// is sent below it (T1.2).
	replaceDelay = 3 * time.Second
	// dropTime is how long a peer that has moved may keep its old parents.
	dropTime = 3 * time.Second
	// maxRefusals bounds how often the pause after a refused move is doubled.
	maxRefusals = 6
)

// ownClient is the product name of those who add up what several adopts ask of
// them. Clients of 2018 leave all their parents at each adopt.
const ownClient = "hlspeer"

// A move is a planned change of a peer's parents. What it needs at its hosts is
// reserved from the beginning; it is done when the peer has reported a link to
// each of them, and undone when one fails or a reservation runs out.
type move struct {
	peer  *node
	links []*edge       // to the hosts
	told  bool          // the peer has been sent there
	done  bool          // it has come
	over  bool          // it has come, or will not
	since time.Duration // of being over

	then  *move         // begins some time after this one is done: the second half
	pause time.Duration // before it does
	eased bool          // the end of the excess that comes with it is set
	first *move         // the other way round
	root  *node         // has become a root so that the peer can move under it
}

// movable reports whether p may be sent elsewhere: it takes part in no other
// change and has not been moved for a while (I9), the longer the less it
// listens. One that has lost a parent is T1's business.
func (r *Room) movable(p *node) bool {
	return !p.gone && p.asked && p.relay && p.granted == 0 && !r.changing(p) &&
		r.rested(p, settleTime<<min(p.refusals, maxRefusals))
}

// rested reports whether p has not been moved for so long.
func (r *Room) rested(p *node, pause time.Duration) bool {
	return p.movedAt == 0 || r.now-p.movedAt >= pause
}

// changing reports whether p takes part in a change: as who moves, as a host, or
// in a climb of its own.
func (r *Room) changing(p *node) bool {
	return p.moving != nil || p.hosting > 0 || p.climbAt != 0 && r.now-p.climbAt < climbTime
}

// hosts reports whether q can be relied on as the host of a move.
func (r *Room) hosts(q *node) bool {
	return q.moving == nil && q.relay && (q.root || q.filled >= r.config.Substreams) &&
		r.now-q.joinedAt >= minAge
}

// divisible reports whether p can be sent to so many parents at once.
func (p *node) divisible(parents int) bool { return parents == 1 || p.enter.Browser == ownClient }

// takesPlace plans that p comes to v's parents, and v to the hosts some time
// after that. Where v can link with its host ahead of time, p waits for that: so
// the old parents do not have to bear both for long, and nobody moves if the two
// cannot link.
func (r *Room) takesPlace(p, v *node, pause time.Duration, hosts ...pick) {
	var above []pick
	for _, e := range v.parents {
		above = append(above, pick{e.parent, e.substreams})
	}
	up := r.plan(p, above...)
	up.then = r.plan(v, hosts...)
	up.then.first, up.pause = up, pause
	if r.warmUp(up.then) {
		r.timers.add(timer{at: r.now + warmTime, chore: choreSend, move: up})
		return
	}
	r.send(up)
}

// warmUp lets a peer link with its host before it is sent there, unless it feeds
// the host itself.
func (r *Room) warmUp(m *move) bool {
	host := m.links[0].parent
	if !r.config.Standby || m.over || len(m.links) > 1 || m.peer.standby == host {
		return false
	}
	if r.markBelow(m.peer); host.mark == r.mark {
		return false
	}
	r.setStandby(m.peer, host)
	r.tellStandby(m.peer)
	return true
}

// plan makes a move and reserves what it takes. The peer is sent there by send.
func (r *Room) plan(p *node, hosts ...pick) *move {
	m := &move{peer: p}
	r.grant(p, hosts)
	m.links = slices.Clone(p.parents[len(p.parents)-len(hosts):])
	p.moving = m
	for _, e := range m.links {
		e.move = m
		e.parent.hosting++
	}
	return m
}

// send sends the peer to its hosts, if that still makes sense. The reservations
// are renewed.
func (r *Room) send(m *move) {
	if m.over {
		return
	}
	senseless := slices.ContainsFunc(m.links, func(e *edge) bool {
		return r.feeds(m.peer, e.parent) || m.then != nil && e.parent.level >= m.peer.level
	})
	if senseless || m.root != nil && !(m.root.root && m.peer.root) {
		r.rollBack(m)
		return
	}
	m.told = true
	m.peer.movedAt = r.now
	for _, e := range m.links {
		if e.state == edgeReserved && e.since != r.now {
			r.promise(e)
		}
	}
	for _, e := range m.links {
		r.tell(m.peer, signaling.Adopt{Parent: e.parent.id, ResidualBW: r.amount(e.substreams)})
	}
}

// advance notes that the peer has reported a link to a host.
func (r *Room) advance(m *move) {
	if m.then != nil && !m.eased {
		m.eased = true
		r.timers.add(timer{at: r.now + excessTime, chore: choreEase, move: m})
	}
	if slices.ContainsFunc(m.links, func(e *edge) bool { return e.state != edgeOpen }) {
		return
	}
	r.finish(m)
	m.done = true
	m.peer.refusals = 0
	r.timers.add(timer{at: r.now + dropTime, chore: choreDrop, move: m})
	switch {
	case m.then == nil:
	case m.pause == 0:
		r.send(m.then)
	default:
		r.warmUp(m.then)
		r.timers.add(timer{at: r.now + m.pause, chore: choreSend, move: m.then})
	}
}

// finish sets free who took part.
func (r *Room) finish(m *move) {
	m.over, m.since = true, r.now
	m.peer.moving = nil
	for _, e := range m.links {
		e.move = nil
		e.parent.hosting--
	}
}

// rollBack ends a move that has failed. Links that the peer has made already
// are ended, as far as it has others or their parents bear too much.
func (r *Room) rollBack(m *move) {
	if m == nil || m.over {
		return
	}
	r.finish(m)
	if m.told {
		m.peer.refusals++
	}
	for _, e := range m.links {
		switch {
		case e.gone:
		case e.state == edgeReserved:
			r.detach(e)
		case e.state != edgeOpen || m.peer.gone:
		case m.peer.filled-e.substreams >= r.config.Substreams || e.parent.used > e.parent.slots:
			r.refuse(e, e.substreams) // it has its old parents, or has to find another
		}
	}
	if !m.peer.gone && r.need(m.peer) > 0 { // its old parents have gone in the meantime
		r.timers.add(timer{at: r.now + repairDelay, chore: choreRepair, node: m.peer})
	}
	r.rollBack(m.then)
	r.rollBack(m.first) // unless it is done: then its peer stays where it is
	if m.root != nil {
		r.timers.add(timer{at: r.now + repairDelay, chore: choreUnroot, node: m.root})
	}
}

// drop ends what a peer that has moved has kept of its old links.
func (r *Room) drop(m *move) {
	brought := 0
	for _, e := range m.links {
		if !e.gone && e.state == edgeOpen {
			brought += e.substreams
		}
	}
	if brought < r.config.Substreams {
		return
	}
	for _, e := range slices.Clone(m.peer.parents) {
		if e.state == edgeOpen && e.since < m.since && !slices.Contains(m.links, e) {
			r.refuse(e, e.substreams)
		}
	}
}
