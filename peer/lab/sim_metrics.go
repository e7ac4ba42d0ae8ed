package lab

import (
	"math"
	"slices"
	"time"

	"hlspeer/peer/mesh"
)

const (
	// sampleEvery is the time between two looks at the whole mesh, and
	// quietEvery that once nobody comes or goes any more.
	sampleEvery = 10 * time.Second
	quietEvery  = time.Second
	// coveredAfter and shallowAfter are when a flash crowd is looked at, after
	// the last one has come.
	coveredAfter = 20 * time.Second
	shallowAfter = 4 * time.Minute
)

// A census is the true state of the mesh at one moment, whatever the tracker
// believes.
type census struct {
	peers, roots int
	demand, fed  int // substreams that peers want from others, and get
	slots        int // what all uplinks can carry
	levels       []float64
	bound        []float64 // what the levels could be at best

	sameISP, sameProvince int // of fed
}

// look takes a census.
func (w *world) look() census {
	w.figures.looks++
	roots := map[mesh.PeerID]bool{}
	for _, p := range w.desk.Snapshot().Peers {
		if p.Root {
			roots[mesh.PeerID(p.ID)] = true
		}
	}
	var c census
	var slots []int
	for _, p := range w.alive {
		p.root = roots[p.id]
		if p.entered < 0 {
			continue
		}
		c.peers++
		c.slots += p.slots
		slots = append(slots, p.slots)
		c.levels = append(c.levels, float64(w.levelOf(p)))
		c.add(p, w.config.Substreams)
	}
	c.bound = bestLevels(slots, c.roots, w.config.Substreams)
	slices.Sort(c.levels)
	return c
}

func (c *census) add(p *simPeer, substreams int) {
	fed := 0
	for _, l := range p.links {
		if l.child != p || !l.live() {
			continue
		}
		fed += l.substreams
		if l.parent.isp == p.isp {
			c.sameISP += l.substreams
		}
		if l.parent.province == p.province {
			c.sameProvince += l.substreams
		}
	}
	if p.root && fed == 0 {
		c.roots++
		return
	}
	c.demand += substreams
	c.fed += min(fed, substreams)
}

// levelOf counts the links from the source on the longest way. In a cycle it
// stops where it began; see checkCycle.
func (w *world) levelOf(p *simPeer) int {
	if p.seen == w.figures.looks {
		return p.level
	}
	p.seen, p.level = w.figures.looks, 0
	level := 0
	for _, l := range p.links {
		if l.child == p && l.live() && l.substreams > 0 {
			level = max(level, 1+w.levelOf(l.parent))
		}
	}
	p.level = level
	return level
}

// bestLevels is the lower bound of mesh 3.2: the strongest peers nearest to
// the source, and nobody on a level until the one above is full. Peers for
// whom no slots are left have no level.
func bestLevels(slots []int, roots, substreams int) []float64 {
	slices.SortFunc(slots, func(a, b int) int { return b - a })
	var levels []float64
	free := max(1, roots) * substreams
	for level := 0; len(levels) < len(slots); level++ {
		n := min(free/substreams, len(slots)-len(levels))
		if n == 0 {
			break
		}
		free %= substreams
		for range n {
			free += slots[len(levels)]
			levels = append(levels, float64(level))
		}
	}
	return levels
}

// A mean is an average of what is known.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(v float64) {
	if !math.IsNaN(v) {
		m.sum += v
		m.n++
	}
}

// value is null when nothing was added.
func (m mean) value() *float64 {
	if m.n == 0 {
		return nil
	}
	v := m.sum / float64(m.n)
	return &v
}

// A spreadMean averages distributions over time.
type spreadMean struct{ mean, p50, p95, max mean }

func (m *spreadMean) add(values []float64) {
	s := spread(values)
	if s.Mean == nil {
		return
	}
	m.mean.add(*s.Mean)
	m.p50.add(*s.P50)
	m.p95.add(*s.P95)
	m.max.add(*s.Max)
}

func (m *spreadMean) value() Spread {
	return Spread{Mean: m.mean.value(), P50: m.p50.value(), P95: m.p95.value(), Max: m.max.value()}
}

// figures are what is measured.
type figures struct {
	looks           int
	departed, moved int // peers; slots that got a new parent
	orders          int // of the tracker to change place

	level, bound             spreadMean
	shares                   levelShares
	history                  history
	peers, roots             mean
	missing, offload, supply mean
	sameISP, sameProvince    mean
	covered, levelAfter      *float64      // of a flash crowd
	uncovered                time.Duration // after churn has stopped: when there was last somebody without parents
}

// measured says whether figures count now.
func (w *world) measured() bool { return w.now() >= w.config.measureFrom() }

func (w *world) ifMeasured(n int) int {
	if !w.measured() {
		return 0
	}
	return n
}

// measure looks at the mesh and comes back.
func (w *world) measure() {
	c := w.look()
	m := &w.figures
	ratio := func(a, b int) float64 { return float64(a) / float64(b) } // NaN: nobody there
	quiet := w.now() >= w.visits.quietFrom()
	m.history.add(c.sample(w.now().Seconds(), w.config.Substreams))
	if w.measured() && !quiet {
		m.level.add(c.levels)
		m.shares.add(c.levels)
		m.bound.add(c.bound)
		m.peers.add(float64(c.peers))
		m.roots.add(float64(c.roots))
		m.missing.add(1 - ratio(c.fed, c.demand))
		m.offload.add(ratio(c.fed, c.peers*w.config.Substreams))
		m.supply.add(ratio(c.slots, c.peers*w.config.Substreams))
		m.sameISP.add(ratio(c.sameISP, c.fed))
		m.sameProvince.add(ratio(c.sameProvince, c.fed))
	}
	if w.config.Profile == Flash {
		m.flash(w.now()-w.visits.ramp(), c)
	}
	w.checkSample(c)
	if !quiet {
		w.after(sampleEvery, w.measure)
		return
	}
	if c.fed < c.demand {
		m.uncovered = w.now()
	}
	w.after(quietEvery, w.measure)
}

// flash looks at a crowd some time after the last one has come.
func (m *figures) flash(since time.Duration, c census) {
	if since >= coveredAfter && m.covered == nil && c.demand > 0 {
		v := float64(c.fed) / float64(c.demand)
		m.covered = &v
	}
	if since >= shallowAfter && m.levelAfter == nil {
		m.levelAfter = spread(c.levels).P95
	}
}
