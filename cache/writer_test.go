package cache_test

import (
	"errors"
	"testing"

	"hlspeer/cache"
)

func TestSetSize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		declared int64 // before; 0 for none
		landed   int
		total    int64
		want     error
	}{
		{"first", 0, 0, 10, nil},
		{"the same again", 10, 0, 10, nil},
		{"all of it has landed", 0, 10, 10, nil},
		{"the largest segment", 0, 0, 1000, nil},
		{"one more", 0, 0, 1001, cache.ErrTooLarge},
		{"enormous", 0, 0, 1<<63 - 1, cache.ErrTooLarge},
		{"another", 10, 0, 11, cache.ErrSizeConflict},
		{"another, smaller", 10, 5, 9, cache.ErrSizeConflict},
		{"more has landed", 0, 10, 9, cache.ErrSizeConflict},
		{"zero", 0, 0, 0, cache.ErrEmpty},
		{"negative", 0, 0, -1, cache.ErrEmpty},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := cache.NewBudget(roomy)
			s, f := open(t, cache.NewRing(b, 1000), 1)
			w := f.Writer(untrusted)
			if tt.declared > 0 {
				declare(t, w, int(tt.declared))
			}
			write(t, w, pattern(tt.landed))
			before, used := s.Size(), b.Used()
			wantErr(t, "SetSize", w.SetSize(tt.total), tt.want)
			want := tt.total
			if tt.want != nil {
				want = before
			}
			if s.Size() != want {
				t.Errorf("Size = %d afterwards, want %d", s.Size(), want)
			}
			if b.Used() != used {
				t.Errorf("SetSize allocated %d bytes", b.Used()-used)
			}
		})
	}
}

func TestSetSizeBySecondSource(t *testing.T) {
	t.Parallel()
	s, f := open(t, newRing(), 1)
	declare(t, f.Writer(untrusted), 10)
	w := f.Writer(trusted)
	wantErr(t, "SetSize against an earlier source", w.SetSize(11), cache.ErrSizeConflict)
	f.Rewind(errFault)
	w = f.Writer(trusted)
	declare(t, w, 11)
	f.Rewind(errFault)
	if s.Size() != 11 {
		t.Errorf("Size = %d after a rewind, want what the trusted source declared", s.Size())
	}
}

func TestSetSizeConfirmedByTrustedSource(t *testing.T) {
	t.Parallel()
	s, f := open(t, newRing(), 1)
	declare(t, f.Writer(untrusted), 10)
	declare(t, f.Writer(trusted), 10)
	declare(t, f.Writer(untrusted), 10)
	f.Rewind(errFault)
	if s.Size() != 10 {
		t.Errorf("Size = %d after a rewind, want the confirmed 10", s.Size())
	}
}

func TestWriteBounds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		declare int
		landed  int
		write   int
		want    error
	}{
		{"nothing", 0, 0, 0, nil},
		{"to the declared size", 10, 4, 6, nil},
		{"beyond the declared size", 10, 4, 7, cache.ErrOverflow},
		{"far beyond, over the largest too", 10, 4, 2000, cache.ErrOverflow},
		{"to the largest segment", 0, 4, 996, nil},
		{"beyond the largest segment", 0, 4, 997, cache.ErrTooLarge},
		{"beyond budget", 0, 0, 901, cache.ErrBudget},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit := int64(roomy)
			if errors.Is(tt.want, cache.ErrBudget) {
				limit = 900
			}
			s, f := open(t, cache.NewRing(cache.NewBudget(limit), 1000), 1)
			w := f.Writer(trusted)
			if tt.declare > 0 {
				declare(t, w, tt.declare)
			}
			data := pattern(tt.landed + tt.write)
			write(t, w, data[:tt.landed])
			n, err := w.Write(data[tt.landed:])
			wantErr(t, "Write", err, tt.want)
			if want := tt.write; err == nil && n != want || err != nil && n != 0 {
				t.Errorf("Write = %d, %v", n, err)
			}
			wantBytes(t, "what landed", f.Bytes(), data[:tt.landed+n])
			if s.Err() != nil {
				t.Errorf("a refused Write aborted the segment: %v", s.Err())
			}
		})
	}
}

func TestWriteCopies(t *testing.T) {
	t.Parallel()
	_, f := open(t, newRing(), 1)
	w := f.Writer(trusted)
	p := pattern(100)
	write(t, w, p)
	clear(p)
	wantBytes(t, "what landed", f.Bytes(), pattern(100))
}

func TestWriterSupersedes(t *testing.T) {
	t.Parallel()
	data := pattern(30)
	s, f := open(t, newRing(), 1)
	first := f.Writer(untrusted)
	write(t, first, data[:10])
	second := f.Writer(untrusted)
	if first.Offset() != 0 || second.Offset() != 10 {
		t.Errorf("offsets %d, %d, want 0, 10", first.Offset(), second.Offset())
	}
	wantSuperseded(t, first)
	write(t, second, data[10:20])
	f.Rewind(errFault)
	wantSuperseded(t, second)

	third := f.Writer(trusted)
	if third.Offset() != 0 {
		t.Errorf("offset %d after a rewind to the start", third.Offset())
	}
	write(t, third, data)
	wantSuperseded(t, second)
	seal(t, f)
	wantSuperseded(t, third)
	late := f.Writer(trusted)
	wantSuperseded(t, late)
	if late.Offset() != 30 {
		t.Errorf("offset %d of a writer after the seal, want 30", late.Offset())
	}
	wantBytes(t, "Bytes", s.Bytes(), data)
}

func wantSuperseded(t *testing.T, w *cache.Writer) {
	t.Helper()
	n, err := w.Write([]byte("late"))
	wantErr(t, "Write", err, cache.ErrSuperseded)
	if n != 0 {
		t.Errorf("a superseded writer wrote %d bytes", n)
	}
	wantErr(t, "SetSize", w.SetSize(999), cache.ErrSuperseded)
}

func TestWriterAfterAbort(t *testing.T) {
	t.Parallel()
	_, f := open(t, newRing(), 1)
	w := f.Writer(trusted)
	f.Abort(errFault)
	for _, w := range []*cache.Writer{w, f.Writer(trusted)} {
		_, err := w.Write(pattern(1))
		wantErr(t, "Write", err, errFault)
		wantErr(t, "SetSize", w.SetSize(1), errFault)
	}
}

// What a source sends after it was superseded never mixes into the segment.
func TestSupersedeRaces(t *testing.T) {
	t.Parallel()
	_, f := open(t, newRing(), 1)
	ended := make(chan error)
	const sources = 8
	for i := range sources {
		w := f.Writer(untrusted)
		go func() {
			for {
				if _, err := w.Write([]byte{byte(i), byte(i)}); err != nil {
					ended <- err
					return
				}
			}
		}()
	}
	f.Writer(trusted)
	for range sources {
		if err := <-ended; !errors.Is(err, cache.ErrSuperseded) && !errors.Is(err, cache.ErrTooLarge) {
			t.Errorf("a superseded source ended with %v", err)
		}
	}
	got := f.Bytes()
	for i := 2; i < len(got); i++ {
		if got[i] < got[i-1] {
			t.Fatalf("byte %d of source %d lies after source %d", i, got[i], got[i-1])
		}
	}
}
