package peer

import (
	"context"
	"errors"
	"testing"

	"hlspeer/cache"
)

// divided is a segment of 100 packets of which a peer has brought 10, and of which the
// source brings those from the 60th on.
func divided(t *testing.T) (tr *track, f *fill, head, tail *attempt) {
	t.Helper()
	tr, f = testTrack(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what is begun anew comes to nothing
	tr.ctx, tr.fills[7] = ctx, f
	head = tr.begin(f, "A", func() {})
	if err := head.SetSize(100 * 188); err != nil {
		t.Fatal(err)
	}
	brings(t, head, 10)
	w, err := f.filler.Tail(60 * 188)
	if err != nil {
		t.Fatal(err)
	}
	f.tail = newTail(tr, f, w, func() {})
	return tr, f, head, f.tail
}

func brings(t *testing.T, a *attempt, n int) {
	t.Helper()
	if _, err := a.Write(packets(n)); err != nil {
		t.Fatal(err)
	}
}

// late lets an attempt bring a byte that is to go nowhere.
func late(t *testing.T, a *attempt) error {
	t.Helper()
	_, err := a.Write([]byte{1})
	if !errors.Is(err, cache.ErrSuperseded) {
		t.Errorf("a byte of the loser: %v", err)
	}
	return err
}

// TestDivided: whoever is done first, and whoever fails, the segment gets whole, and
// the books say who brought what.
func TestDivided(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		act  func(t *testing.T, tr *track, f *fill, head, tail *attempt)
		http int64 // packets
	}{
		"tail first": {func(t *testing.T, tr *track, _ *fill, head, tail *attempt) {
			brings(t, tail, 40)
			tr.tried(tail, nil)
			brings(t, head, 55)
			tr.tried(head, late(t, head))
		}, 40},
		"head first": {func(t *testing.T, tr *track, f *fill, head, tail *attempt) {
			brings(t, tail, 5)
			brings(t, head, 50)
			tr.tried(head, late(t, head))
			if f.try != tail || f.tail != nil {
				t.Error("the source does not go on")
			}
			brings(t, tail, 35)
			tr.tried(tail, nil)
		}, 40},
		"head first, and its end comes last": {func(t *testing.T, tr *track, _ *fill, head, tail *attempt) {
			brings(t, head, 50)
			brings(t, tail, 40)
			tr.tried(tail, nil)
			tr.tried(head, late(t, head))
		}, 40},
		"the peer stops": {func(t *testing.T, tr *track, f *fill, head, tail *attempt) {
			brings(t, tail, 5)
			gap := tr.begin(f, "", func() {})
			late(t, head)
			if gap.until != 60*188 || gap.w.Offset() != 10*188 {
				t.Errorf("the gap is from %d to %d", gap.w.Offset(), gap.until)
			}
			if err := gap.SetSize(60 * 188); err != nil { // of what it is to bring
				t.Error(err)
			}
			brings(t, gap, 50)
			tr.tried(gap, nil)
			brings(t, tail, 35)
			tr.tried(tail, nil)
		}, 90},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr, f, head, tail := divided(t)
			tt.act(t, tr, f, head, tail)
			if !f.filler.Segment().Sealed() || tr.fills[7] != nil {
				t.Fatal("the segment is not whole")
			}
			if s := f.story; s.HTTP != tt.http*188 || s.HTTP+s.P2P != 100*188 || s.Wasted != 0 {
				t.Errorf("%+v, want %d bytes by HTTP", s, tt.http*188)
			}
		})
	}
}

// TestDividedInVain: what proves wrong, or cannot be had, leaves nothing behind.
func TestDividedInVain(t *testing.T) {
	t.Parallel()
	t.Run("sizes differ", func(t *testing.T) {
		t.Parallel()
		tr, f, head, tail := divided(t)
		brings(t, tail, 5)
		tr.tried(tail, tail.SetSize(101*188))
		late(t, head)
		if s := f.filler.Segment(); s.Len() != 0 || s.Size() >= 0 || f.tail != nil || f.story.Wasted != 15*188 {
			t.Errorf("%d bytes of %d left, %+v", s.Len(), s.Size(), f.story)
		}
	})
	t.Run("the end cannot be had", func(t *testing.T) {
		t.Parallel()
		tr, f, head, tail := divided(t)
		brings(t, tail, 5)
		tr.tried(tail, errors.New("refused"))
		late(t, tail)
		brings(t, head, 90)
		tr.tried(head, nil)
		if s := f.story; !f.filler.Segment().Sealed() || s.P2P != 100*188 || s.Wasted != 5*188 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("the end fails while the source brings the gap", func(t *testing.T) {
		t.Parallel()
		tr, f, _, tail := divided(t)
		gap := tr.begin(f, "", func() {})
		tr.tried(tail, errors.New("refused"))
		brings(t, gap, 50)
		tr.tried(gap, nil)
		if f.try == nil || f.try == gap || f.try.w.Offset() != 60*188 || f.try.until != 0 {
			t.Errorf("the source does not go on behind the gap: %+v", f.try)
		}
		tr.work.Wait()
	})
	t.Run("it leaves the window", func(t *testing.T) {
		t.Parallel()
		tr, f, _, tail := divided(t)
		brings(t, tail, 5)
		tr.giveUp(7, "no answer")
		if f.story.Wasted != 15*188 || f.filler.Segment().Err() == nil {
			t.Errorf("%+v", f.story)
		}
	})
}
