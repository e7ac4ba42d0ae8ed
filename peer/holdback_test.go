package peer

import (
	"context"
	"io"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/cache"
)

// TestDraw: the same seed draws the same, another one something else; the share is
// kept, and after a change nothing is compared for a moment.
func TestDraw(t *testing.T) {
	t.Parallel()
	const stretches = 10_000
	count := func(share float64, seed uint64) (n int, all []bool) {
		c := Config{HoldBack: share, HoldBackSeed: seed}
		for i := range stretches {
			g, _ := c.group("sport", time.Duration(i)*holdFor+holdFor/2)
			if all = append(all, g == GroupHeld); g == GroupHeld {
				n++
			}
		}
		return n, all
	}
	for _, share := range []float64{0, .05, .5, 1} {
		n, first := count(share, 7)
		if dev := math.Abs(float64(n) - share*stretches); dev > 4*math.Sqrt(share*(1-share)*stretches) {
			t.Errorf("a share of %g: %d of %d", share, n, stretches)
		}
		_, again := count(share, 7)
		_, other := count(share, 8)
		differ := 0
		for i := range first {
			if first[i] != again[i] {
				t.Fatalf("a share of %g: the same seed draws differently", share)
			}
			if first[i] != other[i] {
				differ++
			}
		}
		if random := 0 < share && share < 1; random != (differ > 0) {
			t.Errorf("a share of %g: %d stretches differ with another seed", share, differ)
		}
	}
	c := Config{HoldBack: .5, HoldBackSeed: 7}
	changes := 0
	for i := range 100 {
		begin := time.Duration(i) * holdFor
		before, _ := c.group("sport", max(0, begin-1))
		g, changed := c.group("sport", begin)
		_, settled := c.group("sport", begin+holdSettles)
		if changed != (g != before) || settled {
			t.Errorf("stretch %d: %s after %s, changed %v, a minute later %v", i, g, before, changed, settled)
		}
		if changed {
			changes++
		}
	}
	if changes < 30 {
		t.Errorf("%d changes in 100 stretches", changes)
	}
}

// TestQuantiles: not below the value, and a quarter above at most.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	var s GroupStatus
	for i := range 100 {
		s.began(time.Duration(i+1) * 10 * time.Millisecond)
	}
	q := QuantilesOf(s.Counts)
	for want, got := range map[float64]*float64{.5: q.P50, .95: q.P95} {
		if got == nil || *got < want || *got > want*stepFactor {
			t.Errorf("%v, want about %g", got, want)
		}
	}
	s.began(0)
	s.began(time.Hour)
	if n := len(s.Counts); s.Counts[0] != 1 || n != firstByteSteps || s.Counts[n-1] != 1 || s.Answers != 102 {
		t.Errorf("%+v", s)
	}
	if q := QuantilesOf(nil); q.P50 != nil || q.P95 != nil {
		t.Errorf("of nothing: %+v", q)
	}
}

// TestWaits: what a player waits for counts, not what it takes to read.
func TestWaits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first, last, reading time.Duration
		stalls               int64
	}{
		"prompt":      {10 * time.Millisecond, 20 * time.Millisecond, 0, 0},
		"slow reader": {10 * time.Millisecond, 20 * time.Millisecond, time.Minute, 0},
		"slow source": {10 * time.Millisecond, 3 * time.Second, 0, 1},
		"slow start":  {3 * time.Second, 3 * time.Second, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := &track{name: "sport", kit: &kit{metrics: newMetrics(nil, &Agent{kit: &kit{budget: cache.NewBudget(1 << 20)}})}}
				tr.sharing.Store(true)
				seg, filler := cache.NewRing(cache.NewBudget(1<<20), 1<<20).Open(1)
				b := body{seg, &wait{t: tr, group: GroupHeld, lasts: 2 * time.Second, asked: time.Now()}}
				go func() {
					w := filler.Writer(true)
					time.Sleep(tt.first)
					_, _ = w.Write(make([]byte, 100))
					time.Sleep(tt.last - tt.first)
					_, _ = w.Write(make([]byte, 100))
					_ = w.SetSize(200)
					_ = filler.Seal()
				}()
				if err := b.WaitData(context.Background()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(tt.reading)
				if n, err := io.Copy(io.Discard, b.From(t.Context(), 0)); n != 200 || err != nil {
					t.Fatalf("%d bytes, %v", n, err)
				}
				got := tr.versus.list()
				if len(got) != 1 || got[0].Group != GroupHeld || got[0].Answers != 1 || got[0].Stalls != tt.stalls {
					t.Fatalf("%+v", got)
				}
				if v := *got[0].FirstByte.P50; v < tt.first.Seconds() || v > tt.first.Seconds()*stepFactor {
					t.Errorf("first byte after %g s, want %v", v, tt.first)
				}
			})
		})
	}
}
