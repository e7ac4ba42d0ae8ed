package tracker

import (
	"slices"
	"time"

	"hlspeer/signaling"
)

// maxParents bounds the edges of one child: nobody needs more parents than
// there are substreams, but lies must be kept somewhere.
const maxParents = 64

type edgeState int

const (
	// edgeReserved: the child has been offered the parent.
	edgeReserved edgeState = iota
	// edgeOpen: the link carries data. Open edges never form a cycle.
	edgeOpen
	// edgeRefused: the link exists, but the child has been told to close it. It
	// takes the parent's uplink and counts for nothing else.
	edgeRefused
)

// An edge says that child receives from parent.
type edge struct {
	child, parent *node

	state      edgeState
	substreams int               // granted, later as reported
	rate       signaling.BitRate // of one substream, as reported; 0 unknown
	since      time.Duration     // in this state
	gone       bool              // only a timer still knows it
	move       *move             // that the link is part of, until that is over

	judgedAt time.Duration // when the child last said how it is fed; 0 never
	poor     bool          // it said: not well

	shown int // the substreams that viewers know of; 0 for no link
}

// edge finds the one edge that there can be between the two.
func (r *Room) edge(child, parent *node) *edge {
	for _, e := range child.parents {
		if e.parent == parent {
			return e
		}
	}
	return nil
}

func (r *Room) attach(child, parent *node, state edgeState, substreams int) *edge {
	e := &edge{child: child, parent: parent, state: state, substreams: substreams, since: r.now}
	child.parents = append(child.parents, e)
	parent.children = append(parent.children, e)
	r.count(e, +1)
	if state == edgeOpen {
		r.relevel(child)
	}
	if r.config.Standby {
		r.recallStandbys(child, parent)
	}
	return e
}

func (r *Room) detach(e *edge) {
	if e.gone {
		return
	}
	e.gone = true
	r.count(e, -1)
	is := func(x *edge) bool { return x == e }
	e.child.parents = slices.DeleteFunc(e.child.parents, is)
	e.parent.children = slices.DeleteFunc(e.parent.children, is)
	r.freed = true
	if e.state == edgeOpen {
		e.child.relinkedAt = r.now
		r.relevel(e.child)
	}
	r.rollBack(e.move)
}

// set changes what an edge counts for.
func (r *Room) set(e *edge, state edgeState, substreams int) {
	r.count(e, -1)
	if e.state != state {
		e.since = r.now
		e.child.relinkedAt = r.now
	}
	e.state, e.substreams = state, substreams
	r.count(e, +1)
	r.relevel(e.child)
}

// count adds an edge to the sums of its two ends, or takes it out of them.
func (r *Room) count(e *edge, sign int) {
	n, child, parent := sign*e.substreams, e.child, e.parent
	fed := child.filled >= r.config.Substreams
	r.free -= parent.free()
	switch e.state {
	case edgeReserved:
		parent.reserved += n
		child.granted += n
	case edgeOpen:
		parent.used += n
		child.filled += n
	case edgeRefused:
		parent.used += n
	}
	r.free += parent.free()
	r.noteFull(parent)
	if parent.free() < r.config.Substreams {
		for _, p := range parent.backs {
			r.watchStandby(p, time.Second)
		}
	}
	r.touch(e)
	if fed && child.filled < r.config.Substreams {
		child.unfedSince = r.now
	}
}

// relevel counts the levels of p and of what hangs below it. It ends because
// open edges have no cycle.
func (r *Room) relevel(p *node) {
	walk := append(r.walk[:0], p)
	for i := 0; i < len(walk); i++ {
		level := 0
		for _, e := range walk[i].parents {
			if e.state == edgeOpen {
				level = max(level, 1+e.parent.level)
			}
		}
		if level == walk[i].level {
			continue
		}
		walk[i].level = level
		for _, e := range walk[i].children {
			if e.state == edgeOpen {
				walk = append(walk, e.child)
			}
		}
	}
	r.walk = walk
}

// markBelow marks p and everybody who receives from it, over any number of
// links, reserved and refused ones included.
func (r *Room) markBelow(p *node) {
	r.mark++
	r.markOn(p)
}

// markOn is markBelow, but leaves who is marked.
func (r *Room) markOn(p *node) {
	p.mark = r.mark
	walk := append(r.walk[:0], p)
	for i := 0; i < len(walk); i++ {
		for _, e := range walk[i].children {
			if e.child.mark != r.mark {
				e.child.mark = r.mark
				walk = append(walk, e.child)
			}
		}
	}
	r.walk = walk
}

// markAbove does the same in node.above with everybody from whom p receives over
// any number of open links.
func (r *Room) markAbove(p *node) {
	walk := append(r.walk[:0], p)
	for i := 0; i < len(walk); i++ {
		for _, e := range walk[i].parents {
			if e.state == edgeOpen && e.parent.above != r.mark {
				e.parent.above = r.mark
				walk = append(walk, e.parent)
			}
		}
	}
	r.walk = walk
}

// feeds reports whether to receives from p over open links, so that an open
// link from to to p would close a cycle.
func (r *Room) feeds(p, to *node) bool {
	if p.level >= to.level {
		return false // levels grow on the way down
	}
	r.mark++
	walk := append(r.walk[:0], p)
	for i := 0; i < len(walk) && to.mark != r.mark; i++ {
		for _, e := range walk[i].children {
			if e.state == edgeOpen && e.child.mark != r.mark {
				e.child.mark = r.mark
				walk = append(walk, e.child)
			}
		}
	}
	r.walk = walk
	return to.mark == r.mark
}

// above reports whether p receives, over any number of open links, from a peer
// of which is holds.
func (r *Room) above(p *node, is func(*node) bool) bool {
	r.mark++
	walk := append(r.walk[:0], p)
	found := false
	for i := 0; i < len(walk) && !found; i++ {
		for _, e := range walk[i].parents {
			if e.state == edgeOpen && e.parent.mark != r.mark {
				e.parent.mark = r.mark
				found = found || is(e.parent)
				walk = append(walk, e.parent)
			}
		}
	}
	r.walk = walk
	return found
}

// markShunned marks the peers with which p could not link lately.
func (r *Room) markShunned(p *node) {
	for _, b := range p.bad {
		if q := r.peers[b.peer]; q != nil && b.until > r.now {
			q.mark = r.mark
		}
	}
}

// shunned reports whether p could not link with q lately.
func (r *Room) shunned(p, q *node) bool {
	return slices.ContainsFunc(p.bad, func(b badPair) bool { return b.peer == q.id && b.until > r.now })
}
