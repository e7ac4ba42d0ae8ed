package peer

import (
	"testing"
	"time"
)

// TestPace: a burst passes, and then so many in the long run; who stops has a
// whole burst again.
func TestPace(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	passed := func(p *pace, n int, each time.Duration) (through int) {
		for range n {
			now = now.Add(each)
			if !p.over(now) {
				through++
			}
		}
		return through
	}
	for _, p := range []pace{messagePace, requestPace, offerPace} {
		if got := passed(&p, 10*p.burst, 0); got != p.burst+1 {
			t.Errorf("%d of a burst of %d", got, p.burst)
		}
		if got := passed(&p, 1000, p.each/10); got < 95 || got > 105 {
			t.Errorf("%d of 1000 that come ten times too fast", got)
		}
		now = now.Add(time.Duration(p.burst) * p.each)
		if got := passed(&p, 1000, p.each); got != 1000 {
			t.Errorf("%d of 1000 at the pace itself", got)
		}
	}
}
