package tracker

import (
	"slices"
	"time"

	"hlspeer/signaling"
)

const (
	// standbyDelay is how long a peer has been fed when its standby is named;
	// peers link with it a little later.
	standbyDelay = 2 * time.Second
	// standbyPeriod is the time between two looks at whether it still is one.
	standbyPeriod = 20 * time.Second
	// standbysPerStream is how many peers may have the same standby, for each
	// whole stream that it has to give: seldom do two of them need it at once.
	standbysPerStream = 4
	// maxStandbys is how many may in all: the links of a peer are few.
	maxStandbys = 8
)

// watchStandby looks at p's standby after some time, if nobody does so sooner.
func (r *Room) watchStandby(p *node, after time.Duration) {
	at := r.now + after
	if !r.config.Standby || p.gone || p.standbyAt != 0 && p.standbyAt <= at {
		return
	}
	p.standbyAt = at
	r.timers.add(timer{at: at, chore: choreStandby, node: p})
}

// reviewStandby names another standby for p where the one that it has is of no
// use any more, unless p has been given another time.
func (r *Room) reviewStandby(t timer) {
	p := t.node
	if p.gone || t.at != p.standbyAt {
		return
	}
	p.standbyAt = 0
	if p.root || !p.relay || p.filled < r.config.Substreams {
		r.setStandby(p, nil) // and the next one when it is fed
		return
	}
	r.watchStandby(p, standbyPeriod)
	if p.standby != nil && r.backsUp(p.standby, p) {
		return
	}
	q := r.standbyFor(p)
	r.setStandby(p, q)
	if q != nil {
		r.tellStandby(p)
	}
}

// tellStandby names p's standby. Who has nothing to give is no parent, but may be
// linked with.
func (r *Room) tellStandby(p *node) {
	r.tell(p, signaling.Parents{Nodes: []signaling.Candidate{{PeerID: p.standby.id}}})
}

func (r *Room) setStandby(p, q *node) {
	if old := p.standby; old != nil {
		old.backs = slices.DeleteFunc(old.backs, func(x *node) bool { return x == p })
	}
	if p.standby = q; q != nil {
		q.backs = append(q.backs, p)
	}
}

// backsUp reports whether q is still good as p's standby: it could feed p, and
// does not receive from it.
func (r *Room) backsUp(q, p *node) bool {
	return q.free() >= r.config.Substreams && r.now >= q.suspectUntil && r.edge(p, q) == nil && !r.shunned(p, q) && !r.feeds(p, q)
}

// standbyFor finds the best candidate that could feed p alone and would outlive
// each of p's parents: it does not receive from them. So those who lose a parent
// at once do not rely on each other.
func (r *Room) standbyFor(p *node) *node {
	if r.free < r.config.Substreams {
		return nil
	}
	r.pool.reset()
	r.markBelow(p)
	for _, e := range p.parents {
		r.markOn(e.parent)
	}
	r.markShunned(p)
	r.collect(p)
	c := r.pool.best(tierKept, levelBuckets, func(c *candidate) bool { return r.spares(c.node, p) })
	if c == nil {
		return nil
	}
	return c.node
}

// spares reports whether q has room for p besides those who would come to it at
// the same moment, as they have a parent in common with p.
func (r *Room) spares(q, p *node) bool {
	s := r.config.Substreams
	free := q.free()
	if free < s || len(q.backs) >= min(maxStandbys, standbysPerStream*(free/s)) {
		return false
	}
	for _, b := range q.backs {
		if b != p && slices.ContainsFunc(b.parents, func(e *edge) bool { return r.edge(p, e.parent) != nil }) {
			free -= s
		}
	}
	return free >= s
}

// recallStandbys takes their standbys from those to whom they are of no use any
// more, now that child is to receive from parent: child and those below it will
// live on everybody above parent, so they cannot stand in for one of these, and
// falling back on them would close a cycle.
func (r *Room) recallStandbys(child, parent *node) {
	r.markBelow(child)
	below := r.mark
	parent.above = r.mark
	walk := append(r.walk[:0], parent)
	for i := 0; i < len(walk); i++ {
		p := walk[i]
		r.recallStandby(p, below)
		for _, e := range p.children {
			r.recallStandby(e.child, below)
		}
		for _, e := range p.parents {
			if e.parent.above != r.mark {
				e.parent.above = r.mark
				walk = append(walk, e.parent)
			}
		}
	}
	r.walk = walk
}

// recallStandby takes a standby that is marked from p.
func (r *Room) recallStandby(p *node, mark uint64) {
	if p.standby == nil || p.standby.mark != mark {
		return
	}
	r.tell(p, signaling.Disconnect{Peers: []signaling.PeerID{p.standby.id}})
	r.setStandby(p, nil)
	r.watchStandby(p, repairDelay)
}

// dropStandby takes q, which cannot be linked with or has closed the link, from p
// if it is p's standby.
func (r *Room) dropStandby(p, q *node) {
	if p.standby == q {
		r.setStandby(p, nil)
		r.watchStandby(p, standbyDelay)
	}
}

// abandonStandbys finds others for those whose standby q has been.
func (r *Room) abandonStandbys(q *node) {
	for _, p := range slices.Clone(q.backs) {
		r.setStandby(p, nil)
		r.watchStandby(p, repairDelay)
	}
}
