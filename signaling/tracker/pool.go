package tracker

import (
	"cmp"
	"math"
	"time"
)

const (
	// minAge is how old a candidate is to be, unfedAge how long one without
	// parents must have been so: it then surely feeds on the source (T1.4).
	minAge   = 2 * time.Second
	unfedAge = 15 * time.Second
	// suspectTime is how long a peer is the last choice after a child has lost
	// it, and goneTime after another one has so soon after: until its sockets have
	// been found to be dead.
	suspectTime = 10 * time.Second
	goneTime    = time.Minute
	// hemmedAge is how long a peer looks for parents outside of what hangs below
	// it.
	hemmedAge = 30 * time.Second
	// keptBack is the part of the free slots that is kept for peers which
	// return more than they take: one in keptBack (T1.5).
	keptBack = 10
	// otherISP and otherProvince are what it costs a candidate not to be near, in
	// hundredths of a level.
	otherISP, otherProvince = 120, 250
	// levelBuckets is enough levels to find the shallow ones.
	levelBuckets = 64
)

// A tier says how gladly a candidate is taken. All of a lower tier go first.
type tier int

const (
	tierOpen  tier = iota
	tierKept       // shallow, kept back for contributors
	tierEarly      // too young, or waiting for parents itself: only when there is nobody else
)

// A candidate is a peer that may become a parent.
type candidate struct {
	node  *node
	free  int // of its slots
	depth int
	tier  tier
	score float64 // the smaller, the better
	taken bool    // it is among the picks
}

// A pick is n substreams of one candidate.
type pick struct {
	from *node
	n    int
}

// A pool is the candidates for one peer. It is reused from one placement to the
// next.
type pool struct {
	candidates []candidate
	levels     [levelBuckets]int // free slots in tierOpen by level
	open       int               // their sum
	early      int               // candidates in tierEarly
	picks      []pick
}

func (o *pool) reset() {
	clear(o.candidates)
	*o = pool{candidates: o.candidates[:0], picks: o.picks[:0]}
}

// settled reports whether there is any candidate but early ones.
func (o *pool) settled() bool { return len(o.candidates) > o.early }

// markUnfit marks who cannot become p's parent (T1.4): itself, those below it,
// the parents that it has, and with whom it could not link.
func (r *Room) markUnfit(p *node) {
	r.markBelow(p)
	for _, e := range p.parents {
		e.parent.mark = r.mark
	}
	r.markShunned(p)
}

// collect finds the candidates for p among those who are not marked (T1.3 to
// T1.6).
func (r *Room) collect(p *node) {
	o := &r.pool
	for _, q := range r.order {
		free := q.free()
		if free == 0 || q.mark == r.mark {
			continue
		}
		c := candidate{node: q, free: free, depth: q.depth()}
		c.score = r.score(p, q, free, c.depth)
		if r.early(q) {
			c.tier = tierEarly
			o.early++
		} else {
			o.levels[min(c.depth, levelBuckets-1)] += free
			o.open += free
		}
		o.candidates = append(o.candidates, c)
	}
	contributor := p.slots > r.config.Substreams && r.now-p.joinedAt >= settleTime
	if !contributor {
		o.keepBack(r.config.Substreams)
	}
}

// early reports whether q is not yet to be relied on.
func (r *Room) early(q *node) bool {
	if r.now-q.joinedAt < minAge || r.now < q.suspectUntil {
		return true
	}
	return !q.root && q.filled < r.config.Substreams && r.now-q.unfedSince <= unfedAge
}

// suspect notes that a child has lost p.
func (p *node) suspect(now time.Duration) {
	if now < p.suspectUntil {
		p.suspectUntil = now + goneTime
	} else {
		p.suspectUntil = now + suspectTime
	}
}

// score ranks a candidate: near before shallow, shallow before old. A near parent
// may lie up to three levels deeper than a far one: what T2 and T3 do afterwards
// makes up for that, and most traffic stays where it costs least. (T1.6 has 20 and
// 10 in place of 120 and 250.)
func (r *Room) score(p, q *node, free, depth int) float64 {
	s := 100 * float64(depth)
	if other(p.place.ISP, q.place.ISP) {
		s += otherISP
	}
	if other(p.place.Province, q.place.Province) {
		s += otherProvince
	}
	age := float64(r.now-q.joinedAt) / float64(8*time.Second)
	return s - min(15, age) - 0.1*float64(min(9, free))
}

// other reports whether a candidate's place is not the asker's, as far as that
// is known.
func other(asker, candidate string) bool { return asker != "" && asker != candidate }

// keepBack sets the shallowest levels aside until they hold a tenth of the free
// slots (T1.5). In a channel where that is not even one stream it would only
// make chains, so nothing is set aside.
func (o *pool) keepBack(substreams int) {
	want := o.open / keptBack
	if want < substreams {
		return
	}
	limit := 0
	for kept := o.levels[0]; kept < want; kept += o.levels[limit] {
		limit++
	}
	for i := range o.candidates {
		if c := &o.candidates[i]; c.tier == tierOpen && c.depth <= limit {
			c.tier = tierKept
		}
	}
}

// choose picks the best candidates until need is met or none are left. One that
// can give everything and lies no deeper than the deepest of several is taken
// in their place: several parents bring each segment more slowly.
func (o *pool) choose(need int) []pick {
	last := tierKept
	if !o.settled() {
		last = tierEarly
	}
	worst := candidate{tier: tierOpen}
	for left := need; left > 0; {
		c := o.best(last, math.MaxInt, func(c *candidate) bool { return !c.taken })
		if c == nil {
			break
		}
		c.taken = true
		n := min(left, c.free)
		o.picks = append(o.picks, pick{c.node, n})
		left -= n
		worst.tier, worst.depth = max(worst.tier, c.tier), max(worst.depth, c.depth)
	}
	if len(o.picks) > 1 {
		c := o.best(worst.tier, worst.depth, func(c *candidate) bool { return c.free >= need })
		if c != nil {
			o.picks = append(o.picks[:0], pick{c.node, need})
		}
	}
	return o.picks
}

// best finds the first of the candidates that fit, up to a tier and a depth.
func (o *pool) best(last tier, depth int, fits func(*candidate) bool) *candidate {
	var best *candidate
	for i := range o.candidates {
		c := &o.candidates[i]
		if c.tier <= last && c.depth <= depth && (best == nil || c.before(best)) && fits(c) {
			best = c
		}
	}
	return best
}

func (c *candidate) before(d *candidate) bool {
	return cmp.Or(cmp.Compare(c.tier, d.tier), cmp.Compare(c.score, d.score), cmp.Compare(c.node.seq, d.node.seq)) < 0
}
