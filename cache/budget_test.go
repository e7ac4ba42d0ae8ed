package cache_test

import (
	"errors"
	"sync"
	"testing"

	"hlspeer/cache"
)

func TestBudgetEvictsOldestOfAllRings(t *testing.T) {
	t.Parallel()
	b := cache.NewBudget(300)
	left, right := cache.NewRing(b, 100), cache.NewRing(b, 100)
	first, filler := open(t, left, 9) // oldest of all, but filling
	write(t, filler.Writer(trusted), pattern(100))
	sealed(t, right, 5, pattern(100))
	sealed(t, left, 1, pattern(100))
	if b.Used() != 300 {
		t.Fatalf("Used = %d before anything was evicted, want 300", b.Used())
	}

	sealed(t, left, 2, pattern(100))
	if right.Lookup(5) != nil || left.Lookup(1) == nil {
		t.Error("a younger segment was evicted before the oldest one of the other ring")
	}
	sealed(t, right, 6, pattern(100))
	if left.Lookup(1) != nil || left.Lookup(2) == nil {
		t.Error("eviction did not go on with the next oldest segment")
	}
	if left.Lookup(9) != first {
		t.Fatal("a filling segment was evicted")
	}
	seal(t, filler)
	sealed(t, right, 7, pattern(100))
	if left.Lookup(9) != nil || left.Lookup(2) == nil {
		t.Error("age counts from the seal, want it to count from Open")
	}
	wantBytes(t, "contents of an evicted segment", first.Bytes(), pattern(100))
	if b.Used() != b.Limit() {
		t.Errorf("Used = %d, want the limit %d", b.Used(), b.Limit())
	}
}

func TestBudgetEvictsNoMoreThanNeeded(t *testing.T) {
	t.Parallel()
	b := cache.NewBudget(1000)
	r := cache.NewRing(b, 1000)
	for sn := range cache.SN(10) {
		sealed(t, r, sn, pattern(100))
	}
	sealed(t, r, 10, pattern(250))
	if got := r.Segments(); len(got) != 8 || got[0].SN() != 3 {
		t.Errorf("%d segments left from %d on, want 8 from 3 on", len(got), got[0].SN())
	}
	if b.Used() != 950 {
		t.Errorf("Used = %d, want 950", b.Used())
	}
}

func TestBudgetRefusesWithoutEvicting(t *testing.T) {
	t.Parallel()
	b := cache.NewBudget(300)
	r := cache.NewRing(b, 200)
	sealed(t, r, 1, pattern(50))
	_, f := open(t, r, 2)
	w := f.Writer(trusted)
	write(t, w, pattern(200))

	s, g := open(t, r, 3)
	late := g.Writer(trusted)
	declare(t, late, 101)
	n, err := late.Write(pattern(1))
	wantErr(t, "Write beyond what filling segments leave", err, cache.ErrBudget)
	if n != 0 || s.Len() != 0 {
		t.Errorf("the refused Write took %d bytes, %d landed", n, s.Len())
	}
	if r.Lookup(1) == nil {
		t.Error("a sealed segment was evicted in vain")
	}

	seal(t, f)
	write(t, late, pattern(101))
	if r.Lookup(1) != nil || r.Lookup(2) != nil {
		t.Error("the same writer got room, but not from the sealed segments")
	}
}

func TestBudgetCountsCapacity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		trust   bool
		declare int
		writes  []int // bytes per write
		filling int64 // budget used before the seal
		sealed  int64
	}{
		{"a claim costs nothing", untrusted, 4 * mib, nil, 0, -1},
		{"a trusted claim costs nothing either", trusted, 4 * mib, nil, 0, -1},
		{"claimed large, first byte", untrusted, 4 * mib, []int{1}, 256 * kib, -1},
		{"declared large by a trusted source, first byte", trusted, 4 * mib, []int{1}, 4 * mib, -1},
		{"claimed small", untrusted, 1000, []int{1, 999}, 1000, 1000},
		{"doubles", untrusted, 4 * mib, []int{256 * kib, 1}, 512 * kib, -1},
		{"ends at the claim", untrusted, 600 * kib, []int{256 * kib, 256 * kib, 88 * kib}, 600 * kib, 600 * kib},
		{"one large write", untrusted, 3 * mib, []int{3 * mib}, 3 * mib, 3 * mib},
		{"unknown size is trimmed", trusted, 0, []int{300 * kib}, 300 * kib, 300 * kib},
		{"unknown small size is trimmed", trusted, 0, []int{1, 1}, 256 * kib, 2},
		{"little slack is left alone", trusted, 0, []int{200 * kib, 40 * kib}, 256 * kib, 256 * kib},
		{"unknown size ends at the largest segment", trusted, 0, []int{2100 * kib, 1900 * kib}, 4 * mib, 4 * mib},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := cache.NewBudget(roomy)
			_, f := open(t, cache.NewRing(b, maxTested), 1)
			w := f.Writer(tt.trust)
			if tt.declare > 0 {
				declare(t, w, tt.declare)
			}
			for _, n := range tt.writes {
				write(t, w, pattern(n))
			}
			if b.Used() != tt.filling {
				t.Errorf("Used = %d while filling, want %d", b.Used(), tt.filling)
			}
			if tt.sealed < 0 {
				wantErr(t, "Seal", f.Seal(), cache.ErrShort)
				return
			}
			seal(t, f)
			if b.Used() != tt.sealed {
				t.Errorf("Used = %d once sealed, want %d", b.Used(), tt.sealed)
			}
			wantBytes(t, "Bytes", f.Segment().Bytes(), f.Bytes())
		})
	}
}

// Many fillers of two rings share a budget that holds only some of them.
func TestBudgetHoldsUnderLoad(t *testing.T) {
	t.Parallel()
	const limit = 1 * mib
	b := cache.NewBudget(limit)
	rings := []*cache.Ring{cache.NewRing(b, 512*kib), cache.NewRing(b, 512*kib)}
	data := pattern(300 * kib)
	stop, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			if used := b.Used(); used < 0 || used > limit {
				t.Errorf("Used = %d, want at most %d", used, limit)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()

	var fillers sync.WaitGroup
	for g := range 8 {
		fillers.Go(func() {
			for i := range 40 {
				fillUnderLoad(t, rings[g%2], cache.SN(8*i+g), data, i%5 == 4)
			}
		})
	}
	fillers.Wait()
	close(stop)
	<-watched
	rings[0].Close()
	rings[1].Close()
	if b.Used() != 0 {
		t.Errorf("Used = %d after all rings have closed, want 0", b.Used())
	}
}

func fillUnderLoad(t *testing.T, r *cache.Ring, sn cache.SN, data []byte, giveUp bool) {
	s, f := r.Open(sn)
	w := f.Writer(sn%3 == 0)
	if sn%2 == 0 {
		_ = w.SetSize(int64(len(data)))
	}
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 32*kib)
		if _, err := w.Write(rest[:n]); err != nil {
			if !errors.Is(err, cache.ErrBudget) {
				t.Errorf("Write: %v", err)
			}
			giveUp = true
			break
		}
		rest = rest[n:]
	}
	if giveUp {
		f.Abort(errFault)
		return
	}
	if err := f.Seal(); err != nil {
		t.Errorf("Seal: %v", err)
	}
	wantBytes(t, "contents under load", s.Bytes(), data)
}
