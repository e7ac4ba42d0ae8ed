package signaling

import (
	"context"
	"math/rand/v2"
	"time"
)

// A backoff hands out growing pauses with jitter (protocol 2.1).
type backoff struct {
	least, most time.Duration
	base        time.Duration
}

func newBackoff(least, most time.Duration) backoff {
	return backoff{least: least, most: most, base: least}
}

// next returns the pause before the next try: base to twice base, never more
// than most. The base stops at half of most, so that pauses stay random and a
// crowd of peers does not come back all at once.
func (b *backoff) next() time.Duration {
	pause := b.base + time.Duration(rand.Float64()*float64(b.base))
	b.base = min(time.Duration(float64(b.base)*1.3), max(b.least, b.most/2))
	return min(pause, b.most)
}

// settle starts again with short pauses if a connection has lasted for longer
// than the longest pause. One that breaks at once counts as a failure.
func (b *backoff) settle(lasted time.Duration) {
	if lasted > b.most {
		b.base = b.least
	}
}

// sleep pauses for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
