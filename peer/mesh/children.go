package mesh

import "slices"

// offered takes the offer of a peer that wants to be our child (protocol 7.2).
func (f *Fastmesh) offered(peer PeerID) {
	l := f.links.find(peer)
	if l != nil && l.state == dialling {
		if f.self < peer {
			// Both dialled: the smaller id keeps its offer, here it is us.
			f.act(Refuse{Peer: peer, Reason: Replaced})
			return
		}
		f.yieldTo(l)
		return
	}
	why := f.refusal(peer, l)
	if why == Full {
		f.makeRoom()
		why = f.refusal(peer, l)
	}
	if why != "" {
		f.act(Refuse{Peer: peer, Reason: why})
		return
	}
	if l != nil {
		// The remote began anew, so the old link is dead.
		f.end(l, false)
	}
	f.admit(peer)
}

// yieldTo gives up our own dial, silently, in favour of the remote's offer.
// That holds even where the offer is refused: the remote has refused ours.
func (f *Fastmesh) yieldTo(l *link) {
	f.unlink(l)
	if why := f.refusal(l.peer, nil); why != "" {
		f.act(Drop{Peer: l.peer, Reason: Replaced})
		f.act(Refuse{Peer: l.peer, Reason: why})
		f.quarantine.rest(l.peer, f.now)
		return
	}
	f.admit(l.peer)
}

// offer takes what the operator offers from now on. Where that is nothing,
// nobody is left below us; less than before is for the scheduler to mend, who is
// told of it.
func (f *Fastmesh) offer(ev Offering) {
	f.cfg.Uplink, f.cfg.MaxChildren = max(0, ev.Uplink.sane()), max(0, ev.MaxChildren)
	if f.cfg.MaxChildren == 0 {
		for _, l := range slices.Clone(f.links) {
			if l.state == accepted || l.state == child {
				f.act(Drop{Peer: l.peer, Reason: Full})
				f.end(l, false)
			}
		}
	}
	if !f.climbs() {
		f.stopClimb()
	}
}

// refusal is why peer cannot be our child, or "". A child that comes anew, by
// the link l, needs no further place.
func (f *Fastmesh) refusal(peer PeerID, l *link) Reason {
	places := f.cfg.MaxChildren - f.links.count(accepted, child)
	if l != nil && !l.state.upward() {
		places++
	}
	switch {
	case f.standing == rejected:
		return Ordered
	case peer == f.self || peer == "":
		return Replaced
	case f.quarantine.bars(peer, f.now):
		return BadContent
	case places < 1:
		return Full
	default:
		return ""
	}
}

// admit answers the offer of a peer that may be our child.
func (f *Fastmesh) admit(peer PeerID) {
	f.links.add(&link{peer: peer, state: accepted, since: f.now})
	f.act(Accept{Peer: peer})
}

// welcome takes the open link of a new child. One too many for the uplink is
// sent away at once: it finds another parent sooner than by waiting for
// segments that come too late, or for an answer to its offer (mesh 6.2). It
// reports the link, as we do not know what the scheduler knows of it.
func (f *Fastmesh) welcome(l *link) {
	if f.overloaded() {
		f.act(Drop{Peer: l.peer, Reason: Full})
		f.unlink(l)
		return
	}
	l.state, l.since = child, f.now
}
