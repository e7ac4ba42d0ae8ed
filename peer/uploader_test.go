package peer

import (
	"testing"
	"time"
)

// TestHold: old clients wait for an answer no longer than a segment lasts.
func TestHold(t *testing.T) {
	t.Parallel()
	for segment, want := range map[time.Duration]time.Duration{
		0:                      holdRequest,
		10 * time.Second:       holdRequest,
		2 * time.Second:        holdRequest,
		time.Second:            750 * time.Millisecond,
		200 * time.Millisecond: 150 * time.Millisecond,
	} {
		if got := hold(segment); got != want {
			t.Errorf("segments of %v: REQUESTs are held for %v, want %v", segment, got, want)
		}
	}
}
