package peer

import (
	"testing"
	"time"
)

func TestRate(t *testing.T) {
	var r rateMeter
	if r.observe(0, time.Second) || r.observe(100, 0) || r.bits() != 0 {
		t.Error("a segment without size or duration was measured")
	}
	if !r.observe(625_000, 2*time.Second) || r.bits() != 2_500_000 {
		t.Errorf("first segment: %v bit/s, want 2500000, told", r.bits())
	}
	if r.observe(650_000, 2*time.Second) {
		t.Error("a change of half a percent was told")
	}
	told := 0
	for range 50 {
		if r.observe(1_250_000, 2*time.Second) {
			told++
		}
	}
	if told == 0 || told > 10 || r.bits() < 4_900_000 {
		t.Errorf("doubling was told %d times, rate now %v", told, r.bits())
	}
}
