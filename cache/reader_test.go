package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"hlspeer/cache"
)

// Readers of every kind, offset and view see the same bytes while two sources
// take turns.
func TestReadersSeeTheSame(t *testing.T) {
	t.Parallel()
	const size = 700*kib + 11
	data := pattern(size)
	for _, known := range []bool{true, false} {
		s, f := open(t, newRing(), 1)
		var group sync.WaitGroup
		for _, view := range []cache.View{cache.Verified, cache.Arriving} {
			for _, off := range []int{0, 1, 16 * kib, 256 * kib, size - 1, size, size + 1} {
				want := data[min(off, size):]
				reader := func() *cache.Reader { return s.Reader(t.Context(), int64(off), view) }
				check := func(how string, read func() ([]byte, error)) {
					group.Go(func() {
						got, err := read()
						if err != nil {
							t.Errorf("%s from %d in view %d: %v", how, off, view, err)
						}
						wantBytes(t, fmt.Sprintf("%s from %d in view %d", how, off, view), got, want)
					})
				}
				check("Next", func() ([]byte, error) { return readAll(reader(), 16*kib) })
				check("Read", func() ([]byte, error) { return io.ReadAll(reader()) })
				check("WriteTo", func() ([]byte, error) {
					var out bytes.Buffer
					n, err := reader().WriteTo(&out)
					if n != int64(out.Len()) {
						t.Errorf("WriteTo = %d, wrote %d", n, out.Len())
					}
					return out.Bytes(), err
				})
			}
		}
		for i := 0; i < size; {
			w := f.Writer(i < size/2)
			if known {
				declare(t, w, size)
			}
			for end := min(i+100*kib, size); i < end; {
				n := min(7919, end-i)
				write(t, w, data[i:i+n])
				i += n
			}
		}
		seal(t, f)
		group.Wait()
	}
}

func TestReaderConformsToIOReader(t *testing.T) {
	t.Parallel()
	s := sealed(t, newRing(), 1, pattern(1000))
	for _, view := range []cache.View{cache.Verified, cache.Arriving} {
		if err := iotest.TestReader(s.Reader(t.Context(), 0, view), pattern(1000)); err != nil {
			t.Errorf("view %d: %v", view, err)
		}
	}
}

func TestHoldBackWithKnownSize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		size   int
		landed int
		off    int64
		n      int
		want   bool
	}{
		{"packet landed", 35, 10, 0, 10, true},
		{"packet not yet complete", 35, 9, 0, 10, false},
		{"last but one", 35, 30, 20, 10, true},
		{"last, short", 35, 35, 30, 10, false},
		{"last, full", 40, 40, 30, 10, false},
		{"last but one, everything landed", 40, 40, 20, 10, true},
		{"ends one byte before the end", 41, 41, 30, 10, true},
		{"whole segment in one packet", 40, 40, 0, 100, false},
		{"size enormous", 40, 40, 0, math.MaxInt, false},
		{"one byte, of which there is one", 1, 1, 0, 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantHoldBack(t, tt.size, tt.landed, tt.off, tt.n, tt.want)
		})
	}
}

func TestHoldBackWithUnknownSize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		landed int
		off    int64
		n      int
		want   bool
	}{
		{"nothing landed", 0, 0, 10, false},
		{"packet landed, could be the last", 10, 0, 10, false},
		{"a byte landed after it", 11, 0, 10, true},
		{"second packet could be the last", 20, 10, 10, false},
		{"the last byte landed", 1, 0, 1, false},
		{"beyond what landed", 10, 20, 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantHoldBack(t, 0, tt.landed, tt.off, tt.n, tt.want)
		})
	}
}

