package mesh

import (
	"iter"
	"slices"
	"time"
)

// neighbour is a remote peer of a swarm that we are, or are about to be, linked
// with. Neither is above the other, whoever dialled.
type neighbour struct {
	peer  PeerID
	state linkState     // dialling, accepted or peered
	since time.Duration // of the state

	listed  bool // it has sent BITFIELD
	held    holdings
	lacks   int           // in a row, of what it said it holds
	lates   int           // in a row
	rate    float64       // bytes a second that it delivers; 0: not known
	ratedAt time.Duration // when that was measured
	record  record        // of its requests
	restTo  time.Duration // when it may be asked again: it was late
	usedAt  time.Duration // when it last was asked or asked
	hearing
}

// deliver learns from what the neighbour brought.
func (n *neighbour) deliver(bytes int64, took, now time.Duration) {
	n.lacks, n.lates = 0, 0
	n.record.hit()
	if bytes <= 0 || took <= 0 {
		return
	}
	rate := float64(bytes) / took.Seconds()
	if n.rate == 0 {
		n.rate = rate
	}
	n.ratedAt = now
	n.rate += (rate - n.rate) / 4
}

// neighbours are all of them, in the order in which they began; at most one for
// each peer, and at most as many as the configuration says.
type neighbours []*neighbour

// find is the one with that id, or nil.
func (l neighbours) find(peer PeerID) *neighbour {
	for _, n := range l {
		if n.peer == peer {
			return n
		}
	}
	return nil
}

// open is the one with that id if its link is open, or nil.
func (l neighbours) open(peer PeerID) *neighbour {
	if n := l.find(peer); n != nil && n.state == peered {
		return n
	}
	return nil
}

// met are those whose links are open.
func (l neighbours) met() iter.Seq[*neighbour] {
	return func(yield func(*neighbour) bool) {
		for _, n := range l {
			if n.state == peered && !yield(n) {
				return
			}
		}
	}
}

// answering are those that are open and not silent.
func (l neighbours) answering() iter.Seq[*neighbour] {
	return func(yield func(*neighbour) bool) {
		for n := range l.met() {
			if !n.quiet && !yield(n) {
				return
			}
		}
	}
}

// hearings is what the open links let hear.
func (l neighbours) hearings() iter.Seq[*hearing] {
	return func(yield func(*hearing) bool) {
		for n := range l.met() {
			if !yield(&n.hearing) {
				return
			}
		}
	}
}

// count is how many links are open.
func (l neighbours) count() (n int) {
	for range l.met() {
		n++
	}
	return n
}

func (l *neighbours) add(peer PeerID, state linkState, now time.Duration) {
	*l = append(*l, &neighbour{
		peer: peer, state: state, since: now, held: holdings{}, hearing: hearing{leaveAt: Never},
	})
}

// opened makes n the newest open link.
func (l *neighbours) opened(n *neighbour, now time.Duration) {
	l.remove(n)
	n.state, n.since, n.usedAt = peered, now, now
	*l = append(*l, n)
}

func (l *neighbours) remove(gone *neighbour) {
	*l = slices.DeleteFunc(*l, func(n *neighbour) bool { return n == gone })
}
