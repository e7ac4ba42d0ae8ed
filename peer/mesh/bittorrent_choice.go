package mesh

import (
	"cmp"
	"slices"
	"time"
)

const (
	// ratedFor is how long it counts how fast a peer was: it may have had others
	// to serve.
	ratedFor = 30 * time.Second
	// laggingAfter is when a peer that has not begun to send has a queue.
	laggingAfter = time.Second
)

// best is the neighbour to be asked for s, or nil: of those that hold it, have
// nothing else to do for us, and are likely to be done in time, the first by what
// is known of their pace and their misses. Between equals a hash decides, so that
// not all ask the same.
func (b *BitTorrent) best(s *segment) *neighbour {
	least := min(leastPatience, s.patience(b.cfg.P2PDeadline))
	switch {
	case s.alone, s.tries >= maxTries, s.tail > 0, b.patienceFor(s)-b.now < least:
		return nil
	case s.failures > 0 && b.now >= s.retryAt:
		return nil // it is the HTTP source's turn
	case !b.urgent(s) && b.congested():
		return nil
	}
	var first *neighbour
	known := false
	for n := range b.neighbours.answering() {
		if !n.held.has(s.sn) {
			continue
		}
		known = true
		if b.fit(n, s) && b.promises(n, s) && (first == nil || b.better(n, first, s.sn)) {
			first = n
		}
	}
	if !known && !b.stalls(s) && !b.rare(s) {
		return b.blind(s)
	}
	return first
}

// promises says that n is likely to be done with s in half the time that there
// is. A player that stands still is not to wait longer for n than for the HTTP
// source, as far as is known: after a seek the picture is there as soon as without
// us.
func (b *BitTorrent) promises(n *neighbour, s *segment) bool {
	d := b.expected(s, n)
	if b.stalls(s) && s.failures == 0 {
		return 0 < d && d <= b.http.estimate()
	}
	return 2*d <= b.patienceFor(s)-b.now
}

// keepsUp says that the peer that is asked for s is likely to be done as soon as
// the HTTP source would be.
func (b *BitTorrent) keepsUp(s *segment) bool {
	if left, ok := s.left(b.now); ok {
		return left <= b.http.need(s.missing())
	}
	n := b.neighbours.open(s.parent)
	return n != nil && b.promises(n, s)
}

// congested says that a peer lets us wait: the swarm has no room to send for what
// is not urgent. More requests would only make its queues longer, and what comes
// out of them too late is sent for nothing.
func (b *BitTorrent) congested() bool {
	for _, s := range b.segments {
		if s.source == asked && !s.begun {
			if at := s.since + laggingAfter; b.now >= at {
				return true
			}
		}
	}
	return false
}

// expected is how long n will take for s, by what it delivered before; 0: not
// known.
func (b *BitTorrent) expected(s *segment, n *neighbour) time.Duration {
	rate := b.rate(n)
	if rate == 0 {
		return 0
	}
	size := float64(b.stream) / 8 * s.duration.Seconds()
	return time.Duration(min(size/rate, maxTimeout.Seconds()) * float64(time.Second))
}

// rate is how many bytes a second n has delivered lately; 0: not known.
func (b *BitTorrent) rate(n *neighbour) float64 {
	if b.now-n.ratedAt >= ratedFor {
		return 0
	}
	return n.rate
}

// idle says that n can be asked now.
func (b *BitTorrent) idle(n *neighbour) bool {
	return b.now >= n.restTo && b.segments.load(n.peer) == 0
}

// fit says that n can be asked for s now.
func (b *BitTorrent) fit(n *neighbour, s *segment) bool {
	return b.idle(n) && !slices.Contains(s.tried, n.peer)
}

// better says that n is to be asked for sn rather than m.
func (b *BitTorrent) better(n, m *neighbour, sn SN) bool {
	return cmp.Or(
		cmp.Compare(b.pace(n), b.pace(m)),
		cmp.Compare(m.record.misses(), n.record.misses()),
		cmp.Compare(weight(b.self, n.peer, sn), weight(b.self, m.peer, sn)),
	) > 0
}

// pace is 0 for a neighbour that is slower than the stream, 1 for one that is
// not known, 2 for others.
func (b *BitTorrent) pace(n *neighbour) int {
	switch rate := b.rate(n); {
	case rate == 0 || b.stream == 0:
		return 1
	case rate*8 < float64(b.stream):
		return 0
	default:
		return 2
	}
}

// blind is a neighbour that does not tell what it holds, to be asked for what
// nobody else has, or nil. There is one such request at a time.
func (b *BitTorrent) blind(s *segment) *neighbour {
	for _, o := range b.segments {
		if n := b.neighbours.open(o.parent); o.source == asked && n != nil && !n.listed {
			return nil
		}
	}
	var first *neighbour
	for n := range b.neighbours.answering() {
		mute := !n.listed && b.now-n.since >= bitfieldBy
		if mute && b.fit(n, s) && (first == nil || b.better(n, first, s.sn)) {
			first = n
		}
	}
	return first
}
