package cache_test

import (
	"testing"
	"testing/synctest"

	"hlspeer/cache"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		declare int
		write   int
		want    error
	}{
		{"declared size reached", 10, 10, nil},
		{"no declared size", 0, 10, nil},
		{"short", 10, 9, cache.ErrShort},
		{"declared, but nothing landed", 10, 0, cache.ErrShort},
		{"nothing at all", 0, 0, cache.ErrEmpty},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRing()
			s, f := open(t, r, 1)
			w := f.Writer(untrusted)
			if tt.declare > 0 {
				declare(t, w, tt.declare)
			}
			write(t, w, pattern(tt.write))
			wantErr(t, "Seal", f.Seal(), tt.want)
			wantErr(t, "Seal again", f.Seal(), tt.want)
			if s.Sealed() != (tt.want == nil) {
				t.Errorf("Sealed = %v after %v", s.Sealed(), tt.want)
			}
			if tt.want == nil {
				wantBytes(t, "Bytes", s.Bytes(), pattern(tt.write))
				return
			}
			write(t, w, pattern(1)) // a refused seal leaves the segment filling
			if _, again := r.Open(1); again != nil {
				t.Error("after a refused seal Open gave a second filler")
			}
		})
	}
}

func TestAbortIsFinal(t *testing.T) {
	t.Parallel()
	s, f := open(t, newRing(), 1)
	f.Abort(errFault)
	f.Abort(cache.ErrEvicted)
	f.Rewind(cache.ErrEvicted)
	wantErr(t, "Err", s.Err(), errFault)
	wantErr(t, "Seal", f.Seal(), errFault)

	nameless, f := open(t, newRing(), 1)
	f.Abort(nil)
	wantErr(t, "Err after Abort(nil)", nameless.Err(), cache.ErrAborted)
}

func TestNothingUndoesSeal(t *testing.T) {
	t.Parallel()
	r := newRing()
	s, f := open(t, r, 1)
	write(t, f.Writer(untrusted), pattern(10))
	seal(t, f)
	f.Abort(errFault)
	f.Rewind(errFault)
	if !s.Sealed() || s.Err() != nil || r.Lookup(1) != s {
		t.Error("Abort or Rewind undid a seal")
	}
	wantBytes(t, "Bytes", s.Bytes(), pattern(10))
}

func TestRewind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		good, bad := pattern(40), make([]byte, 40)
		b := cache.NewBudget(roomy)
		s, f := open(t, cache.NewRing(b, maxTested), 1)
		write(t, f.Writer(trusted), good[:10])
		peer := f.Writer(untrusted)
		declare(t, peer, 35)
		write(t, peer, bad[10:30])

		player := s.Reader(t.Context(), 0, cache.Verified)
		within := s.Reader(t.Context(), 0, cache.Arriving)
		beyond := s.Reader(t.Context(), 0, cache.Arriving)
		waiting := s.Reader(t.Context(), 30, cache.Arriving)
		played, _ := player.Next(10)
		kept, _ := within.Next(10)
		relayed, _ := beyond.Next(20)
		blockedPlayer, blockedWaiting := next(player, 30), next(waiting, 5)
		synctest.Wait()
		wantBlocked(t, "Verified reader before unverified bytes", blockedPlayer)

		f.Rewind(errFault)
		synctest.Wait()
		wantBlocked(t, "Verified reader after the rewind", blockedPlayer)
		wantResult(t, "Arriving reader waiting beyond the prefix", blockedWaiting, nil, errFault)
		for range 2 {
			_, err := beyond.Next(1)
			wantErr(t, "Arriving reader beyond the prefix", err, errFault)
		}
		wantBytes(t, "what is left", f.Bytes(), good[:10])
		if s.Size() != -1 || s.Len() != 10 || b.Used() != 10 {
			t.Errorf("size %d, len %d, budget %d after the rewind, want -1, 10, 10", s.Size(), s.Len(), b.Used())
		}

		w := f.Writer(trusted)
		write(t, w, good[10:])
		seal(t, f)
		synctest.Wait()
		wantResult(t, "Verified reader across the rewind", blockedPlayer, good[10:], nil)
		rest, err := readAll(within, 7)
		if err != nil {
			t.Errorf("Arriving reader within the prefix: %v", err)
		}
		wantBytes(t, "Arriving reader within the prefix", append(kept[:10:10], rest...), good)
		_, err = beyond.Read(make([]byte, 1))
		wantErr(t, "Arriving reader beyond the prefix, after the seal", err, errFault)
		wantBytes(t, "slice taken by the player", played, good[:10])
		wantBytes(t, "slice relayed before the rewind", relayed, append(good[:10:10], bad[:10]...))
	})
}

// A reader that slept through several rewinds is judged by the first.
func TestRewindTwice(t *testing.T) {
	t.Parallel()
	good := pattern(40)
	s, f := open(t, newRing(), 1)
	write(t, f.Writer(trusted), good[:10])
	write(t, f.Writer(untrusted), make([]byte, 10))
	sleeper := s.Reader(t.Context(), 0, cache.Arriving)
	within := s.Reader(t.Context(), 10, cache.Arriving)
	if _, err := sleeper.Next(15); err != nil {
		t.Fatalf("Next: %v", err)
	}
	f.Rewind(errFault)
	write(t, f.Writer(trusted), good[10:30])
	write(t, f.Writer(untrusted), make([]byte, 5))
	f.Rewind(nil)
	fresh := s.Reader(t.Context(), 30, cache.Arriving)
	write(t, f.Writer(trusted), good[30:])
	seal(t, f)
	_, err := sleeper.Next(1)
	wantErr(t, "reader beyond the first rewind, within the second", err, errFault)
	got, err := within.Next(30)
	wantBytes(t, "reader at the edge of the first rewind", got, good[10:])
	if err != nil {
		t.Errorf("reader at the edge of the first rewind: %v", err)
	}
	got, err = fresh.Next(10)
	wantBytes(t, "reader made after the rewinds", got, good[30:])
	if err != nil {
		t.Errorf("reader made after the rewinds: %v", err)
	}
}

// Trusted bytes that follow unverified ones stay hidden until the seal, and are
// dropped with them.
func TestTrustedBytesAfterUntrustedOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		data := pattern(30)
		s, f := open(t, newRing(), 1)
		write(t, f.Writer(untrusted), data[:10])
		w := f.Writer(trusted)
		declare(t, w, 30)
		write(t, w, data[10:])
		player := next(s.Reader(t.Context(), 0, cache.Verified), 30)
		synctest.Wait()
		wantBlocked(t, "Verified reader", player)
		f.Rewind(errFault)
		if s.Len() != 0 || s.Size() != 30 {
			t.Errorf("len %d, size %d after the rewind, want 0 and the trusted 30", s.Len(), s.Size())
		}
		write(t, f.Writer(trusted), data)
		synctest.Wait()
		wantResult(t, "Verified reader", player, data, nil)
	})
}
