package tracker

import (
	"time"

	"hlspeer/signaling"
)

// A node is a peer in the graph of its channel.
type node struct {
	id    signaling.PeerID
	seq   uint64 // counts joiners: a total order that does not depend on ids
	index int    // in Room.order

	enter  signaling.Enter
	place  Place
	uplink signaling.BitRate // as claimed
	trust  trust             // how much of it is believed

	relay  bool // signals reach it
	asked  bool // it has shown that it wants parents
	root   bool // it feeds on the HTTP source by plan
	queued bool // it is in Room.waiting
	gone   bool // it has left; only timers still know it

	joinedAt   time.Duration
	movedAt    time.Duration // when the tracker last made it change its place; 0 never
	retryAt    time.Duration // of its choreRetry; 0 when none is set
	unfedSince time.Duration // while filled is less than all substreams
	relinkedAt time.Duration // when a link to a parent last began or ended

	// In substreams. As a parent:
	slots    int // what the uplink can carry
	used     int // what links to children take
	reserved int // what is promised to children
	// As a child:
	filled  int // what links to parents bring
	granted int // what is reserved for it

	parents  []*edge // in the order they were made, as all of these
	children []*edge
	strays   []stray // links to parents that are not here (yet)

	level   int // links from the source on the longest way; 0 without a parent
	planned int // what level becomes when the reservations turn into links

	moving   *move         // in which it is to go elsewhere
	hosting  int           // moves in which others are to come to it
	refusals int           // moves in a row that came to nothing
	climbAt  time.Duration // when it last took part in a climb; 0 never
	climbs   *node         // the ancestor in whose place it is to come
	mass     float64       // peers below it and itself, for T3

	standby   *node         // the peer that is to feed it when a parent is lost
	standbyAt time.Duration // of its choreStandby; 0 when none is set
	backs     []*node       // whose standby it is

	suspectUntil time.Duration // a child has lost it: it may be gone
	asks, claims habit         // how often it says get_parents and ul_bw
	doubted      bool          // it is in Room.doubted

	failures int // grants in a row that came to nothing
	bad      []badPair

	mark  uint64 // equals Room.mark when a walk has been here
	above uint64 // the same for a walk upwards beside it

	traffic traffic // as reported
	quality float64 // mean quality level, as reported
	loss    float64 // 0 to 1, as reported
}

// free returns how many substreams can be promised. Nobody can link with a peer
// that signals do not reach.
func (p *node) free() int {
	if !p.relay {
		return 0
	}
	return max(0, p.slots-p.used-p.reserved)
}

// depth is the level at which p is or will be.
func (p *node) depth() int {
	if p.filled == 0 && p.granted > 0 {
		return p.planned
	}
	return p.level
}

// maxBad bounds the failed pairs that are remembered for one peer.
const maxBad = 64

// A badPair is a peer with which a link has failed.
type badPair struct {
	peer  signaling.PeerID
	until time.Duration
}

// shun remembers a failed pair and forgets old ones.
func (p *node) shun(peer signaling.PeerID, now, until time.Duration) {
	kept := p.bad[:0]
	for _, b := range p.bad {
		if b.until > now && b.peer != peer {
			kept = append(kept, b)
		}
	}
	if len(kept) == maxBad {
		kept = append(kept[:0], kept[1:]...)
	}
	p.bad = append(kept, badPair{peer, until})
}
