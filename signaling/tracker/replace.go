package tracker

// replaces makes a root of p, a peer without parents, if it is much stronger
// than the weakest settled root, and plans to send that one below it (T1.2).
func (r *Room) replaces(p *node) bool {
	s := r.config.Substreams
	if !r.config.Plan || len(p.parents) > 0 || p.slots < 2*s || p.free() < s || r.roots > r.neededRoots() {
		return false
	}
	if r.changing(p) || !r.rested(p, settleTime) {
		return false // it may have to abdicate
	}
	w := r.weakestRoot(p)
	if w == nil || p.slots < 2*max(1, w.slots) {
		return false
	}
	r.setRoot(p, true)
	m := r.plan(w, pick{p, s})
	m.root = p
	r.timers.add(timer{at: r.now + replaceDelay, chore: choreSend, move: m})
	return true
}

// weakestRoot finds the settled root with the fewest slots that can link with p.
func (r *Room) weakestRoot(p *node) *node {
	var weakest *node
	for _, w := range r.order {
		if w.root && w != p && (weakest == nil || w.before(weakest)) && r.settledRoot(w) && r.edge(w, p) == nil && !r.shunned(p, w) {
			weakest = w
		}
	}
	return weakest
}

// settledRoot reports whether a root has stood long enough to be one no more.
func (r *Room) settledRoot(w *node) bool {
	return w.root && r.movable(w) && r.now-w.joinedAt >= settleTime
}

// before orders peers from the weakest to the strongest.
func (p *node) before(q *node) bool {
	return p.slots < q.slots || p.slots == q.slots && p.seq < q.seq
}
