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
	if got := h.reserve(); got != 2*time.Second {
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
