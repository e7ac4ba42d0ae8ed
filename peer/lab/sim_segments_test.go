package lab

import (
	"testing"
	"time"

	"hlspeer/peer/mesh"
)

// watchBoth makes both play, the parent first.
func watchBoth(w *world, parent, child *simPeer) (sn mesh.SN) {
	sn = mesh.SN(w.now()/segmentTime) + 2
	for _, p := range []*simPeer{parent, child} {
		p.watch()
	}
	w.run(time.Duration(sn-1)*segmentTime - w.now())
	return sn
}

// TestSegmentPassesOn: what a parent gets, its child has one hop later.
func TestSegmentPassesOn(t *testing.T) {
	t.Parallel()
	w, strong, weak := pairOfPeers(t, true)
	sn := watchBoth(w, strong, weak)
	for end := w.now() + segmentTime; !strong.piece(sn).done && w.now() < end; {
		w.run(time.Millisecond)
	}
	got := w.now()
	if weak.piece(sn).done {
		t.Error("the child has it before its parent")
	}
	// The child may ask a little later than the parent has it.
	w.run(segmentTime/4 + hopDelay + time.Millisecond)
	if c := weak.piece(sn); !strong.piece(sn).done || !c.done || weak.pieces.p2p == 0 {
		t.Errorf("parent has it at %v, child not a hop later: %+v", got, c)
	}
}

// TestSegmentOfDeadParent: a child whose parent is gone without a word gets its
// segment by HTTP, in time.
func TestSegmentOfDeadParent(t *testing.T) {
	t.Parallel()
	w, strong, weak := pairOfPeers(t, true)
	sn := watchBoth(w, strong, weak)
	strong.die()
	before := weak.pieces.source
	w.run(2 * segmentTime)
	if c := weak.piece(sn); !c.done || weak.pieces.source <= before {
		t.Errorf("not fetched: %+v", c)
	}
	if weak.link(strong.id) != nil && w.now()-strong.diedAt > crashDelay {
		t.Error("the link is still there")
	}
	if w.stats.late > 0 || w.stats.lost > 0 {
		t.Errorf("%+v", w.stats)
	}
}

// TestSegmentLacks: a parent that has nothing to give says so.
func TestSegmentLacks(t *testing.T) {
	t.Parallel()
	w, strong, weak := pairOfPeers(t, true)
	strong.pieces = &pieces{} // it does not watch
	weak.watch()
	w.run(segmentTime + time.Second)
	if w.run(holdTime + time.Second); weak.pieces.p2p > 0 || weak.pieces.source < 2*segmentBytes {
		t.Errorf("%d bytes from a parent that has none, %d by HTTP", weak.pieces.p2p, weak.pieces.source)
	}
}
