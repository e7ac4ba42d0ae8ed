package mesh

import (
	"slices"
	"time"
)

// search is the state of our search for parents: who is left of the
// scheduler's last list, and when it may be asked again.
type search struct {
	spares []Candidate // not tried yet, in the scheduler's order
	listed time.Duration

	inquiry
	holdTo time.Duration // earliest next time, as the scheduler made us a root
	isRoot bool          // told so, and no parent since
}

const (
	maxSpares = 256
	// rootPause is how long a root waits at least before it asks again, and
	// by how much that varies.
	rootPause = 30 * time.Second
)

func newSearch() search { return search{inquiry: newInquiry()} }

// list takes a new list of candidates, at most maxSpares.
func (s *search) list(nodes []Candidate, now time.Duration) {
	s.isRoot, s.holdTo, s.listed = false, 0, now
	s.spares = nodes
}

// spareFor is how long a candidate may be dialled: the scheduler keeps the
// bandwidth for us no longer (mesh 6.1).
const spareFor = 10 * time.Second

// expire forgets candidates whose bandwidth others may have by now.
func (s *search) expire(now time.Duration) {
	if now-s.listed > spareFor {
		s.spares = nil
	}
}

// next takes the first of the spares.
func (s *search) next() Candidate {
	c := s.spares[0]
	s.spares = s.spares[1:]
	return c
}

// put adds c to the end of the list.
func (s *search) put(c Candidate) {
	if len(s.spares) < maxSpares {
		s.spares = append(s.spares, c)
	}
}

// strike takes peer off the list and says whether it was there.
func (s *search) strike(peer PeerID) bool {
	all := len(s.spares)
	s.spares = slices.DeleteFunc(s.spares, func(c Candidate) bool { return c.Peer == peer })
	return len(s.spares) < all
}

// root takes an empty list: the scheduler wants us to be fed by HTTP.
func (s *search) root(now, jitter time.Duration) {
	s.isRoot, s.spares = true, nil
	s.holdTo = now + rootPause + jitter
}

// found and lost note that a parent came or went. With a parent we are no root,
// and what it leaves open of the stream does not wait for a root's pause: only
// until the scheduler has heard of the move. One that has lost it does not wait.
func (s *search) found(now time.Duration) {
	s.isRoot, s.holdTo = false, min(s.holdTo, now+climberReports)
}
func (s *search) lost() { s.holdTo = 0 }

// restart begins the search anew, with a new place at the scheduler.
func (s *search) restart() { *s = search{inquiry: inquiry{fed: s.fed}} }

// due is when the scheduler may be asked.
func (s *search) due() time.Duration { return max(s.askAt, s.holdTo) }
