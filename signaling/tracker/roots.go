package tracker

import (
	"cmp"
	"slices"
	"time"
)

const (
	// peersPerRoot is how many peers one root is planned for. There are two as
	// soon as secondRoot peers are there.
	peersPerRoot = 200
	secondRoot   = 50
	// settleTime is how long a peer stays where the tracker has put it.
	settleTime = time.Minute
	// rootsPeriod is the time between two looks at the number of roots.
	rootsPeriod = 2 * time.Second
	// supplyMargin is the part of all slots that can be put to use.
	supplyMargin = 0.98
)

// plannedRoots is K_plan of mesh 6.1 T1.1, but in small channels 1 instead of
// 2: of two peers, the second is to receive from the first.
func (r *Room) plannedRoots() int {
	least := 1
	if len(r.order) >= secondRoot {
		least = 2
	}
	return max(least, (len(r.order)+peersPerRoot-1)/peersPerRoot)
}

// neededRoots is K_dyn: more than planned when the uplinks cannot feed
// everybody else.
func (r *Room) neededRoots() int {
	fed := int(supplyMargin * float64(r.capacity) / float64(r.config.Substreams))
	return max(r.plannedRoots(), len(r.order)-fed)
}

// rootable reports whether p is to feed on the source (T1.2).
func (r *Room) rootable(p *node) bool {
	return len(p.parents) == 0 && r.vacancy(p)
}

// vacancy reports whether a root more is wanted, and one like p.
func (r *Room) vacancy(p *node) bool {
	s, plan, need := r.config.Substreams, r.plannedRoots(), r.neededRoots()
	strong := p.slots >= 2*s && r.roots < plan
	stopgap := 2*p.slots > s && need > plan && r.roots < need
	return strong || stopgap
}

// pioneer reports whether p starts the mesh although it is not strong, because
// there is nobody yet to receive from.
func (r *Room) pioneer(p *node) bool {
	return len(p.parents) == 0 && p.slots > 0 && r.roots < r.plannedRoots()
}

func (r *Room) setRoot(p *node, root bool) {
	if p.root == root {
		return
	}
	p.root = root
	if root {
		r.roots++
		r.freed = true // a root is a candidate
	} else {
		r.roots--
		p.unfedSince = r.now
	}
}

// tooManyRoots leaves some room, so that roots do not come and go; less where
// there are more than planned anyway, as each of them takes a whole stream from
// the source.
func (r *Room) tooManyRoots() bool {
	need := r.neededRoots()
	room := len(r.order) / peersPerRoot
	if need == r.plannedRoots() {
		room++
	}
	return r.roots > need+room
}

func (r *Room) watchRoots() {
	if !r.watched && r.tooManyRoots() {
		r.watched = true
		r.timers.add(timer{at: r.now + rootsPeriod, chore: choreRoots})
	}
}

// thinRoots makes an ordinary peer of the weakest settled root for which there
// are parents enough.
func (r *Room) thinRoots() {
	if !r.tooManyRoots() {
		return
	}
	var settled []*node
	for _, p := range r.order {
		if r.settledRoot(p) {
			settled = append(settled, p)
		}
	}
	slices.SortFunc(settled, func(a, b *node) int {
		return cmp.Or(cmp.Compare(a.slots, b.slots), cmp.Compare(a.seq, b.seq))
	})
	if slices.ContainsFunc(settled[:min(len(settled), servedAtOnce)], r.unroot) {
		return
	}
}

// abdicate makes an ordinary peer of a root that nobody has made room for.
func (r *Room) abdicate(p *node) {
	if !p.gone && p.root && r.roots > r.neededRoots() && !r.changing(p) {
		r.unroot(p)
	}
}

// unroot finds parents for a root, or leaves it what it is.
func (r *Room) unroot(p *node) bool {
	r.setRoot(p, false)
	if r.find(p, r.need(p)); r.need(p) > 0 {
		r.release(p)
		r.setRoot(p, true)
		return false
	}
	p.movedAt = r.now
	r.tellParents(p)
	return true
}
