package signaling

import (
	"testing"
	"time"
)

func TestStrikes(t *testing.T) {
	t.Parallel()
	var s strikes
	now := time.Unix(1000, 0)
	for i := range 10 {
		if s.add(now.Add(time.Duration(i) * time.Second)) {
			t.Fatalf("strike %d is one too many", i+1)
		}
	}
	if s.add(now.Add(60 * time.Second)) {
		t.Error("one too many although the first is a minute old")
	}
	if !s.add(now.Add(60 * time.Second)) {
		t.Error("eleven within a minute are none too many")
	}
}
