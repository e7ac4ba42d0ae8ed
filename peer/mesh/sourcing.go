package mesh

import (
	"cmp"
	"slices"
	"time"
)

const (
	// maxRequests is how many requests a parent may have in hand; more wait.
	maxRequests = 3
	// maxTries is how many parents are tried within one deadline (protocol
	// 3.3).
	maxTries = 3
	// youngFor is how long a new parent is not blamed: it may have nothing
	// yet itself.
	youngFor = 5 * time.Second
	// leastGrace is how long after its play time a segment is still wanted.
	leastGrace = 10 * time.Second
)

// enqueue makes p the source of s.
func (f *Fastmesh) enqueue(s *segment, p PeerID) {
	f.leave(s)
	if len(s.tried) >= maxSubstreams {
		s.tried = nil
	}
	s.source, s.parent, s.since = queued, p, f.now
	s.tried = append(s.tried, p)
	s.tries++
}

// sendQueued sends the requests for which parents have a place, the most
// urgent first.
func (f *Fastmesh) sendQueued() {
	var line []*segment
	for _, s := range f.segments {
		if s.source == queued {
			line = append(line, s)
		}
	}
	slices.SortStableFunc(line, func(a, b *segment) int { return cmp.Compare(a.deadline, b.deadline) })
	for _, s := range line {
		switch {
		case f.segments.load(s.parent) >= maxRequests:
		case f.worthAsking(s):
			s.hand(f.now)
			f.act(AskParent{Peer: s.parent, SN: s.sn})
		default:
			f.fetch(s, max(0, s.retryAt-f.now))
		}
	}
}

// fetch makes the HTTP source the source of s, after a delay.
func (f *Fastmesh) fetch(s *segment, delay time.Duration) {
	f.leave(s)
	s.source, s.parent, s.since, s.tail = fetched, "", f.now+delay, 0
	f.act(AskOrigin{SN: s.sn, Delay: delay})
}

// leave ends the attempt in hand, if any.
func (f *Fastmesh) leave(s *segment) {
	if p := f.links.parent(s.parent); p != nil && s.begun {
		p.heard = f.now
	}
	s.source, s.begun = 0, false
}

// another finds the next source after a parent failed: an untried parent while
// time remains, else the HTTP source; that at once where it brings the end already.
func (f *Fastmesh) another(s *segment) {
	f.leave(s)
	if f.lenient(s) && s.failures == 0 {
		s.limit = f.now + f.patience(s)
	}
	f.reckon(s)
	if p := f.untried(s); s.tail == 0 && p != "" && s.tries < maxTries && f.worthAsking(s) {
		f.enqueue(s, p)
		return
	}
	f.fetch(s, max(0, s.retryAt-f.now))
}

// untried is a parent that was not asked for s yet, or "": that of its slot,
// or else of the next one.
func (f *Fastmesh) untried(s *segment) PeerID {
	if s.alone {
		return ""
	}
	first := f.slots.index(s.sn)
	for i := range f.slots {
		p := f.slots[(first+i)%len(f.slots)]
		if f.links.answers(p) && !slices.Contains(s.tried, p) {
			return p
		}
	}
	return ""
}

// expireSegments finds other sources for segments whose parent is gone, late
// or silent.
func (f *Fastmesh) expireSegments() {
	for _, s := range f.segments {
		switch {
		case !s.fromPeer():
		case !f.links.answers(s.parent):
			f.another(s)
		case f.now >= f.stallsBy(s):
			f.stalled(s)
		case f.now >= s.deadline:
			f.late(s)
		case f.now >= f.answersBy(s):
			f.missed(s, true)
			f.another(s)
		}
	}
}

// late looks at a parent whose time is over. One that is nearly done goes on, for as
// long as the HTTP source would need at most. Another one that still sends shares the
// rest with the source; else that takes over.
func (f *Fastmesh) late(s *segment) {
	if left, ok := f.nearlyDone(s); ok {
		s.deadline = min(f.now+max(paceEvery, left/2), s.graceTo)
		return
	}
	fair := f.now-s.since >= f.patience(s)/2
	if f.divide(s) {
		f.missed(s, fair && s.flow.came <= s.size/2)
		return
	}
	f.missed(s, fair)
	f.fetch(s, max(0, s.retryAt-f.now))
}

// nearlyDone says that the parent of s will have done at its pace before the HTTP
// source could, and when.
func (f *Fastmesh) nearlyDone(s *segment) (left time.Duration, ok bool) {
	left, ok = s.left(f.now)
	need := f.http.need(s.missing())
	if !ok || left > need || f.cfg.P2PDeadline > 0 && f.now >= s.limit {
		return 0, false
	}
	if s.graceTo == 0 {
		s.graceTo = f.now + need
	}
	return left, f.now < s.graceTo
}

// nextSegment is when expireSegments has something to do.
func (f *Fastmesh) nextSegment() time.Duration {
	next := Never
	for _, s := range f.segments {
		if s.fromPeer() {
			next = min(next, s.deadline, f.answersBy(s), f.stallsBy(s))
		}
	}
	return next
}

// answersBy is when the parent of s must have begun to send. One that is busy
// with another segment of ours is not silent.
func (f *Fastmesh) answersBy(s *segment) time.Duration {
	p := f.links.parent(s.parent)
	if p == nil || s.source != asked || f.segments.sending(s.parent) {
		return Never
	}
	return max(s.since, p.heard) + f.cfg.AnswerTimeout
}

const (
	// relayStep is how much longer than its parent a peer waits at least when
	// nothing comes any more in the middle of a segment.
	relayStep = 200 * time.Millisecond
	// mostStalled is the longest silence that is borne, however far the HTTP source
	// is.
	mostStalled = 4 * time.Second
)

// stallsBy is when the parent of s, which has begun to send, must go on. When one
// that many get their bytes from stops, all of them miss these in the same moment.
// Those nearest to it are to find another source first: what they get from there
// reaches the others while these still wait.
func (f *Fastmesh) stallsBy(s *segment) time.Duration {
	at := s.quietUntil(f.self)
	if at == Never {
		return Never
	}
	hops := s.flow.hops
	if hops == 0 {
		hops = f.hops
	}
	above := time.Duration(min(max(hops-1, 0), maxLevel))
	step := relayStep + min(f.http.firstByte(), longestPatience)
	return min(at+above*step, s.flow.heard+mostStalled)
}

// stalled leaves a parent that has stopped in the middle of s. Where it has a
// parent itself, the fault may be above, and it is best left to it: see
// honestLacks.
func (f *Fastmesh) stalled(s *segment) {
	p := f.links.parent(s.parent)
	p.lacks++
	f.missed(s, s.flow.hops == 1 || p.lacks > honestLacks)
	f.another(s)
}

// missed notes that the parent of s did not deliver. It is not held against it
// where it had no fair chance: it is young, had too little time, or the HTTP
// source has failed as well.
func (f *Fastmesh) missed(s *segment, fair bool) {
	p := f.links.parent(s.parent)
	if fair && p != nil && !slices.Contains(s.missed, s.parent) && s.source == asked && s.failures == 0 && s.since-p.since >= youngFor {
		s.missed = append(s.missed, s.parent)
	}
}
