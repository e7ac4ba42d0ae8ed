package lab

import (
	"slices"
	"testing"
	"time"

	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

// TestInvariantsAreSeen makes sure that the checks can fail.
func TestInvariantsAreSeen(t *testing.T) {
	t.Parallel()
	w, strong, weak := pairOfPeers(t, true)
	if w.check(); len(w.checks.found) > 0 {
		t.Fatalf("violated from the beginning: %v", w.checks.list())
	}
	weak.link(strong.id).substreams = 13
	back := &simLink{world: w, child: strong, parent: weak, open: true, substreams: 1}
	strong.links, weak.links = append(strong.links, back), append(weak.links, back)
	w.checkCycle(weak)
	w.check()
	w.run(swapTime + 2*time.Second)
	w.checkBrain(weak)
	w.checkOrder(weak, signaling.Adopt{})
	w.run(time.Second)
	w.checkOrder(weak, signaling.Adopt{})
	w.checkLevels(tracker.Snapshot{Peers: []tracker.PeerSnapshot{{ID: "a", Level: 1}}})
	crowd := tracker.Snapshot{}
	for range 9 {
		crowd.Peers = append(crowd.Peers, tracker.PeerSnapshot{Root: true, Slots: 4})
	}
	w.checkRoots(crowd)
	w.run(settleTime + time.Second)
	w.checkRoots(crowd)
	back.closed = false
	weak.alive, weak.diedAt = false, w.now()
	w.run(crashDelay + 2*time.Second)
	w.checkDead(strong)
	var names []string
	for _, v := range w.checks.list() {
		names = append(names, v.Name)
	}
	if want := []string{"I1", "I2", "I4", "I7", "I8", "I9", "reports"}; !slices.Equal(names, want) {
		t.Errorf("seen %v, want %v", names, want)
	}
}
