package cache_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"hlspeer/cache"
)

func TestOpenIsSingleFlight(t *testing.T) {
	t.Parallel()
	r := newRing()
	for sn := range cache.SN(20) {
		var fillers atomic.Int32
		segments := make([]*cache.Segment, 100)
		var group sync.WaitGroup
		for i := range segments {
			group.Go(func() {
				s, f := r.Open(sn)
				segments[i] = s
				if f == nil {
					return
				}
				fillers.Add(1)
				if f.Segment() != s {
					t.Error("the filler is for another segment")
				}
			})
		}
		group.Wait()
		if fillers.Load() != 1 {
			t.Errorf("%d fillers for 100 openers, want 1", fillers.Load())
		}
		if distinct := slices.Compact(segments); len(distinct) != 1 {
			t.Errorf("100 openers got %d different segments", len(distinct))
		}
	}
}

// Fillers that fail are replaced, one at a time, until one succeeds.
func TestOpenAgainAfterAbort(t *testing.T) {
	t.Parallel()
	r := newRing()
	var filling, fills atomic.Int32
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			for {
				s, f := r.Open(1)
				if f == nil {
					<-s.Done()
					if s.Sealed() {
						return
					}
					continue
				}
				if filling.Add(1) != 1 {
					t.Error("two fillers at a time")
				}
				write(t, f.Writer(trusted), pattern(10))
				filling.Add(-1)
				if fills.Add(1) < 50 {
					f.Abort(errFault)
				} else {
					seal(t, f)
				}
			}
		})
	}
	group.Wait()
	if fills.Load() != 50 {
		t.Errorf("%d fills, want 50", fills.Load())
	}
}

func TestAbortAndRefill(t *testing.T) {
	t.Parallel()
	b := cache.NewBudget(roomy)
	r := cache.NewRing(b, maxTested)
	s, f := open(t, r, 1)
	stale := f.Writer(trusted)
	write(t, stale, pattern(1000))
	f.Abort(errFault)
	if r.Lookup(1) != nil || b.Used() != 0 {
		t.Errorf("after Abort the ring has %v and the budget counts %d bytes", r.Lookup(1), b.Used())
	}

	again := sealed(t, r, 1, pattern(500))
	_, err := stale.Write(pattern(1))
	wantErr(t, "Write after Abort", err, errFault)
	f.Abort(errFault) // the old filler has no hold on the new segment
	f.Rewind(errFault)
	wantErr(t, "Err of the aborted segment", s.Err(), errFault)
	if r.Lookup(1) != again || again.Len() != 500 || b.Used() != 500 {
		t.Errorf("the refilled segment has %d bytes, budget %d, want 500", again.Len(), b.Used())
	}
}

func TestLookupSegmentsNewest(t *testing.T) {
	t.Parallel()
	r := newRing()
	if _, ok := r.Newest(); ok {
		t.Error("an empty ring has a newest segment")
	}
	_, f := open(t, r, 7)
	if sn, ok := r.Newest(); ok {
		t.Errorf("Newest = %d with nothing sealed", sn)
	}
	for _, sn := range []cache.SN{3, -2, 0} {
		sealed(t, r, sn, pattern(1))
	}
	if sn, ok := r.Newest(); sn != 3 || !ok {
		t.Errorf("Newest = %d, %v, want 3, true", sn, ok)
	}
	wantSNs(t, r, -2, 0, 3, 7)
	write(t, f.Writer(trusted), pattern(1))
	seal(t, f)
	if sn, ok := r.Newest(); sn != 7 || !ok {
		t.Errorf("Newest = %d, %v, want 7, true", sn, ok)
	}
	if r.Lookup(7) != f.Segment() || r.Lookup(8) != nil {
		t.Error("Lookup finds the wrong segments")
	}
}

func wantSNs(t *testing.T, r *cache.Ring, want ...cache.SN) {
	t.Helper()
	var got []cache.SN
	for _, s := range r.Segments() {
		got = append(got, s.SN())
	}
	if !slices.Equal(got, want) {
		t.Errorf("ring holds %v, want %v", got, want)
	}
}

