package mesh

import (
	"math"
	"time"
)

const (
	// leastQuiet is the shortest silence in the middle of a transfer for which its
	// source is left, and newQuiet the same while little is known of its pace.
	leastQuiet = 800 * time.Millisecond
	newQuiet   = 1500 * time.Millisecond
	// mostQuiet is the longest, where nobody above can be the cause.
	mostQuiet = 3 * time.Second
	// knownSigns is how many signs of life tell a pace.
	knownSigns = 4
	// paceOver is over what time a transfer's rate is taken.
	paceOver = time.Second
	// maxBytes is more than any segment has.
	maxBytes = 1 << 50
)

// transfer is how the attempt of a peer goes, from the first byte on, as its
// signs of life tell: see [Progress].
type transfer struct {
	wait    time.Duration // from the request to the first byte
	heard   time.Duration // when bytes came last
	came    int64         // bytes, those included that were there before
	hops    int           // from the HTTP source, as the peer says; 0: it does not
	signs   int
	gap     float64 // seconds from sign to sign: their mean,
	sway    float64 // and how far they are off it on average
	rate    float64 // bytes a second lately; 0: not known
	unrated int64   // bytes that came at the moment of the sign before
}

// hear takes a sign of life of an attempt that was made at the time since.
func (t *transfer) hear(now, since time.Duration, came int64, hops int) {
	came = min(max(came, t.came), maxBytes)
	t.unrated += came - t.came
	switch {
	case t.signs == 0:
		t.wait, t.unrated = now-since, 0
	case now > t.heard:
		t.measure((now - t.heard).Seconds())
	}
	t.signs++
	t.heard, t.came, t.hops = now, came, hops
}

// measure learns from what came within gap seconds.
func (t *transfer) measure(gap float64) {
	rate := float64(t.unrated) / gap
	t.unrated = 0
	if t.gap == 0 {
		t.gap, t.sway, t.rate = gap, gap/2, rate
		return
	}
	t.sway += (math.Abs(gap-t.gap) - t.sway) / 4
	t.gap += (gap - t.gap) / 4
	t.rate += (rate - t.rate) * (1 - math.Exp(-gap/paceOver.Seconds()))
}

// pace is how many bytes a second come now; 0: that is not known. A silence that
// is longer than usual slows it down.
func (t *transfer) pace(now time.Duration) float64 {
	silent := now - t.heard
	if t.rate == 0 {
		if took := t.wait + silent; took > 0 {
			return float64(t.came) / took.Seconds()
		}
		return 0
	}
	odd := max(0, silent.Seconds()-2*t.gap)
	return t.rate * math.Exp(-odd/paceOver.Seconds())
}

// quiet is for how long nothing may come before the source is taken to have
// stopped. It follows from the transfer's own pace: peers with thin uplinks that
// serve many send a packet now and then, and one that took its time to begin may
// do so again.
func (t *transfer) quiet() time.Duration {
	least := leastQuiet
	if t.signs < knownSigns {
		least = newQuiet
	}
	pace := time.Duration((3*t.gap + 4*t.sway) * float64(time.Second))
	return min(max(least, pace, 2*t.wait), mostQuiet)
}
