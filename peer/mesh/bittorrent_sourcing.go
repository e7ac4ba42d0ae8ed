package mesh

import (
	"cmp"
	"slices"
	"time"
)

const (
	// longestAhead is how long a peer gets for a segment that has time.
	longestAhead = 20 * time.Second
	// indulgence is how long a player that stands still waits for a peer at
	// most, once for each segment.
	indulgence = 500 * time.Millisecond
	// patientTimes is how many times longer what is not urgent may keep us waiting
	// for the first byte: peers send one segment at a time, the urgent ones first.
	patientTimes = 4
	// paceEvery is how often at least a peer's pace is looked at once it is late.
	paceEvery = 100 * time.Millisecond
	// lateRest is how long a peer that was late is not asked: it may still be at
	// it. Each further time in a row doubles that, longestLate times.
	lateRest    = 2 * time.Second
	longestLate = 4
)

// expireRequests takes the requests back whose peer is gone, late or silent.
func (b *BitTorrent) expireRequests() {
	for _, s := range b.segments {
		if s.source != asked {
			continue
		}
		n := b.neighbours.open(s.parent)
		switch {
		case n == nil || n.quiet:
			b.release(s)
		case b.now >= s.quietUntil(b.self):
			b.missed(s, true)
			b.release(s)
		case b.now >= s.deadline:
			b.late(s)
		case b.now >= b.answersBy(s):
			b.missed(s, true)
			b.release(s)
		default:
			b.remind(s.deadline)
			b.remind(b.answersBy(s))
			b.remind(s.quietUntil(b.self))
		}
	}
}

// late looks at a request that is not answered in full at its deadline. It may
// go on at a pace that brings the rest in time, or as soon as the HTTP source
// could; while that fails, soon. And where a player has enough to play, what comes
// until the last moment is worth having. Else the HTTP source brings the end while
// the peer goes on, or takes over from where the segment stands.
func (b *BitTorrent) late(s *segment) {
	if at := b.prolonged(s); at > b.now {
		s.deadline = at
		b.remind(at)
		return
	}
	if b.divide(s) {
		return
	}
	b.missed(s, b.now-s.since >= b.cfg.AnswerTimeout && s.landed-s.before <= s.size/2)
	if s.begun {
		s.tries = maxTries
	}
	b.release(s)
}

// prolonged is the next deadline of a request that is late; now or before: there is
// none. The longest time that the configuration gives is never prolonged.
func (b *BitTorrent) prolonged(s *segment) time.Duration {
	if b.exhausted(s) {
		return b.now
	}
	soon := b.http.need(s.missing())
	if s.failures > 0 {
		soon = max(soon, longestPatience)
	}
	if left, ok := s.left(b.now); ok && (b.now+left <= s.playAt || left <= soon) {
		return b.now + max(paceEvery, left/2)
	}
	if s.begun && s.watched && s.tail == 0 && !b.stalls(s) {
		return b.lastCall(s)
	}
	return b.now
}

// exhausted says that the peer in hand has had the longest time that the configuration
// gives for what is urgent.
func (b *BitTorrent) exhausted(s *segment) bool {
	most := b.cfg.P2PDeadline
	return most > 0 && b.urgent(s) && b.now-s.since >= most
}

// answersBy is when the peer that is asked for s must have begun to send. What
// is not urgent it may do later.
func (b *BitTorrent) answersBy(s *segment) time.Duration {
	switch {
	case s.begun:
		return Never
	case s.urgent:
		return s.since + b.cfg.AnswerTimeout
	default:
		return s.since + patientTimes*b.cfg.AnswerTimeout
	}
}

// missed notes that the peer that is asked for s did not deliver, and leaves it
// alone for a moment. It is not held against it where it had no fair chance, or
// where the HTTP source has failed as well.
func (b *BitTorrent) missed(s *segment, fair bool) {
	n := b.neighbours.open(s.parent)
	if n == nil {
		return
	}
	n.restTo = b.now + lateRest<<min(n.lates, longestLate)
	n.lates++
	if fair && s.failures == 0 {
		s.missed = append(s.missed, n.peer)
	}
}

// release takes s back from its source.
func (b *BitTorrent) release(s *segment) {
	s.source, s.parent, s.since, s.begun = queued, "", b.now, false
}

// chooseSources finds a source for what has none, the most urgent first.
func (b *BitTorrent) chooseSources() {
	var line []*segment
	for _, s := range b.segments {
		if s.source == queued {
			line = append(line, s)
		}
	}
	slices.SortStableFunc(line, func(a, b *segment) int { return cmp.Compare(a.playAt, b.playAt) })
	for _, s := range line {
		b.choose(s)
	}
}

// choose finds a source for s: the best of the neighbours that hold it, else the
// HTTP source, now or later. For what is merely rare there is one attempt, and
// no HTTP source.
func (b *BitTorrent) choose(s *segment) {
	rare, n := b.rare(s), b.best(s)
	switch {
	case rare && (n == nil || len(s.tried) > 0):
		b.letGo(s)
	case n != nil:
		b.ask(s, n)
	default:
		b.await(s)
	}
}

// await asks the HTTP source for s if it is time.
func (b *BitTorrent) await(s *segment) {
	s.deadline = b.originAt(s)
	if b.now < s.deadline {
		b.remind(s.deadline)
		b.remind(b.urgentAt(s))
		return
	}
	s.source, s.since, s.tail = fetched, b.now, 0
	b.act(AskOrigin{SN: s.sn})
}

// originAt is when the HTTP source is asked for s unless a neighbour can be
// until then.
func (b *BitTorrent) originAt(s *segment) time.Duration {
	switch held := b.heldByBusy(s); {
	case s.failures > 0:
		return s.retryAt
	case s.alone && s.waiting, s.tries >= maxTries, s.tail > 0:
		return b.now
	case held:
		return min(b.lastCall(s), b.stallsAt(s))
	default:
		return min(b.turn(s), b.stallsAt(s))
	}
}

// heldByBusy says that a neighbour holds s that cannot be asked just now.
func (b *BitTorrent) heldByBusy(s *segment) bool {
	held := false
	for n := range b.neighbours.answering() {
		if n.held.has(s.sn) && !slices.Contains(s.tried, n.peer) {
			b.remind(n.restTo)
			held = true
		}
	}
	return held
}

// ask sends n the request for s.
func (b *BitTorrent) ask(s *segment, n *neighbour) {
	if len(s.tried) >= maxSubstreams {
		s.tried = nil
	}
	s.urgent = b.urgent(s) || !n.listed // who may not hold it is to say so soon
	s.deadline = b.patienceFor(s)
	s.parent = n.peer
	s.hand(b.now)
	s.tried = append(s.tried, n.peer)
	s.tries++
	n.usedAt = b.now
	b.act(AskParent{Peer: n.peer, SN: s.sn, Urgent: s.urgent})
	b.remind(s.deadline)
	b.remind(b.answersBy(s))
}

// patienceFor is until when a peer that is asked for s now may take.
func (b *BitTorrent) patienceFor(s *segment) time.Duration {
	soon := b.now + s.patience(b.cfg.P2PDeadline)
	inTime := min(soon, b.lastCall(s))
	switch {
	case s.failures > 0:
		return soon
	case b.stalls(s) && (s.tries == 0 || s.source == asked):
		return max(inTime, min(soon, b.now+indulgence))
	case b.urgent(s):
		return inTime
	default:
		return min(b.now+longestAhead, b.lastCall(s))
	}
}
