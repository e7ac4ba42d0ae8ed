package mesh

import "slices"

// choose follows the grant of the ancestor nearest to the HTTP source
// (protocol 7.6): above a root by changing places with it, above others by
// taking over their parents first.
func (f *Fastmesh) choose() {
	var best *Granted
	for i := range f.climb.grants {
		g := &f.climb.grants[i]
		if f.useful(g) && (best == nil || g.depth() <= best.depth()) {
			best = g
		}
	}
	if best == nil || f.links.count(parent) == 0 || !f.roomBelow() {
		f.endClimb(false)
		return
	}
	f.climb.goal = *best
	if len(best.Parents) > 0 {
		f.approach()
		return
	}
	if l := f.links.parent(best.Granter); l != nil {
		f.takePlaceOf(l)
		return
	}
	f.askAdopt()
}

// depth is the level of the granter, which is 1 at least if it has parents.
func (g *Granted) depth() int {
	if len(g.Parents) == 0 {
		return 0
	}
	return max(1, g.Level)
}

// slots is how many slots the granter's parents fill.
func (g *Granted) slots() (n int) {
	for _, p := range g.Parents {
		n += p.Substreams
	}
	return n
}

// useful says that g would bring us nearer to the source, that its granter and
// the granter's parents may be above us, and that those fill as many slots as
// are filled now: what they do not fill would be fetched by HTTP.
func (f *Fastmesh) useful(g *Granted) bool {
	below := func(peer PeerID) bool {
		l := f.links.find(peer)
		return l != nil && !l.state.upward()
	}
	if below(g.Granter) || f.swappedLately(g.Granter) || f.hops > 0 && g.depth() >= f.hops {
		return false
	}
	if len(g.Parents) > 0 && g.slots() < f.filled() {
		return false
	}
	return !slices.ContainsFunc(g.Parents, func(p GrantParent) bool { return below(p.Peer) })
}

// takePlaceOf changes places with a parent that is a root. The other parents
// may be below it, so they go, lest there be a cycle.
func (f *Fastmesh) takePlaceOf(root *link) {
	f.displace(root, f.slots.count(root.peer))
	f.leaveParents()
	f.endClimb(true)
}

// leaveParents becomes a root.
func (f *Fastmesh) leaveParents() {
	for _, l := range slices.Clone(f.links) {
		if l.state == parent {
			f.act(Drop{Peer: l.peer, Reason: Replaced})
			f.end(l, false)
		}
	}
	f.becomeRoot()
}

// askAdopt has the scheduler send the goal below us.
func (f *Fastmesh) askAdopt() {
	f.climb.phase, f.climb.until = waiting, f.now+waitFor
	goal := f.climb.goal.Granter
	if l := f.links.find(goal); l == nil || l.state != child {
		f.act(AskAdopt{Peer: goal})
	}
}

// awaitGoal ends the climb when the goal has become our child, or does not.
func (f *Fastmesh) awaitGoal() {
	c := &f.climb
	l := f.links.find(c.goal.Granter)
	switch {
	case l != nil && l.state == child:
		f.swap = swap{l.peer, f.now}
		if !c.risen {
			f.leaveParents()
		}
		f.endClimb(true)
	case f.now >= c.until:
		// The place has been taken, or else all is as it was.
		f.endClimb(c.risen)
	}
}

// approach makes links to the goal's parents, as many as it takes. It ends here
// if those within reach fill less than is filled now.
func (f *Fastmesh) approach() {
	c := &f.climb
	c.phase, c.until = moving, f.now+moveFor
	filled, most := 0, min(f.cfg.MaxParents, maxDials)
	c.goal.Parents = slices.DeleteFunc(slices.Clone(c.goal.Parents), func(p GrantParent) bool {
		if filled >= len(f.slots) || most == 0 || !f.reach(p.Peer) {
			return true
		}
		filled, most = filled+p.Substreams, most-1
		return false
	})
	if len(c.goal.Parents) == 0 || c.goal.slots() < f.filled() {
		f.endClimb(false)
	}
}

// filled is how many slots have a parent.
func (f *Fastmesh) filled() int { return len(f.slots) - f.slots.count("") }

// reach says whether a link to peer is there or is being made now.
func (f *Fastmesh) reach(peer PeerID) bool {
	l := f.links.find(peer)
	switch {
	case l == nil && !f.dialable(peer):
		return false
	case l == nil:
		f.dial(peer, 0)
		l = f.links.find(peer)
	case l.state == parent:
		return true
	case l.aim == forStandby:
		f.standby.lost(f.now)
	}
	l.aim, l.want = forClimb, 0
	return true
}

// landed is how many slots the goal's parents whose links are open can fill.
func (f *Fastmesh) landed() (n int) {
	for _, p := range f.climb.goal.Parents {
		if f.open(p.Peer) != nil {
			n += p.Substreams
		}
	}
	return n
}

// promised is how many slots they can fill when all links are open.
func (f *Fastmesh) promised() int { return min(f.climb.goal.slots(), len(f.slots)) }

// open is the open link upwards with peer, or nil.
func (f *Fastmesh) open(peer PeerID) *link {
	if l := f.links.find(peer); l != nil && l.state.upward() && l.state.open() {
		return l
	}
	return nil
}

// rise gives all slots to the goal's parents, leaves the old ones, and then has
// the goal become our child. If none of the links has opened, nothing changes.
func (f *Fastmesh) rise() {
	c := &f.climb
	direct := f.links.parent(c.goal.Granter)
	if f.landed() == 0 || direct != nil && !f.roomBelow() {
		f.endClimb(false)
		return
	}
	f.cancelAll(forSlots)
	before := slices.Clone(f.slots)
	clear(f.slots)
	for _, p := range c.goal.Parents {
		if l := f.open(p.Peer); l != nil {
			f.settleIn(l, f.slots.fill(l.peer, p.Substreams), before.count(l.peer))
		}
	}
	for _, l := range slices.Clone(f.links) {
		if l.state == parent && l != direct && f.slots.count(l.peer) == 0 {
			f.settleCession(cession{l, before.count(l.peer)})
		}
	}
	c.risen, f.hops = true, 0
	if direct != nil {
		f.displace(direct, before.count(direct.peer))
		f.endClimb(true)
		return
	}
	f.cancelAll(forClimb)
	f.askAdopt()
}

// settleIn reports a parent that fills n slots now and has filled had.
func (f *Fastmesh) settleIn(l *link, n, had int) {
	if n == 0 || n == had {
		return
	}
	if l.state == spare {
		f.promote(l)
	}
	f.act(ReportOpened{Parent: l.peer, Substreams: n, Rate: f.share()})
}
