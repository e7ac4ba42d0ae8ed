package cache_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"hlspeer/cache"
)

const (
	kib       = 1 << 10
	mib       = 1 << 20
	roomy     = 64 * mib // budget that no test fills by accident
	maxTested = 4 * mib
)

const (
	trusted   = true
	untrusted = false
)

var errFault = errors.New("some fault")

func newRing() *cache.Ring {
	return cache.NewRing(cache.NewBudget(roomy), maxTested)
}

// open opens a segment that nobody has opened yet.
func open(t testing.TB, r *cache.Ring, sn cache.SN) (*cache.Segment, *cache.Filler) {
	t.Helper()
	s, f := r.Open(sn)
	if s == nil || f == nil {
		t.Fatalf("Open(%d) = %v, %v, want a new segment and its filler", sn, s, f)
	}
	return s, f
}

// sealed fills segment sn with p and seals it.
func sealed(t testing.TB, r *cache.Ring, sn cache.SN, p []byte) *cache.Segment {
	t.Helper()
	s, f := open(t, r, sn)
	w := f.Writer(trusted)
	declare(t, w, len(p))
	write(t, w, p)
	seal(t, f)
	return s
}

func declare(t testing.TB, w *cache.Writer, size int) {
	t.Helper()
	if err := w.SetSize(int64(size)); err != nil {
		t.Fatalf("SetSize(%d): %v", size, err)
	}
}

func write(t testing.TB, w *cache.Writer, p []byte) {
	t.Helper()
	if n, err := w.Write(p); n != len(p) || err != nil {
		t.Fatalf("Write of %d bytes = %d, %v", len(p), n, err)
	}
}

func seal(t testing.TB, f *cache.Filler) {
	t.Helper()
	if err := f.Seal(); err != nil {
		t.Fatalf("Seal: %v", err)
	}
}

func wantErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error %v, want %v", what, got, want)
	}
}

func wantBytes(t testing.TB, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes that differ from the %d wanted", what, len(got), len(want))
	}
}

// pattern returns n bytes in which shifted or dropped pieces show.
func pattern(n int) []byte {
	p := make([]byte, n)
	state := uint32(2463534242)
	for i := range p {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
		p[i] = byte(state)
	}
	return p
}

// result is what a call that may block has returned.
type result struct {
	b   []byte
	err error
}

// next calls Next in a goroutine; in a synctest bubble, peek tells whether it
// is still blocked.
func next(r *cache.Reader, n int) <-chan result {
	return async(func() ([]byte, error) { return r.Next(n) })
}

func async(call func() ([]byte, error)) <-chan result {
	c := make(chan result, 1)
	go func() {
		b, err := call()
		c <- result{b, err}
	}()
	return c
}

func asyncErr(call func() error) <-chan result {
	return async(func() ([]byte, error) { return nil, call() })
}

// wantBlocked fails unless the call is still waiting. It wants a synctest.Wait
// before it.
func wantBlocked(t testing.TB, what string, c <-chan result) {
	t.Helper()
	select {
	case res := <-c:
		t.Errorf("%s returned %d bytes, error %v, want it to block", what, len(res.b), res.err)
	default:
	}
}

// wantResult fails unless the call has returned these bytes and this error. It
// wants a synctest.Wait before it.
func wantResult(t testing.TB, what string, c <-chan result, b []byte, err error) {
	t.Helper()
	select {
	case res := <-c:
		wantBytes(t, what, res.b, b)
		if err != nil || res.err != nil {
			wantErr(t, what, res.err, err)
		}
	default:
		t.Errorf("%s blocks, want %d bytes, error %v", what, len(b), err)
	}
}

// readAll reads with Next until the end.
func readAll(r *cache.Reader, n int) ([]byte, error) {
	var all []byte
	for {
		b, err := r.Next(n)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, b...)
	}
}

func canceled(cause error) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return ctx
}
