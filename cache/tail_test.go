package cache

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
)

// begun is a segment of 100 bytes of which an untrusted source has brought 10.
func begun(t *testing.T) (*Filler, *Writer) {
	t.Helper()
	_, f := NewRing(NewBudget(1000), 1000).Open(1)
	w := f.Writer(false)
	if err := w.SetSize(100); err != nil {
		t.Fatal(err)
	}
	write(t, w, 0, 10)
	return f, w
}

// count are the numbers from from to before to.
func count(from, to int) []byte {
	out := make([]byte, 0, to-from)
	for i := from; i < to; i++ {
		out = append(out, byte(i))
	}
	return out
}

func write(t *testing.T, w *Writer, from, to int) {
	t.Helper()
	if n, err := w.Write(count(from, to)); err != nil || n != to-from {
		t.Fatalf("writing %d to %d: %d, %v", from, to, n, err)
	}
}

// TestTail: the end comes from another source; it lands when the beginning gets there,
// whichever is done first, and players see nothing before the seal.
func TestTail(t *testing.T) {
	t.Parallel()
	for name, tailFirst := range map[string]bool{"tail first": true, "head first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, head := begun(t)
			s := f.Segment()
			tail, err := f.Tail(60)
			if err != nil || tail.Offset() != 60 {
				t.Fatal(tail, err)
			}
			if used := s.ring.budget.Used(); used != 100 {
				t.Errorf("%d bytes charged", used)
			}
			write(t, tail, 60, 80)
			if tailFirst {
				write(t, tail, 80, 100)
			}
			write(t, head, 10, 50)
			if s.Len() != 50 {
				t.Errorf("%d bytes landed before the two have met", s.Len())
			}
			write(t, head, 50, 70) // beyond the beginning of the tail
			if _, err := head.Write([]byte{1}); !errors.Is(err, ErrSuperseded) {
				t.Errorf("a byte of the loser: %v", err)
			}
			if !tailFirst {
				if s.Len() != 80 {
					t.Errorf("%d bytes landed when they met", s.Len())
				}
				write(t, tail, 80, 100)
			}
			if head.Landed() != 60 || tail.Landed() != 40 || s.Len() != 100 {
				t.Errorf("%d and %d bytes of %d", head.Landed(), tail.Landed(), s.Len())
			}
			s.mu.Lock()
			verified := s.verified
			s.mu.Unlock()
			if verified != 0 {
				t.Errorf("players see %d bytes before the seal", verified)
			}
			if err := f.Seal(); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(s.Reader(context.Background(), 0, Verified))
			if err != nil || !bytes.Equal(got, count(0, 100)) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// TestTailOutlivesHead: another source takes over the beginning, trusted ones are
// seen at once.
func TestTailOutlivesHead(t *testing.T) {
	t.Parallel()
	f, head := begun(t)
	tail, err := f.Tail(60)
	if err != nil {
		t.Fatal(err)
	}
	write(t, tail, 60, 100)
	gap := f.Writer(true)
	if gap.Offset() != 10 {
		t.Errorf("goes on at %d", gap.Offset())
	}
	if _, err := head.Write([]byte{1}); !errors.Is(err, ErrSuperseded) {
		t.Errorf("a byte of the loser: %v", err)
	}
	write(t, gap, 10, 60)
	if err := f.Seal(); err != nil || f.Segment().Len() != 100 {
		t.Errorf("%v, %d bytes", err, f.Segment().Len())
	}
}

// TestTailDropped: what was dropped does not land.
func TestTailDropped(t *testing.T) {
	t.Parallel()
	for name, drop := range map[string]func(*Filler){
		"by itself":   (*Filler).DropTail,
		"by a rewind": func(f *Filler) { f.Rewind(nil) },
		"by an abort": func(f *Filler) { f.Abort(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, head := begun(t)
			tail, err := f.Tail(60)
			if err != nil {
				t.Fatal(err)
			}
			write(t, tail, 60, 100)
			drop(f)
			if _, err := tail.Write([]byte{1}); err == nil {
				t.Error("a byte of the tail landed")
			}
			if name == "by itself" {
				write(t, head, 10, 100)
				if err := f.Seal(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestNoTail: where there can be none.
func TestNoTail(t *testing.T) {
	t.Parallel()
	_, f := NewRing(NewBudget(1000), 1000).Open(1)
	if _, err := f.Tail(10); !errors.Is(err, ErrNoTail) {
		t.Errorf("of unknown size: %v", err)
	}
	f, head := begun(t)
	if _, err := f.Tail(100); !errors.Is(err, ErrNoTail) {
		t.Errorf("at the end: %v", err)
	}
	w, err := f.Tail(0)
	if err != nil || w.Offset() != 10 {
		t.Fatalf("behind what has landed: %v, %v", w, err)
	}
	if _, err := head.Write([]byte{1}); !errors.Is(err, ErrSuperseded) {
		t.Errorf("it has met the tail: %v", err)
	}
	write(t, w, 10, 60)
	if err := w.SetSize(101); !errors.Is(err, ErrSizeConflict) {
		t.Errorf("another size: %v", err)
	}
	if _, err := f.Tail(80); err != nil {
		t.Errorf("a second one, after the first has landed: %v", err)
	}
	if _, err := f.Tail(90); !errors.Is(err, ErrNoTail) {
		t.Errorf("two at once: %v", err)
	}
	_, f = NewRing(NewBudget(50), 1000).Open(1)
	if err := f.Writer(false).SetSize(100); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tail(60); !errors.Is(err, ErrBudget) {
		t.Errorf("beyond the budget: %v", err)
	}
}