func TestSlide(t *testing.T) {
	t.Parallel()
	b := cache.NewBudget(roomy)
	r := cache.NewRing(b, maxTested)
	old := sealed(t, r, 1, pattern(100))
	filling, f := open(t, r, 2)
	w := f.Writer(trusted)
	write(t, w, pattern(100))
	sealed(t, r, 3, pattern(100))

	r.Slide(1)
	wantSNs(t, r, 1, 2, 3)
	r.Slide(3)
	wantSNs(t, r, 3)
	if b.Used() != 100 {
		t.Errorf("Used = %d, want 100", b.Used())
	}
	wantBytes(t, "sealed segment after Slide", old.Bytes(), pattern(100))
	if old.Err() != nil {
		t.Errorf("a sealed segment has error %v after Slide", old.Err())
	}
	wantErr(t, "Err of a filling segment", filling.Err(), cache.ErrEvicted)
	_, err := w.Write(pattern(1))
	wantErr(t, "Write after Slide", err, cache.ErrEvicted)
	wantErr(t, "Seal after Slide", f.Seal(), cache.ErrEvicted)

	sealed(t, r, 2, pattern(50)) // seeking back
	wantSNs(t, r, 2, 3)
	r.Slide(math.MaxInt64)
	wantSNs(t, r)
	if b.Used() != 0 {
		t.Errorf("Used = %d for an empty ring", b.Used())
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	b := cache.NewBudget(roomy)
	r, other := cache.NewRing(b, maxTested), cache.NewRing(b, maxTested)
	kept := sealed(t, r, 1, pattern(100))
	filling, f := open(t, r, 2)
	write(t, f.Writer(trusted), pattern(100))
	sealed(t, other, 1, pattern(30))
	r.Close()
	r.Close()

	if b.Used() != 30 {
		t.Errorf("Used = %d, want the 30 bytes of the open ring", b.Used())
	}
	wantSNs(t, r)
	wantErr(t, "Err of a filling segment", filling.Err(), cache.ErrClosed)
	got, err := readAll(kept.Reader(t.Context(), 0, cache.Verified), 7)
	if err != nil {
		t.Errorf("reading a sealed segment of a closed ring: %v", err)
	}
	wantBytes(t, "sealed segment of a closed ring", got, pattern(100))

	s, g := r.Open(3)
	if g != nil {
		t.Fatal("a closed ring gave a filler")
	}
	<-s.Done()
	wantErr(t, "Err of a segment opened after Close", s.Err(), cache.ErrClosed)
	_, err = r.Wait(t.Context(), 3)
	wantErr(t, "Wait after Close", err, cache.ErrClosed)
}

// Everything that changes a ring runs at once; at the end nothing has leaked.
func TestRingUnderLoad(t *testing.T) {
	t.Parallel()
	b := cache.NewBudget(roomy)
	r := cache.NewRing(b, maxTested)
	var group sync.WaitGroup
	for g := range 6 {
		group.Go(func() {
			for i := range 300 {
				sn := cache.SN(i)
				s, f := r.Open(sn)
				switch {
				case f == nil:
					_ = s.WaitData(t.Context())
				case i%7 == g:
					f.Abort(nil)
				default:
					_, _ = f.Writer(trusted).Write(pattern(100))
					if err := f.Seal(); err != nil && !errors.Is(err, cache.ErrEvicted) && !errors.Is(err, cache.ErrClosed) {
						t.Errorf("Seal: %v", err)
					}
				}
				r.Slide(sn - 3)
				if g == 0 && i == 250 {
					r.Close()
				}
			}
		})
	}
	group.Wait()
	if b.Used() != 0 || len(r.Segments()) != 0 {
		t.Errorf("a closed ring holds %d segments, %d bytes", len(r.Segments()), b.Used())
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRing()
		wait := func(ctx context.Context, sn cache.SN, want *cache.Segment) <-chan result {
			return asyncErr(func() error {
				s, err := r.Wait(ctx, sn)
				if s != r.Lookup(sn) && err == nil {
					t.Errorf("Wait(%d) returned another segment than the ring's", sn)
				}
				if want != nil && s != want {
					t.Errorf("Wait(%d) returned the wrong segment", sn)
				}
				return err
			})
		}

		here := sealed(t, r, 1, pattern(1))
		present := wait(canceled(errFault), 1, here)
		ctx, cancel := context.WithCancelCause(t.Context())
		first, second, third := wait(t.Context(), 2, nil), wait(ctx, 2, nil), wait(t.Context(), 3, nil)
		gone := wait(canceled(errFault), 4, nil)
		synctest.Wait()
		wantResult(t, "Wait for what is there", present, nil, nil)
		wantResult(t, "Wait with an ended context", gone, nil, errFault)
		wantBlocked(t, "Wait", second)

		cancel(errFault)
		synctest.Wait()
		if n := r.Openings(); n != 2 {
			t.Errorf("the ring remembers %d sequence numbers, want the 2 that are waited for", n)
		}
		wantResult(t, "canceled Wait", second, nil, errFault)
		wantBlocked(t, "Wait beside a canceled one", first)
		open(t, r, 2)
		synctest.Wait()
		wantResult(t, "Wait after Open", first, nil, nil)
		wantBlocked(t, "Wait for another segment", third)
		r.Close()
		r.Close() // before the waiter had a chance to leave
		synctest.Wait()
		wantResult(t, "Wait after Close", third, nil, cache.ErrClosed)
		if n := r.Openings(); n != 0 {
			t.Errorf("the ring remembers %d sequence numbers that nobody waits for", n)
		}
	})
}

