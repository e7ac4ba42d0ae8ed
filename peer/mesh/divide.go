package mesh

import "time"

// leastPart is how much each of two sources must have to bring for a segment to be
// divided between them.
const leastPart = 32 << 10

// end is up to where the peer in hand is to bring s.
func (s *segment) end() int64 {
	if s.tail > 0 {
		return s.tail
	}
	return s.size
}

// divisible says where s is best divided: the peer in hand brings what is before, the
// HTTP source what is behind, and both are done in the same moment.
func (s *segment) divisible(h *httpTime, now time.Duration) (at int64, ok bool) {
	rate := s.flow.pace(now)
	if !s.begun || s.tail > 0 || s.failures > 0 || s.flow.rate <= 0 || rate <= 0 || !h.parts() {
		return 0, false
	}
	missing := s.missing()
	if missing < 2*leastPart {
		return 0, false
	}
	again := float64(max(0, s.landed-s.flow.came)) // the peer has to send that first
	head := (h.first.mean + float64(missing)*h.each.mean - again/rate) / (1/rate + h.each.mean)
	if head < leastPart || float64(missing)-head < leastPart {
		return 0, false
	}
	return s.landed + int64(head), true
}

// gapBy is when the peer that brings the beginning of a divided segment is given up,
// and the HTTP source brings the gap as well. It has a smaller margin than that of
// others: most of the segment is sure.
func (s *segment) gapBy(h *httpTime) time.Duration {
	return s.playAt - h.need(s.missing()) - 2*paceEvery
}

// untailed notes that the HTTP source cannot bring the end. The peer goes on with
// that too, until the source may be asked again.
func (s *segment) untailed(now time.Duration, why Reason) {
	s.tail = 0
	s.retryAt = min(now+pause(s.failures, why), max(s.over(), now))
	s.failures++
	s.deadline, s.limit = s.retryAt, s.retryAt
}

// divide lets the HTTP source bring the end of s while the parent goes on.
func (f *Fastmesh) divide(s *segment) bool {
	at, ok := s.divisible(&f.http, f.now)
	if !ok || f.cfg.P2PDeadline > 0 && f.now >= s.limit {
		return false
	}
	f.act(AskTail{SN: s.sn, From: at})
	s.tail, s.graceTo = at, 0
	left, _ := s.left(f.now)
	s.limit = f.now + max(paceEvery, left*3/2)
	f.reckon(s)
	s.deadline = max(s.deadline, f.now+paceEvery)
	return true
}

// met notes that the parent has brought its part of s.
func (f *Fastmesh) met(sn SN) {
	s := f.segments.find(sn)
	if s == nil || s.tail == 0 || !s.fromPeer() {
		return
	}
	if p := f.links.parent(s.parent); p != nil {
		p.lacks = 0
		p.record.hit()
	}
	f.leave(s)
	s.source, s.parent, s.since, s.tail = fetched, "", f.now, 0
}

// divide lets the HTTP source bring the end of s while the neighbour goes on.
func (b *BitTorrent) divide(s *segment) bool {
	at, ok := s.divisible(&b.http, b.now)
	if !ok || b.rare(s) || b.exhausted(s) {
		return false
	}
	b.act(AskTail{SN: s.sn, From: at})
	s.tail = at
	left, _ := s.left(b.now)
	s.deadline = b.now + max(paceEvery, left/2)
	b.remind(s.deadline)
	return true
}

// met notes that the neighbour has brought its part of s.
func (b *BitTorrent) met(sn SN) {
	s := b.segments.find(sn)
	if s == nil || s.tail == 0 || !s.fromPeer() {
		return
	}
	if n := b.neighbours.open(s.parent); n != nil {
		n.lacks, n.lates = 0, 0
		n.record.hit()
	}
	b.release(s)
	s.source, s.tail = fetched, 0
}
