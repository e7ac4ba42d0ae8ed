package mesh

import "slices"

// progress takes a sign of life of the source in flight, and says whether
// anything may follow from it.
func (b *BitTorrent) progress(ev Progress) bool {
	s := b.segments.find(ev.SN)
	if s == nil {
		return false
	}
	first := s.source == asked && !s.begun
	s.progress(ev, b.now)
	if s.source == fetched {
		b.online()
		return true
	}
	b.remind(s.quietUntil(b.self)) // it may be sooner than was known
	return first
}

// arrived takes a whole segment. Only now is it clear that the peers that did
// not deliver it could have.
func (b *BitTorrent) arrived(ev Arrived) {
	s := b.segments.find(ev.SN)
	if ev.From == "" {
		b.online()
		b.http.arrived(ev, s == nil || !s.mixed)
	}
	delete(b.fetches, ev.SN)
	if b.list.keeps(ev.SN) {
		b.have.add(ev.SN)
	}
	if n := b.neighbours.open(ev.From); n != nil && s != nil {
		n.deliver(ev.Bytes, ev.Took, b.now)
	}
	if s != nil {
		b.segments.remove(s.sn)
		b.judge(s.missed)
	}
}

// judge holds it against peers that they did not deliver.
func (b *BitTorrent) judge(missed []PeerID) {
	for _, peer := range missed {
		n := b.neighbours.open(peer)
		if n == nil {
			continue
		}
		if n.record.miss(); n.record.hopeless() {
			b.quarantine.slow(n.peer, b.now)
			b.drop(n, Misses)
		}
	}
}

// manyLacks is the number of segments in a row that a peer says it holds, and
// then lacks, from which on each is a miss. One may always cross LOST.
const manyLacks = 3

// lacked takes a peer's word that it cannot serve a segment.
func (b *BitTorrent) lacked(ev Lacked) {
	n := b.remote(ev.From)
	if n == nil {
		return
	}
	n.held.remove(ev.SN)
	s := b.askedOf(ev.SN, ev.From)
	switch {
	case s != nil:
		n.lacks++
		switch {
		case !n.listed:
			n.restTo = b.now + lateRest<<min(n.lacks-1, longestLate)
		case n.lacks >= manyLacks:
			b.missed(s, true)
		}
		s.tries-- // it has cost no time
		b.release(s)
	case !b.hadAsked(ev.SN, ev.From):
		b.ignore(ev.From, NotAsked)
	}
}

// hadAsked says that peer may have been asked for sn.
func (b *BitTorrent) hadAsked(sn SN, peer PeerID) bool {
	s := b.segments.find(sn)
	return s == nil || slices.Contains(s.tried, peer)
}

// failed takes the end of an attempt.
func (b *BitTorrent) failed(ev Failed) {
	if ev.From == "" {
		switch s := b.segments.find(ev.SN); {
		case s == nil:
		case s.source == fetched:
			b.retry(s, ev.Reason)
		case s.tail > 0:
			s.untailed(b.now, ev.Reason)
		}
		return
	}
	s := b.askedOf(ev.SN, ev.From)
	if s == nil {
		return
	}
	switch n := b.neighbours.open(ev.From); ev.Reason {
	case BadContent, BadSize:
		s.landed, s.size = 0, -1
		b.quarantine.punish(n.peer, b.now, true)
		b.drop(n, ev.Reason)
	case LinkLost:
		// The link's end will be, or has been, told.
	default:
		b.missed(s, true)
	}
	b.release(s)
}

// askedOf is the segment sn if that peer has the request in hand, or nil: then
// the news is old.
func (b *BitTorrent) askedOf(sn SN, from PeerID) *segment {
	s := b.segments.find(sn)
	if s == nil || s.source != asked || s.parent != from || b.neighbours.open(from) == nil {
		return nil
	}
	return s
}

// retry goes on after the HTTP source failed. While it has to pause, one peer
// gets a chance.
func (b *BitTorrent) retry(s *segment, why Reason) {
	over := s.over()
	if b.now >= over {
		b.giveUp(s, why)
		return
	}
	s.retryAt = min(b.now+pause(s.failures, why), over)
	s.failures++
	s.missed = nil
	s.tries = maxTries - 1
	if !b.heldByBusy(s) {
		s.tried = nil
	}
	b.release(s)
}
