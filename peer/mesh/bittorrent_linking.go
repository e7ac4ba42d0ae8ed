package mesh

import (
	"slices"
	"time"
)

const (
	// bitfieldBy is how long after the opening of its link a peer is expected to
	// send BITFIELD. One that does not speaks the oldest messages only.
	bitfieldBy = 10 * time.Second
	// uselessAfter is how long nothing is asked over a link that may go for a
	// newcomer, and uselessSoon the same where the peer has nothing for us.
	uselessAfter = 2 * time.Minute
	uselessSoon  = 30 * time.Second
)

// offered takes the offer of a peer that wants to be our neighbour. If both have
// dialled, the offer of the larger id is kept.
func (b *BitTorrent) offered(peer PeerID) {
	n := b.neighbours.find(peer)
	why := b.refusal(peer, n)
	if why == Full && b.makeRoom() {
		why = ""
	}
	if why != "" {
		b.act(Refuse{Peer: peer, Reason: why})
		return
	}
	if n != nil {
		// Ours is not answered, or the remote began anew.
		b.neighbours.remove(n)
	}
	b.neighbours.add(peer, accepted, b.now)
	b.act(Accept{Peer: peer})
}

// refusal is why peer, with which there may be the link n, cannot be our
// neighbour by its own offer, or "".
func (b *BitTorrent) refusal(peer PeerID, n *neighbour) Reason {
	switch {
	case b.standing == rejected:
		return Ordered
	case peer == b.self || peer == "":
		return Replaced
	case b.quarantine.bars(peer, b.now):
		return BadContent
	case n != nil && n.state == dialling && peer > b.self:
		return Replaced
	case n == nil && len(b.neighbours) >= b.cfg.Neighbours:
		return Full
	default:
		return ""
	}
}

// makeRoom drops the neighbour that has been useless for the longest time, and
// says whether there was one.
func (b *BitTorrent) makeRoom() bool {
	var worst *neighbour
	for n := range b.neighbours.met() {
		if b.useless(n) && (worst == nil || n.usedAt < worst.usedAt) {
			worst = n
		}
	}
	if worst == nil {
		return false
	}
	b.quarantine.rest(worst.peer, b.now)
	b.drop(worst, Idle)
	return true
}

// useless says that nothing has been asked for a long time, neither of n nor by
// it.
func (b *BitTorrent) useless(n *neighbour) bool {
	idle := b.now - n.usedAt
	head, ok := b.playhead()
	switch {
	case b.segments.load(n.peer) > 0 || n.listed && !b.asks:
		return false // or we do not know
	case ok && b.asks && !n.held.within(head+1, head+SN(b.cfg.Ahead)):
		return idle >= uselessSoon
	default:
		return idle >= uselessAfter
	}
}

// linkUp takes an open link. One that we know nothing of is a leftover.
func (b *BitTorrent) linkUp(ev LinkUp) {
	switch n := b.neighbours.find(ev.Peer); {
	case n == nil:
		b.act(Drop{Peer: ev.Peer, Reason: Replaced})
	case n.state == dialling && !ev.Child, n.state == accepted && ev.Child:
		b.neighbours.opened(n, b.now)
	}
}

// linkDown takes the end of a link that the remote or the network brought.
func (b *BitTorrent) linkDown(ev LinkDown) {
	n := b.neighbours.find(ev.Peer)
	if n == nil {
		return
	}
	if ev.Failed && !(n.state.open() && b.now-n.since < briefly) {
		b.quarantine.punish(n.peer, b.now, false)
	} else {
		b.quarantine.rest(n.peer, b.now)
	}
	b.neighbours.remove(n)
}

// unreachable takes the relay's word that a peer is gone. An open link does
// not need the relay.
func (b *BitTorrent) unreachable(peer PeerID) {
	if n := b.neighbours.find(peer); n != nil && !n.state.open() {
		b.quarantine.punish(peer, b.now, false)
		b.drop(n, LinkLost)
	}
}

// expireLinks ends the links that took too long to open, and those that have
// fallen silent.
func (b *BitTorrent) expireLinks() {
	for _, n := range slices.Clone(b.neighbours) {
		switch opensBy := n.since + b.cfg.DialTimeout; {
		case !n.state.open() && b.now >= opensBy:
			b.quarantine.punish(n.peer, b.now, false)
			b.drop(n, TimedOut)
		case !n.state.open():
			b.remind(opensBy)
		case b.now >= n.leaveAt:
			b.quarantine.slow(n.peer, b.now)
			b.drop(n, Silence)
		default:
			b.remind(n.leaveAt)
			if !n.listed {
				b.remind(n.since + bitfieldBy)
			}
		}
	}
}

// drop ends a link. What it leaves behind is taken care of by settle.
func (b *BitTorrent) drop(n *neighbour, why Reason) {
	b.act(Drop{Peer: n.peer, Reason: why})
	b.neighbours.remove(n)
}

// silent notes that nothing comes over an open link any more.
func (b *BitTorrent) silent(peer PeerID) {
	if n := b.neighbours.open(peer); n != nil {
		n.hush(b.neighbours.hearings(), b.now)
	}
}

// heard takes that back.
func (b *BitTorrent) heard(peer PeerID) {
	if n := b.neighbours.open(peer); n != nil && n.back() {
		b.online()
	}
}

// online notes that our network works.
func (b *BitTorrent) online() { online(b.neighbours.hearings(), b.now) }