// wantHoldBack checks whether Next gives out a packet before the seal, and that
// it gives it out after it. Who sent the bytes makes no difference.
func wantHoldBack(t *testing.T, size, landed int, off int64, n int, want bool) {
	for _, trust := range []bool{trusted, untrusted} {
		synctest.Test(t, func(t *testing.T) {
			total := max(size, landed+1)
			if size > 0 {
				total = size
			}
			data := pattern(total)
			s, f := open(t, newRing(), 1)
			w := f.Writer(trust)
			if size > 0 {
				declare(t, w, size)
			}
			write(t, w, data[:landed])
			packet := next(s.Reader(t.Context(), off, cache.Arriving), n)
			synctest.Wait()
			if want {
				wantResult(t, "Next", packet, data[off:off+int64(n)], nil)
				return
			}
			wantBlocked(t, "Next", packet)
			write(t, w, data[landed:])
			seal(t, f)
			synctest.Wait()
			rest := data[min(off, int64(total)):]
			if len(rest) == 0 {
				wantResult(t, "Next after the seal", packet, nil, io.EOF)
				return
			}
			wantResult(t, "Next after the seal", packet, rest[:min(n, len(rest))], nil)
		})
	}
}

// Read and WriteTo know no packets: they hold back the last byte.
func TestHoldBackOfReadAndWriteTo(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 30} { // unknown, known
		synctest.Test(t, func(t *testing.T) {
			data := pattern(30)
			s, f := open(t, newRing(), 1)
			w := f.Writer(untrusted)
			if size > 0 {
				declare(t, w, size)
			}
			write(t, w, data)
			reader := s.Reader(t.Context(), 0, cache.Arriving)
			p := make([]byte, 100)
			if n, err := reader.Read(p); n != 29 || err != nil {
				t.Errorf("Read = %d, %v, want 29 of 30 bytes", n, err)
			}
			last := async(func() ([]byte, error) {
				n, err := reader.Read(p)
				return p[:n], err
			})
			out := &writes{}
			relay := asyncErr(func() error {
				_, err := s.Reader(t.Context(), 0, cache.Arriving).WriteTo(out)
				return err
			})
			synctest.Wait()
			wantBlocked(t, "Read of the last byte", last)
			wantBlocked(t, "WriteTo", relay)
			seal(t, f)
			synctest.Wait()
			wantResult(t, "Read of the last byte", last, data[29:], nil)
			wantResult(t, "WriteTo", relay, nil, nil)
			if len(out.sizes) != 2 || out.sizes[0] != 29 || out.sizes[1] != 1 {
				t.Errorf("WriteTo wrote pieces of %v, want 29 and 1", out.sizes)
			}
		})
	}
}

// A trusted segment reaches the player to its last byte before the seal, but
// its end only with it.
func TestVerifiedViewStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		data := pattern(25)
		s, f := open(t, newRing(), 1)
		w := f.Writer(trusted)
		reader := s.Reader(t.Context(), 0, cache.Verified)
		first := next(reader, 10)
		write(t, w, data[:9])
		synctest.Wait()
		wantBlocked(t, "Next with a byte missing", first)
		write(t, w, data[9:])
		synctest.Wait()
		wantResult(t, "Next", first, data[:10], nil)
		second := next(reader, 10)
		synctest.Wait()
		wantResult(t, "Next", second, data[10:20], nil)
		third := next(reader, 10)
		synctest.Wait()
		wantBlocked(t, "Next, short, with the size unknown", third)
		declare(t, w, 25)
		synctest.Wait()
		wantResult(t, "Next, short, with the size known", third, data[20:], nil)
		end := next(reader, 10)
		synctest.Wait()
		wantBlocked(t, "Next at the end before the seal", end)
		seal(t, f)
		synctest.Wait()
		wantResult(t, "Next at the end", end, nil, io.EOF)
	})
}

func TestReaderEndsWithContext(t *testing.T) {
	t.Parallel()
	for _, view := range []cache.View{cache.Verified, cache.Arriving} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			s, f := open(t, newRing(), 1)
			write(t, f.Writer(trusted), pattern(10))
			blocked := next(s.Reader(ctx, 10, view), 1)
			relay := asyncErr(func() error {
				_, err := s.Reader(ctx, 10, view).WriteTo(io.Discard)
				return err
			})
			synctest.Wait()
			wantBlocked(t, "Next", blocked)
			wantBlocked(t, "WriteTo", relay)
			cancel(errFault)
			synctest.Wait()
			wantResult(t, "Next", blocked, nil, errFault)
			wantResult(t, "WriteTo", relay, nil, errFault)
			_, err := s.Reader(ctx, 0, view).Next(1)
			wantErr(t, "Next of bytes that are there", err, errFault)
		})
	}
}

