package main

import (
	"errors"
	"io"
	"testing"
	"time"

	"hlspeer/peer/lab/wan"
)

func newTestBench(t *testing.T) *bench {
	t.Helper()
	b, err := newBench(options{span: 300 * time.Millisecond}, io.Discard, testWriter{t})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// testWriter logs what processes say on standard error.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", p)
	return len(p), nil
}

// TestTransports sends a little over each of them.
func TestTransports(t *testing.T) {
	t.Parallel()
	b := newTestBench(t)
	for _, v := range []string{variantLink, variantTuned, variantSockets, variantDefault, variantTCP} {
		m := measurement{Warm: warmUp, Span: b.span, First: 1}
		r, err := b.transfer(t.Context(), path{}, 1, m, v)
		if err != nil {
			t.Errorf("%s: %v", v, err)
			continue
		}
		if r.first(0) <= 0 || r.cpu <= 0 {
			t.Errorf("%s: %+v: want bytes and processor time", v, r)
		}
	}
}

// TestFlowsShareAPath: two flows between two nodes stay within its rate.
func TestFlowsShareAPath(t *testing.T) {
	t.Parallel()
	b := newTestBench(t)
	p := path{wan: true, rtt: 10 * ms, rate: 40e6}
	r, err := b.transfer(t.Context(), p, 1, measurement{Warm: warmUp, Full: true, Span: time.Second}, variantTCP, variantLink)
	if errors.Is(err, wan.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if sum := r.rate(0) + r.rate(1); sum > 1.2*5 || sum < .2*5 {
		t.Errorf("both flows have %.1f MB/s together, want a good part of 5", sum)
	}
}

func TestRelays(t *testing.T) {
	t.Parallel()
	b := newTestBench(t)
	for _, v := range []string{variantLink, variantTuned} {
		if r, err := b.relay(t.Context(), v); err != nil || r.first(0) <= 0 {
			t.Errorf("%s: %v, %+v", v, err, r)
		}
	}
}

// TestRoleFails: what goes wrong in a process is told.
func TestRoleFails(t *testing.T) {
	t.Parallel()
	b := newTestBench(t)
	if _, err := b.transfer(t.Context(), path{}, 1, measurement{}, "pigeon"); err == nil {
		t.Error("there is a transport that nobody knows")
	}
}
