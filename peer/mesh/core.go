package mesh

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

// core is what all engines have: the time, the actions of the step, chance, and
// their place at the server.
type core struct {
	now    time.Duration
	do     []Action
	seed   uint64
	random *rand.Rand

	standing standing
	self     PeerID
}

func newCore(seed uint64) core { return core{seed: seed, random: newRandom(seed, "")} }

// horizon is the end of the engine's time: 146 years. It leaves room for sums.
const horizon = time.Duration(1) << 62

// begin begins a step. A time before the last one, or before zero, counts as
// the last one.
func (c *core) begin(now time.Duration) { c.now = min(max(now, c.now), horizon) }

// done ends a step with its actions.
func (c *core) done() []Action {
	do := c.do
	c.do = nil
	return do
}

func (c *core) act(a Action) { c.do = append(c.do, a) }

// ignore notes that what from said is not heeded. A message counts once for
// each offence, however often it offends.
func (c *core) ignore(from PeerID, what Offence) {
	a := Ignored{From: from, What: what}
	if !slices.Contains(c.do, Action(a)) {
		c.act(a)
	}
}

// enter takes our identity.
func (c *core) enter(self PeerID) {
	if self != c.self {
		c.self, c.random = self, newRandom(c.seed, self)
	}
	c.standing = entered
}

// join says that links can be made from now on, unless we were not accepted.
func (c *core) join() bool {
	if c.standing == outside || c.standing == rejected {
		return false
	}
	c.standing = joined
	return true
}

func newRandom(seed uint64, self PeerID) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(self))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// spread varies d by a fifth in either direction.
func (c *core) spread(d time.Duration) time.Duration {
	return d*4/5 + c.upTo(d*2/5)
}

// upTo is a random time from 0 to d.
func (c *core) upTo(d time.Duration) time.Duration {
	return time.Duration(c.random.Float64() * float64(d))
}