// A source's io.EOF as the cause of an abort must not look like the end of the
// segment, or players would take a torso for the whole.
func TestAbortIsNeverTheEnd(t *testing.T) {
	t.Parallel()
	causes := map[string]error{
		"plain EOF":   io.EOF,
		"wrapped EOF": fmt.Errorf("read body: %w", io.EOF),
		"fault":       errFault,
		"none":        nil,
	}
	for name, cause := range causes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, f := open(t, newRing(), 1)
				write(t, f.Writer(trusted), pattern(10))
				reader := s.Reader(t.Context(), 0, cache.Verified)
				relay := async(func() ([]byte, error) {
					var out bytes.Buffer
					_, err := reader.WriteTo(&out)
					return out.Bytes(), err
				})
				synctest.Wait()
				f.Abort(cause)
				res := <-relay
				wantBytes(t, "WriteTo", res.b, pattern(10))
				_, err := reader.Next(1)
				for _, err := range []error{res.err, err} {
					if err == nil || errors.Is(err, io.EOF) {
						t.Errorf("reading an aborted segment ended with %v", err)
					}
				}
			})
		})
	}
}

func TestSealedSegmentLeavesInOneWrite(t *testing.T) {
	t.Parallel()
	data := pattern(2 * mib)
	s := sealed(t, newRing(), 1, data)
	for _, view := range []cache.View{cache.Verified, cache.Arriving} {
		out := &writes{}
		n, err := s.Reader(t.Context(), 5, view).WriteTo(out)
		if n != 2*mib-5 || err != nil || len(out.sizes) != 1 {
			t.Errorf("WriteTo = %d, %v in %d writes, want one", n, err, len(out.sizes))
		}
	}
}

func TestWriteToStopsWithWriter(t *testing.T) {
	t.Parallel()
	s := sealed(t, newRing(), 1, pattern(100))
	for _, tt := range []struct {
		fault, want error
	}{{errFault, errFault}, {nil, io.ErrShortWrite}} {
		reader := s.Reader(t.Context(), 0, cache.Verified)
		n, err := reader.WriteTo(&writes{room: 30, fault: tt.fault})
		wantErr(t, "WriteTo", err, tt.want)
		if n != 30 {
			t.Errorf("WriteTo = %d, want the 30 bytes that went out", n)
		}
		rest, err := readAll(reader, 50)
		if err != nil {
			t.Errorf("reading on: %v", err)
		}
		wantBytes(t, "reading on", rest, pattern(100)[30:])
	}
}

// writes records the size of each Write. With room set, it takes that many bytes
// of the first and returns fault.
type writes struct {
	sizes []int
	room  int
	fault error
}

func (w *writes) Write(p []byte) (int, error) {
	w.sizes = append(w.sizes, len(p))
	if w.room > 0 {
		return w.room, w.fault
	}
	return len(p), nil
}

func TestReaderEdges(t *testing.T) {
	t.Parallel()
	s := sealed(t, newRing(), 1, pattern(10))
	for _, off := range []int64{10, 11, math.MaxInt64} {
		b, err := s.Reader(t.Context(), off, cache.Verified).Next(1)
		if len(b) != 0 || err != io.EOF {
			t.Errorf("Next at offset %d = %d bytes, %v, want io.EOF", off, len(b), err)
		}
	}
	reader := s.Reader(t.Context(), -5, cache.Verified)
	if n, err := reader.Read(nil); n != 0 || err != nil {
		t.Errorf("Read(nil) = %d, %v", n, err)
	}
	for _, n := range []int{0, -1} {
		if b, err := reader.Next(n); len(b) != 1 || err != nil {
			t.Errorf("Next(%d) = %d bytes, %v, want 1 byte", n, len(b), err)
		}
	}
	b, err := reader.Next(math.MaxInt)
	if err != nil || cap(b) != len(b) {
		t.Errorf("Next = %d bytes of capacity %d, %v", len(b), cap(b), err)
	}
	wantBytes(t, "the rest", b, pattern(10)[2:])
}
