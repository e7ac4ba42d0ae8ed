package mesh

import "time"

// quarantine holds the peers that are not dialled for a while. Nobody is
// locked out for ever (protocol 7.2). It is bounded: see maxSentences.
type quarantine struct {
	base, longest time.Duration
	sentences     map[PeerID]sentence
}

// sentence is one peer's quarantine. It is remembered for some time after its
// end, so that the next one is longer.
type sentence struct {
	until time.Duration
	span  time.Duration // of the last failure's quarantine; 0: none yet
	bad   bool          // sent false segments
	lost  bool          // a link to it was open, and failed
}

const (
	maxSentences = 256
	// restFor is how long a peer that closed its link in good order is left
	// alone: it may have had no room for us.
	restFor = 10 * time.Second
	// missFor is the first quarantine of a parent that was merely late. It may
	// be so because its own parent died, and be the only one there is.
	missFor = 15 * time.Second
)

func newQuarantine(base, longest time.Duration) quarantine {
	return quarantine{base: base, longest: longest, sentences: map[PeerID]sentence{}}
}

// punish locks peer out after a failure, each time for twice as long. A bad
// peer may not be our child meanwhile either.
func (q *quarantine) punish(peer PeerID, now time.Duration, bad bool) {
	q.lock(peer, now, q.base, bad)
}

// lost locks peer out as its link has failed.
func (q *quarantine) lost(peer PeerID, now time.Duration) {
	q.punish(peer, now, false)
	s := q.sentences[peer]
	s.lost = true
	q.sentences[peer] = s
}

// slow locks peer out for misses: for less time, and twice as much each time.
func (q *quarantine) slow(peer PeerID, now time.Duration) {
	q.lock(peer, now, min(missFor, q.base), false)
}

func (q *quarantine) lock(peer PeerID, now, least time.Duration, bad bool) {
	s := q.recall(peer, now)
	s.bad = bad || s.bad && now < s.until
	s.span = min(max(least, 2*s.span), q.longest)
	s.until = now + s.span
	q.enter(peer, s)
}

// rest locks peer out for a moment. It does not count as a failure.
func (q *quarantine) rest(peer PeerID, now time.Duration) {
	s := q.recall(peer, now)
	s.bad = s.bad && now < s.until
	s.until = max(s.until, now+restFor)
	q.enter(peer, s)
}

// parole ends the quarantine of a peer that we have lost, once it has been in it for
// missFor, unless that is for false segments. What is remembered of it stays.
func (q *quarantine) parole(peer PeerID, now time.Duration) {
	s, known := q.sentences[peer]
	if known && s.lost && !s.bad && now >= s.until-s.span+missFor {
		s.until = min(s.until, now)
		q.sentences[peer] = s
	}
}

// holds says whether peer is in quarantine.
func (q *quarantine) holds(peer PeerID, now time.Duration) bool {
	return now < q.sentences[peer].until
}

// bars says whether peer is in quarantine for false segments.
func (q *quarantine) bars(peer PeerID, now time.Duration) bool {
	return q.sentences[peer].bad && q.holds(peer, now)
}

// recall is what is known of peer, unless it is too long ago.
func (q *quarantine) recall(peer PeerID, now time.Duration) sentence {
	if s := q.sentences[peer]; now < s.until+q.longest {
		return s
	}
	return sentence{}
}

// enter writes s down. In a full book it takes the place of what would be
// forgotten first.
func (q *quarantine) enter(peer PeerID, s sentence) {
	if _, known := q.sentences[peer]; !known && len(q.sentences) >= maxSentences {
		var first PeerID
		end := Never
		for p, old := range q.sentences {
			if old.until < end || old.until == end && p < first {
				first, end = p, old.until
			}
		}
		delete(q.sentences, first)
	}
	q.sentences[peer] = s
}
