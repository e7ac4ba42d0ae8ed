package peer

import "sync"

// A claim is what trackers are told of the uplink: what the operator offers, or
// less where the line was measured to carry less. It belongs to the process and
// is safe for concurrent use.
type claim struct {
	mu     sync.Mutex
	rate   int64           // bit/s
	tested map[string]bool // hosts of trackers
}

func newClaim(rate int64) *claim { return &claim{rate: rate, tested: map[string]bool{}} }

// bits is the claim, bit/s.
func (c *claim) bits() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rate
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
	c.rate = min(c.rate, rate)
}
