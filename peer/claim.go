package peer

import (
	"math"
	"sync"
)

// A claim is what trackers are told of the uplink: what the operator offers, or
// less where the line was measured to carry less. It belongs to the process and
// is safe for concurrent use.
type claim struct {
	mu       sync.Mutex
	offered  int64           // bit/s
	measured int64           // bit/s, the least; more than anybody offers where there is none
	tested   map[string]bool // hosts of trackers
}

func newClaim(offered int64) *claim {
	return &claim{offered: offered, measured: math.MaxInt64, tested: map[string]bool{}}
}

// bits is the claim, bit/s.
func (c *claim) bits() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(c.offered, c.measured)
}

// offer is what the operator offers, bit/s; 0: nothing.
func (c *claim) offer() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offered
}

// set takes a new offer.
func (c *claim) set(offered int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offered = offered
}

// first reports whether the line has not been measured at this host yet, and is
// from now on.
func (c *claim) first(host string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := !c.tested[host]
	c.tested[host] = true
	return first
}

// lower takes a measurement, bit/s.
func (c *claim) lower(rate int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.measured = min(c.measured, rate)
}
