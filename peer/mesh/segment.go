package mesh

import (
	"slices"
	"time"
)

// segment is one that is wanted and not there yet. It always has a source.
type segment struct {
	sn       SN
	duration time.Duration
	playAt   time.Duration
	waiting  bool
	watched  bool
	alone    bool // no peer is to be asked

	source source
	parent PeerID        // of a queued or asked one
	since  time.Duration // when the attempt began: of a fetched one, when it will
	begun  bool          // bytes of the parent's attempt have come
	flow   transfer      // of that attempt
	mixed  bool          // bytes of any parent have come

	deadline time.Duration // when peers are given up
	limit    time.Duration // of trees: the latest deadline of one that has not begun
	graceTo  time.Duration // until when one that is nearly done may go on; 0: not yet
	tries    int           // parents taken since the deadline was set
	tried    []PeerID      // those not to be taken again for now
	missed   []PeerID      // those that did not deliver, to be judged on arrival

	failures int           // of the HTTP source
	retryAt  time.Duration // when the HTTP source may be asked again

	landed int64 // bytes that are there, of size (below 1: unknown)
	size   int64
	before int64 // bytes that were there when the parent was asked
	tail   int64 // from where on the HTTP source brings it meanwhile; 0: it does not

	// Of swarms, where a queued segment has no peer yet: it waits for one, or
	// until deadline for our turn to ask the HTTP source.
	chance float64 // from 0 to 1, spreads the turns of equals
	urgent bool    // asked for as such
}

// source says where a segment is to come from.
type source int

const (
	queued  source = iota + 1 // a parent, once it has a place for the request; of swarms, some peer
	asked                     // a parent, REQUEST sent
	fetched                   // the HTTP source
)

func (s source) String() string {
	switch s {
	case queued:
		return "queued"
	case asked:
		return "asked"
	case fetched:
		return "fetched"
	default:
		return "no source"
	}
}

// fromPeer says that the segment is to come from its parent.
func (s *segment) fromPeer() bool { return s.source == queued || s.source == asked }

// hand notes that a peer is asked now.
func (s *segment) hand(now time.Duration) {
	s.source, s.since, s.begun, s.graceTo = asked, now, false, 0
	s.flow, s.before = transfer{}, s.landed
}

// progress takes a sign of life of the source in flight.
func (s *segment) progress(ev Progress, now time.Duration) {
	s.landed, s.size = min(max(ev.Bytes, 0), maxBytes), min(ev.Size, maxBytes)
	if s.source != asked {
		return
	}
	came := ev.Came
	if came <= 0 {
		came = s.landed - s.before
	}
	s.flow.hear(now, s.since, came, max(ev.Hops, 0))
	s.begun, s.mixed = true, true
}

// missing is how many bytes are not there yet, nor on their way from the HTTP source;
// -1: that is not known.
func (s *segment) missing() int64 {
	if s.size < 1 {
		return -1
	}
	return max(0, s.end()-s.landed)
}

// left is how long the peer in hand will take for the rest of s at its pace.
func (s *segment) left(now time.Duration) (time.Duration, bool) {
	rate := s.flow.pace(now)
	if !s.begun || rate <= 0 || s.size < 1 {
		return 0, false
	}
	return seconds(float64(max(0, s.end()-s.flow.came)) / rate), true
}

// quietUntil is when the peer that is asked for s is taken to have stopped in the
// middle; Never: it has not begun. Those who wait for the same must not all turn to
// the HTTP source in one moment: there is a little time by chance in it.
func (s *segment) quietUntil(self PeerID) time.Duration {
	if !s.begun {
		return Never
	}
	quiet := s.flow.quiet()
	chance := float64(weight(self, s.parent, s.sn)>>11) / (1 << 53)
	return s.flow.heard + quiet + time.Duration(chance*float64(quiet)/4)
}

// patience is how long peers get for a segment that is needed soon (protocol
// 7.5); longest is the configured time, 0: none.
func (s *segment) patience(longest time.Duration) time.Duration {
	switch {
	case longest > 0:
		return longest
	case s.duration > 0:
		return min(s.duration, longestPatience)
	default:
		return longestPatience
	}
}

// saneDuration is d, within the bounds of segments.
func saneDuration(d time.Duration) time.Duration { return min(max(d, 0), time.Minute) }

// sanePlayAt is at, within a day from now.
func sanePlayAt(at, now time.Duration) time.Duration {
	return min(max(at, now-maxTimeout), now+maxTimeout)
}

// segments are all that are wanted, by sn. There are at most maxWanted.
type segments []*segment

const maxWanted = 256

// find is the segment sn, or nil.
func (s segments) find(sn SN) *segment {
	if i, ok := s.search(sn); ok {
		return s[i]
	}
	return nil
}

func (s segments) search(sn SN) (int, bool) {
	return slices.BinarySearchFunc(s, sn, func(a *segment, sn SN) int {
		switch {
		case a.sn < sn:
			return -1
		case a.sn > sn:
			return 1
		default:
			return 0
		}
	})
}

func (s *segments) add(seg *segment) {
	i, _ := s.search(seg.sn)
	*s = slices.Insert(*s, i, seg)
}

func (s *segments) remove(sn SN) {
	if i, ok := s.search(sn); ok {
		*s = slices.Delete(*s, i, i+1)
	}
}

// surplus is the one to give up if s is to be added: none while there is room,
// else what is played last, maybe s itself.
func (s segments) surplus(added *segment) *segment {
	if len(s) < maxWanted {
		return nil
	}
	if last := s.last(); last.playAt > added.playAt {
		return last
	}
	return added
}

// last is the segment that is played last.
func (s segments) last() *segment {
	return slices.MaxFunc(s, func(a, b *segment) int { return int(min(max(a.playAt-b.playAt, -1), 1)) })
}

// load is how many requests a parent has not answered in full.
func (s segments) load(parent PeerID) (n int) {
	for _, seg := range s {
		if seg.source == asked && seg.parent == parent {
			n++
		}
	}
	return n
}

// sending says that a parent is in the middle of a segment.
func (s segments) sending(parent PeerID) bool {
	for _, seg := range s {
		if seg.source == asked && seg.parent == parent && seg.begun {
			return true
		}
	}
	return false
}
