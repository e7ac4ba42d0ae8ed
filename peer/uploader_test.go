package peer

import (
	"bytes"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"hlspeer/cache"
)

// TestStuckRemote: who takes nothing of a piece is given up; who waits for us is
// not.
func TestStuckRemote(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seg, filler := cache.NewRing(cache.NewBudget(1<<20), 1<<20).Open(1)
		w := filler.Writer(true)
		if _, err := w.Write(bytes.Repeat([]byte{1}, 300)); err != nil {
			t.Fatal(err)
		}
		var given atomic.Bool
		p := &paced{
			ctx: t.Context(), kit: &kit{uplink: rate.NewLimiter(rate.Inf, 1000)}, seg: seg, size: -1,
			from: seg.Reader(t.Context(), 0, cache.Arriving), stuck: time.AfterFunc(stuckAfter, func() { given.Store(true) }),
		}
		next := func() {
			t.Helper()
			if _, err := p.Next(100); err != nil {
				t.Fatal(err)
			}
		}
		next()
		<-time.After(stuckAfter - time.Second)
		next()
		arriving := make(chan struct{})
		go func() {
			defer close(arriving)
			<-time.After(10 * stuckAfter) // the source is slow
			if _, err := w.Write([]byte{1}); err != nil {
				t.Error(err)
			}
		}()
		next()
		<-arriving
		if given.Load() {
			t.Fatal("given up although nothing was there to take")
		}
		<-time.After(stuckAfter + time.Second)
		if !given.Load() {
			t.Error("not given up")
		}
	})
}

// TestHold: old clients wait for an answer no longer than a segment lasts.
func TestHold(t *testing.T) {
	t.Parallel()
	for segment, want := range map[time.Duration]time.Duration{
		0:                      holdRequest,
		10 * time.Second:       holdRequest,
		2 * time.Second:        holdRequest,
		time.Second:            750 * time.Millisecond,
		200 * time.Millisecond: 150 * time.Millisecond,
	} {
		if got := hold(segment); got != want {
			t.Errorf("segments of %v: REQUESTs are held for %v, want %v", segment, got, want)
		}
	}
}
