package tracker

import (
	"net/netip"
	"sync"
	"time"
)

// burstTime is how many seconds' worth of requests may come at once.
const burstTime = 4 * time.Second

// A requestRate is a token bucket for each address. The memory it takes is that
// of the addresses of the last two burst times.
type requestRate struct {
	each time.Duration // between two requests in the long run; 0 for no limit

	mu     sync.Mutex
	turned time.Time // when recent began
	// recent and older hold when the bucket of an address will be whole again. One
	// that was not used for a burst time is whole and need not be kept.
	recent, older map[netip.Prefix]time.Time
}

// newRequestRate allows so many requests a second, any number for 0.
func newRequestRate(perSecond int) *requestRate {
	r := &requestRate{recent: make(map[netip.Prefix]time.Time)}
	if perSecond > 0 {
		r.each = max(1, time.Second/time.Duration(perSecond))
	}
	return r
}

// take counts a request of an address, unless there are too many. Then it returns
// how long to wait, which is otherwise 0.
func (r *requestRate) take(address netip.Prefix, now time.Time) (wait time.Duration) {
	if r.each == 0 {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := now.Sub(r.turned); age > burstTime {
		r.older = r.recent
		if age > 2*burstTime {
			r.older = nil
		}
		r.recent, r.turned = make(map[netip.Prefix]time.Time), now
	}
	whole, ok := r.recent[address]
	if !ok {
		whole = r.older[address]
	}
	if whole.Before(now) {
		whole = now
	}
	whole = whole.Add(r.each)
	if excess := whole.Sub(now) - max(burstTime, r.each); excess > 0 {
		return excess
	}
	r.recent[address] = whole
	return 0
}
