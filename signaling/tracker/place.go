package tracker

// place applies T1 of mesh 6.1: it makes p a root, or reserves parents for
// what it still needs. It reports whether there is anything to tell.
func (r *Room) place(p *node) bool {
	need := r.need(p)
	if need == 0 {
		return false
	}
	if r.rootable(p) {
		r.setRoot(p, true)
		return true
	}
	return r.replaces(p) || r.find(p, need)
}

// find reserves parents for p, or makes it the first root.
func (r *Room) find(p *node, need int) bool {
	if q := p.standby; q != nil && q.free() >= need && r.backsUp(q, p) {
		return r.grant(p, []pick{{q, need}}) // it goes there by itself
	}
	r.pool.reset()
	if r.free > 0 {
		r.markUnfit(p)
		r.collect(p)
	}
	if !r.pool.settled() && r.pioneer(p) {
		r.setRoot(p, true)
		return true
	}
	if len(r.pool.candidates) == 0 && r.hemmedIn(p) {
		r.setRoot(p, true)
		return true
	}
	return r.grant(p, r.pool.choose(need))
}

// hemmedIn reports whether p has no parents and everybody with room receives from
// it. It would wait for ever, while it feeds on the source as it is; and as a root
// it lets another one go.
func (r *Room) hemmedIn(p *node) bool {
	return len(p.parents) == 0 && p.used > 0 && r.free > p.free() && r.now-p.unfedSince >= hemmedAge
}

// grant reserves what was chosen.
func (r *Room) grant(p *node, picks []pick) bool {
	if p.granted == 0 {
		p.planned = 0
	}
	for _, g := range picks {
		p.planned = max(p.planned, 1+g.from.depth())
	}
	for _, g := range picks {
		r.promise(r.attach(p, g.from, edgeReserved, g.n))
	}
	return len(picks) > 0
}

// promise keeps a reservation from now on for grantPeriod.
func (r *Room) promise(e *edge) {
	e.since = r.now
	r.timers.add(timer{at: r.now + grantPeriod, chore: choreExpire, edge: e})
}
