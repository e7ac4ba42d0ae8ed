package signaling

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	const least, most = 5 * time.Second, 60 * time.Second
	b := newBackoff(least, most)
	base := least
	for i := range 50 {
		pause := b.next()
		if pause < base || pause > min(2*base, most) {
			t.Errorf("pause %d is %v, want %v to %v", i, pause, base, min(2*base, most))
		}
		base = min(time.Duration(float64(base)*1.3), most/2)
	}
	b.settle(most)
	if pause := b.next(); pause < most/2 {
		t.Errorf("pause %v after a short connection", pause)
	}
	b.settle(most + 1)
	if pause := b.next(); pause > 2*least {
		t.Errorf("pause %v after a long connection", pause)
	}
}

func TestBackoffWithoutRoom(t *testing.T) {
	t.Parallel()
	b := newBackoff(time.Second, time.Second)
	for range 5 {
		if pause := b.next(); pause != time.Second {
			t.Errorf("pause %v, want exactly 1s", pause)
		}
	}
}
