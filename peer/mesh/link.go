package mesh

import (
	"iter"
	"time"
)

// link is one remote peer that we are, or are about to be, connected with.
type link struct {
	peer  PeerID
	state linkState
	since time.Duration // of the state

	aim       aim           // what a link upwards is for, until it is a parent
	want      int           // slots meant for it, while dialling
	residual  BitRate       // bandwidth it has to give, as the scheduler said
	named     bool          // the scheduler has chosen it as the standby
	record    record        // of a parent
	lacks     int           // of a parent, since it last delivered
	stale     stale         // of a parent
	heard     time.Duration // when a parent last ended an answer, or opened
	reportAt  time.Duration // when a parent is reported by us; 0: it is already
	adoptedAt time.Duration // when a parent took the place of others; 0: it did not
	filled    int           // slots that a child filled as our parent; 0: it was none
	demand    demand        // of a child
	hearing
}

// aim says what a link that we dial is for.
type aim int

const (
	forSlots   aim = iota // it fills free slots
	forAdopt              // it takes the place of our parents
	forStandby            // it takes the slots of the next parent that is lost
	forClimb              // it takes all slots, with others, when we climb
)

// linkState says what a link is. A link that has ended is in no state: it is
// forgotten.
type linkState int

const (
	dialling linkState = iota + 1 // we made the offer
	parent                        // open, and we are the child
	spare                         // open, and we are the child, but it fills no slot yet
	accepted                      // the remote made the offer
	child                         // open, and the remote is the child
	peered                        // open, in a swarm: neither is above the other
)

// open says that the link can be used.
func (s linkState) open() bool { return s == parent || s == child || s == spare || s == peered }

// upward says that we are the child, or mean to be.
func (s linkState) upward() bool { return s == dialling || s == parent || s == spare }

// links are all of them, in the order in which they began; at most one for
// each peer (protocol 7.2). Their number is bounded by MaxParents,
// MaxChildren and the few that are not meant for free slots.
type links []*link

// find is the link with peer, or nil.
func (l links) find(peer PeerID) *link {
	for _, k := range l {
		if k.peer == peer {
			return k
		}
	}
	return nil
}

// parent is the open link with peer where it is our parent, or nil.
func (l links) parent(peer PeerID) *link {
	if k := l.find(peer); k != nil && k.state == parent {
		return k
	}
	return nil
}

// hearings is what the open links let hear.
func (l links) hearings() iter.Seq[*hearing] {
	return func(yield func(*hearing) bool) {
		for _, k := range l {
			if k.state.open() && !yield(&k.hearing) {
				return
			}
		}
	}
}

// answers says that peer is an open parent which is not silent.
func (l links) answers(peer PeerID) bool {
	k := l.parent(peer)
	return k != nil && !k.quiet
}

// count is how many links are in one of the states.
func (l links) count(states ...linkState) (n int) {
	for _, k := range l {
		for _, s := range states {
			if k.state == s {
				n++
			}
		}
	}
	return n
}

// recruits is how many links are being dialled to fill free slots.
func (l links) recruits() (n int) {
	for _, k := range l {
		if k.recruit() {
			n++
		}
	}
	return n
}

// reserved is how many slots are meant for recruits.
func (l links) reserved() (n int) {
	for _, k := range l {
		if k.recruit() {
			n += k.want
		}
	}
	return n
}

// recruit says that the link is being dialled to fill free slots.
func (l *link) recruit() bool { return l.state == dialling && l.aim == forSlots }

// aimed is the first link for that end which is not a parent yet, or nil.
func (l links) aimed(a aim) *link {
	for _, k := range l {
		if k.aim == a && k.state.upward() && k.state != parent {
			return k
		}
	}
	return nil
}

// pending is how many links for that end are not parents yet.
func (l links) pending(a aim) (n int) {
	for _, k := range l {
		if k.aim == a && k.state.upward() && k.state != parent {
			n++
		}
	}
	return n
}

// advance moves k to the first place.
func (l links) advance(k *link) {
	for i, prev := 0, k; i < len(l); i++ {
		l[i], prev = prev, l[i]
		if prev == k {
			return
		}
	}
}

func (l *links) add(k *link) {
	k.leaveAt = Never
	*l = append(*l, k)
}

func (l *links) remove(gone *link) {
	kept := (*l)[:0]
	for _, k := range *l {
		if k != gone {
			kept = append(kept, k)
		}
	}
	clear((*l)[len(kept):])
	*l = kept
}
