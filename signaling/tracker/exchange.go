package tracker

// Where uplinks are scarce no host has a whole stream free, so T3 can lift
// nobody. But a peer that many live on can change places with one higher up that
// few live on: both need the same.

const (
	// exchangeCost is what an exchange takes out of the budget of T3: two moves.
	exchangeCost = 2
	minExchange  = exchangeCost * minGain
)

// exchangeAll spends the rest of the budget on exchanges.
func (r *Room) exchangeAll() {
	for _, p := range r.heaviest() {
		if r.budget.tokens < exchangeCost {
			return
		}
		v := r.partner(p)
		if v == nil {
			continue
		}
		r.budget.tokens -= exchangeCost
		var hosts []pick
		for _, e := range p.parents {
			hosts = append(hosts, pick{e.parent, e.substreams})
		}
		r.takesPlace(p, v, 0, hosts...)
	}
}

// heaviest finds the peers whose rise to the first level would save most.
func (r *Room) heaviest() []*node {
	return r.top(func(p *node) float64 {
		if gain := p.gain(0); gain >= minExchange && r.liftable(p) && r.exchangeable(p) {
			return gain
		}
		return 0
	})
}

// exchangeable reports whether p's place can be handed over.
func (r *Room) exchangeable(p *node) bool {
	n := 0
	for _, e := range p.parents {
		if e.state != edgeOpen || !r.hosts(e.parent) {
			return false
		}
		n += e.substreams
	}
	return n == r.config.Substreams
}

// partner finds the peer with which p is to change places, so that most is saved.
func (r *Room) partner(p *node) *node {
	if !r.liftable(p) || !r.exchangeable(p) || r.rising(p) {
		return nil
	}
	r.markBelow(p)
	r.markShunned(p)
	r.markAbove(p)
	var best *node
	most := float64(minExchange)
	for _, v := range r.order {
		if v.mark == r.mark || v.above == r.mark || v.level == 0 || v.level >= p.level {
			continue
		}
		if g := float64(p.level-v.level) * (p.mass - v.mass); g >= most && r.liftable(v) && r.trades(v, p) {
			best, most = v, g
		}
	}
	return best
}

// trades reports whether v and p can have each other's parents. Nobody has two
// links with one parent.
func (r *Room) trades(v, p *node) bool {
	if !r.exchangeable(v) || !p.divisible(len(v.parents)) || !v.divisible(len(p.parents)) {
		return false
	}
	for _, e := range v.parents {
		q := e.parent
		if q.mark == r.mark || r.edge(p, q) != nil || q.used > q.slots || q.used+q.reserved+e.substreams > r.bearable(q) {
			return false
		}
	}
	for _, e := range p.parents {
		if r.edge(v, e.parent) != nil || r.shunned(v, e.parent) {
			return false
		}
	}
	return true
}
