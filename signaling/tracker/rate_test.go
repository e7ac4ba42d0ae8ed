package tracker

import (
	"fmt"
	"testing"

	"hlspeer/signaling"
)

func TestRateMeter(t *testing.T) {
	t.Parallel()
	var m rateMeter
	for i := range 2 * rateSamples {
		m.add(signaling.PeerID(fmt.Sprint(i)), 100)
	}
	if got := m.add("a", 100); got != 100 || len(m.votes) != rateSamples {
		t.Fatalf("median %v of %d", got, len(m.votes))
	}
	// One peer has one vote, however often it speaks.
	for range 10 * rateSamples {
		if got := m.add("liar", 1); got != 100 {
			t.Fatalf("median %v", got)
		}
	}
	// A channel whose rate has changed is measured anew.
	got := signaling.BitRate(0)
	for i := range rateSamples {
		got = m.add(signaling.PeerID(fmt.Sprint("new", i)), 200)
	}
	if got != 200 {
		t.Errorf("median %v", got)
	}
}

func TestSlots(t *testing.T) {
	t.Parallel()
	r := testRoom(1)
	for uplink, want := range map[signaling.BitRate]int{0: 0, 694_000: 0, 695_000: 1, 2.8e6: 4, 10e9: maxSlots} {
		if got := r.slotsOf(uplink); got != want {
			t.Errorf("%.0f bit/s: %d slots, want %d", float64(uplink), got, want)
		}
	}
}
