package tracker

import (
	"slices"
	"time"
)

const (
	// compactPeriod is the time between two looks for what lies too deep.
	compactPeriod = 2 * time.Second
	// compactWatch is how long after a departure these looks go on.
	compactWatch = 30 * time.Second
	// maxTokens is how many moves can be saved up.
	maxTokens = 10
	// minDrop levels and minGain, levels times peers, make a move worth while.
	minDrop = 2
	minGain = 4
	// A mesh that is more than deepFrom times as deep as it could be, as a flash
	// crowd leaves it, earns more: steepness times the excess, up to maxUrgency
	// times its share.
	deepFrom   = 1.3
	steepness  = 5
	maxUrgency = 4
	// compactChoices is how many peers are looked at for one move, at most.
	compactChoices = 16
)

// A budget is what T3 may spend: a share of a move for each departure.
type budget struct {
	tokens  float64
	urgency float64       // how much more than its share a departure earns
	until   time.Duration // looks go on until then
	armed   bool          // a choreCompact is set
}

// departed earns the share of a departure.
func (r *Room) departed() {
	if !r.config.Plan {
		return
	}
	b := &r.budget
	b.tokens = min(maxTokens, b.tokens+r.config.CompactShare*max(1, b.urgency))
	b.until = r.now + compactWatch
	r.armCompact()
}

func (r *Room) armCompact() {
	b := &r.budget
	if !b.armed && b.tokens >= 1 && r.now < b.until {
		b.armed = true
		r.timers.add(timer{at: r.now + compactPeriod, chore: choreCompact})
	}
}

// compact applies T3: it lifts the peers for which that saves most, counted over
// all that hang below them.
func (r *Room) compact() {
	r.budget.armed = false
	r.weigh()
	r.budget.urgency = min(maxUrgency, 1+steepness*max(0, r.depthRatio()-deepFrom))
	for _, p := range r.deepest() {
		if r.budget.tokens < 1 {
			break
		}
		if host := r.hostFor(p); host != nil {
			r.budget.tokens--
			r.send(r.plan(p, pick{host, r.config.Substreams}))
		}
	}
	r.exchangeAll()
	r.armCompact()
}

// depthRatio compares the levels that there are with the best that there could be
// with the same uplinks and roots: the strongest nearest to the source, and nobody
// on a level before the one above is full (mesh 3.2).
func (r *Room) depthRatio() float64 {
	var slots [maxSlots + 1]int // peers by slots
	levels, best := 0, 0
	for _, p := range r.order {
		slots[p.slots]++
		levels += p.level
	}
	room, next, level, placed := max(1, r.roots)*r.config.Substreams, 0, 0, 0
	for n := maxSlots; n >= 0; {
		if slots[n] == 0 {
			n--
			continue
		}
		if room < r.config.Substreams {
			if next == 0 {
				break // the others feed on the source
			}
			room, next, level = room+next, 0, level+1
			continue
		}
		slots[n]--
		room, next = room-r.config.Substreams, next+n
		best += level
		placed++
	}
	if best == 0 {
		return 1
	}
	return float64(levels) / float64(len(r.order)) / (float64(best) / float64(placed))
}

// weigh counts for every peer how many hang below it, itself included. One that
// has several parents weighs on each of them by its share. One pass from the
// deepest level does.
func (r *Room) weigh() {
	order := r.byLevel()
	for _, p := range order {
		p.mass = 1
	}
	for _, p := range slices.Backward(order) {
		for _, e := range p.parents {
			if e.state == edgeOpen {
				e.parent.mass += p.mass * float64(e.substreams) / float64(p.filled)
			}
		}
	}
}

// byLevel sorts everybody by level, which is valid until the next walk.
func (r *Room) byLevel() []*node {
	starts := r.starts[:0]
	for _, p := range r.order {
		for len(starts) <= p.level+1 {
			starts = append(starts, 0)
		}
		starts[p.level+1]++
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	walk := slices.Grow(r.walk[:0], len(r.order))[:len(r.order)]
	for _, p := range r.order {
		walk[starts[p.level]] = p
		starts[p.level]++
	}
	r.starts, r.walk = starts, walk
	return walk
}

// deepest finds the peers whose lifting to the shallowest host would save most,
// the best first.
func (r *Room) deepest() []*node {
	top := levelBuckets
	for _, q := range r.order {
		if q.level < top && r.roomy(q) {
			top = q.level
		}
	}
	return r.top(func(p *node) float64 {
		if gain := p.gain(top); gain >= minGain && r.liftable(p) {
			return gain
		}
		return 0
	})
}

// top finds the peers with the highest scores above 0, the best first.
func (r *Room) top(score func(*node) float64) []*node {
	var best [compactChoices]struct {
		node  *node
		score float64
	}
	n := 0
	for _, p := range r.order {
		s := score(p)
		if s <= 0 || n == len(best) && s <= best[n-1].score {
			continue
		}
		if n < len(best) {
			n++
		}
		i := n - 1
		for ; i > 0 && best[i-1].score < s; i-- {
			best[i] = best[i-1]
		}
		best[i].node, best[i].score = p, s
	}
	var nodes []*node
	for _, b := range best[:n] {
		nodes = append(nodes, b.node)
	}
	return nodes
}

// gain is what is saved when p moves below a host at a level: levels times the
// peers that they are saved for. It is 0 when that is not worth while.
func (p *node) gain(host int) float64 {
	drop := p.level - host - 1
	if drop < minDrop {
		return 0
	}
	return float64(drop) * p.mass
}

func (r *Room) roomy(q *node) bool { return q.free() >= r.config.Substreams && r.hosts(q) }

func (r *Room) liftable(p *node) bool {
	return !p.root && p.filled >= r.config.Substreams && r.movable(p)
}

// hostFor finds the shallowest host for p and of these the nearest, if that is
// still worth while; others may have been moved in the meantime.
func (r *Room) hostFor(p *node) *node {
	if !r.liftable(p) || r.rising(p) {
		return nil
	}
	r.markUnfit(p)
	var host *node
	least := 0.0
	for _, q := range r.order {
		if q.mark == r.mark || p.gain(q.level) < minGain || host != nil && q.level > host.level || !r.roomy(q) {
			continue
		}
		if s := r.score(p, q, q.free(), q.level); host == nil || q.level < host.level || s < least {
			host, least = q, s
		}
	}
	return host
}

// rising reports whether somebody above p is being moved, so that its level will
// fall anyway.
func (r *Room) rising(p *node) bool {
	return r.above(p, func(q *node) bool { return q.moving != nil })
}