// Whoever waited learns of the segment even if it does not last.
func TestWaitSeesShortLivedSegment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRing()
		waiting := asyncErr(func() error {
			s, err := r.Wait(t.Context(), 1)
			if err != nil {
				return err
			}
			return s.Err()
		})
		synctest.Wait()
		_, f := open(t, r, 1)
		f.Abort(errFault)
		synctest.Wait()
		wantResult(t, "Wait", waiting, nil, errFault)
	})
}

func TestWaitersAreBounded(t *testing.T) {
	t.Parallel()
	const most = 1024
	synctest.Test(t, func(t *testing.T) {
		r := newRing()
		ctx, cancel := context.WithCancel(t.Context())
		for i := range most {
			asyncErr(func() error {
				_, err := r.Wait(ctx, cache.SN(i/2))
				return err
			})
		}
		synctest.Wait()
		_, err := r.Wait(t.Context(), 0)
		wantErr(t, "one Wait too many", err, cache.ErrTooManyWaiters)
		cancel()
		synctest.Wait()
		waiting := asyncErr(func() error {
			_, err := r.Wait(t.Context(), 0)
			return err
		})
		synctest.Wait()
		wantBlocked(t, "Wait after others have left", waiting)
		open(t, r, 0)
		synctest.Wait()
		wantResult(t, "Wait after others have left", waiting, nil, nil)
	})
}

func TestEvict(t *testing.T) {
	t.Parallel()
	r := newRing()
	old := sealed(t, r, 1, pattern(10))
	kept := sealed(t, r, 2, pattern(10))
	filling, f := open(t, r, 3)
	for _, sn := range []cache.SN{1, 3, 4} {
		r.Evict(sn)
	}
	wantErr(t, "Err of an evicted segment", filling.Err(), cache.ErrEvicted)
	wantBytes(t, "what a reader of an evicted segment holds", old.Bytes(), pattern(10))
	wantErr(t, "Seal after the end", f.Seal(), cache.ErrEvicted)
	if got := r.Segments(); len(got) != 1 || got[0] != kept {
		t.Errorf("%d segments are left, want the other one", len(got))
	}
	if _, again := r.Open(1); again == nil {
		t.Error("an evicted segment cannot be filled anew")
	}
}
