package mesh

import (
	"testing"
	"time"
)

func TestHTTPTime(t *testing.T) {
	t.Parallel()
	var h httpTime
	if got := h.estimate(); got != time.Second {
		t.Errorf("knowing nothing: %v, want 1s", got)
	}
	if got := h.reserve(-1); got != 2*time.Second {
		t.Errorf("reserve knowing nothing: %v, want 2s", got)
	}
	h.add(-time.Second)
	h.add(0)
	h.add(100 * time.Millisecond)
	if got := h.estimate(); got != 200*time.Millisecond {
		t.Errorf("after one sample of 100ms: %v, want 200ms", got)
	}
	for range 100 {
		h.add(100 * time.Millisecond)
	}
	if got := h.estimate(); got < 99*time.Millisecond || got > 110*time.Millisecond {
		t.Errorf("after many samples of 100ms: %v", got)
	}
	h.add(time.Second)
	if got := h.estimate(); got < 500*time.Millisecond || got > time.Second {
		t.Errorf("after an outlier: %v, want it to count at once", got)
	}
	for range 100 {
		h.add(Never)
	}
	if got := h.estimate(); got < 19*time.Second || got > 40*time.Second {
		t.Errorf("after absurd samples: %v, want it bounded", got)
	}
}

// TestHTTPTimeOfBytes: the time to the first byte and that of each byte are told
// apart, and the rest of a segment tells of both.
func TestHTTPTimeOfBytes(t *testing.T) {
	t.Parallel()
	var h httpTime
	if got := h.need(100); got != time.Second {
		t.Errorf("knowing nothing: %v, want 1s", got)
	}
	for range 100 {
		h.arrived(Arrived{Bytes: 1_000_000, First: 100 * time.Millisecond, Took: 1100 * time.Millisecond}, true)
		h.arrived(Arrived{Bytes: 100_000, First: 100 * time.Millisecond, Took: 200 * time.Millisecond}, false)
		h.arrived(Arrived{Bytes: 10, First: 100 * time.Millisecond, Took: 900 * time.Millisecond}, false) // too few to tell a rate
		h.arrived(Arrived{Bytes: 1 << 40, First: -1, Took: time.Hour}, false)
		h.arrived(Arrived{Bytes: 1 << 40, First: time.Hour, Took: time.Second}, false)
	}
	for bytes, want := range map[int64]time.Duration{
		-1: 1100 * time.Millisecond, 0: 100 * time.Millisecond, 500_000: 600 * time.Millisecond,
		1_000_000: 1100 * time.Millisecond, 1 << 50: httpTimeMax,
	} {
		if got := h.need(bytes); (got - want).Abs() > 20*time.Millisecond {
			t.Errorf("%d bytes: %v, want about %v", bytes, got, want)
		}
	}
	if got := h.reserve(0); (got - 625*time.Millisecond).Abs() > 30*time.Millisecond {
		t.Errorf("reserve where all is there: %v, want about 625ms", got)
	}
}
