package mesh

import "time"

// link is one remote peer that we are, or are about to be, connected with.
type link struct {
	peer  PeerID
	state linkState
	since time.Duration // of the state

	want   int           // slots meant for it, while dialling
	record record        // of a parent
	heard  time.Duration // when a parent last ended an answer, or opened
}

// linkState says what a link is. A link that has ended is in no state: it is
// forgotten.
type linkState int

const (
	dialling linkState = iota + 1 // we made the offer
	parent                        // open, and we are the child
	accepted                      // the remote made the offer
	child                         // open, and the remote is the child
)

// open says that the link can be used.
func (s linkState) open() bool { return s == parent || s == child }

// upward says that we are the child, or mean to be.
func (s linkState) upward() bool { return s == dialling || s == parent }

// links are all of them, in the order in which they began; at most one for
// each peer (protocol 7.2). Their number is bounded by MaxParents and
// MaxChildren.
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

// reserved is how many slots are meant for links that are being dialled.
func (l links) reserved() (n int) {
	for _, k := range l {
		if k.state == dialling {
			n += k.want
		}
	}
	return n
}

func (l *links) add(k *link) { *l = append(*l, k) }

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
