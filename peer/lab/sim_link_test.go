package lab

import (
	"slices"
	"testing"
	"time"

	"hlspeer/peer/mesh"
	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

// pairOfPeers makes a strong peer that is a root, and one that it feeds.
func pairOfPeers(t *testing.T, crashes bool) (w *world, strong, weak *simPeer) {
	t.Helper()
	c := DefaultSimConfig()
	c.TopologyOnly = true
	w = newWorld(c.complete())
	strong = w.newPeer(person{uplink: 5.6e6, slots: 8, isp: "A", crashes: crashes})
	weak = w.newPeer(person{isp: "A"})
	for w.cannotConnect(strong, weak) {
		w.config.Seed++
	}
	for i, p := range []*simPeer{strong, weak} {
		p.step(mesh.Rated{Stream: streamRate})
		w.after(time.Duration(i)*5*time.Second, p.enter)
	}
	w.run(10 * time.Second)
	if l := weak.link(strong.id); l == nil || !l.live() || l.substreams != 4 {
		t.Fatalf("not linked: %+v", l)
	}
	return w, strong, weak
}

// run lets the world go on for some time.
func (w *world) run(d time.Duration) {
	end := w.now() + d
	for w.queue.next(end) {
		continue
	}
}

// TestSimulatedEnd: who says goodbye is missed at once, who crashes only when
// the link and the socket are found dead.
func TestSimulatedEnd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		crashes bool
		notice  time.Duration
	}{{"leaves", false, leaveDelay}, {"crashes", true, crashDelay}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, strong, weak := pairOfPeers(t, tt.crashes)
			strong.die()
			inRoom := func() bool {
				return slices.ContainsFunc(w.desk.Snapshot().Peers, func(p tracker.PeerSnapshot) bool {
					return p.ID == signaling.PeerID(strong.id)
				})
			}
			w.run(tt.notice - time.Millisecond)
			if c := w.look(); c.fed != 0 {
				t.Errorf("a dead parent feeds %d substreams", c.fed)
			}
			if weak.link(strong.id) == nil || !inRoom() {
				t.Error("noticed too early")
			}
			w.run(2 * time.Millisecond)
			if weak.link(strong.id) != nil || inRoom() {
				t.Error("not noticed in time")
			}
		})
	}
}

// TestPairsFail: one pair in ten or so cannot connect, always the same.
func TestPairsFail(t *testing.T) {
	t.Parallel()
	w := newWorld(DefaultSimConfig())
	near, far, total := 0, 0, 0
	var all []*simPeer
	for i := range 200 {
		all = append(all, w.newPeer(person{isp: ispMix[i%2*10]}))
	}
	for i, a := range all {
		for _, b := range all[:i] {
			total++
			fails := w.cannotConnect(a, b)
			if fails != w.cannotConnect(b, a) {
				t.Fatal("it depends on who dials")
			}
			switch {
			case fails && a.isp == b.isp:
				near++
			case fails:
				far++
			}
		}
	}
	if n, f := 200*near/total, 200*far/total; n < 7 || n > 9 || f < 14 || f > 16 {
		t.Errorf("%d %% of the near and %d %% of the far pairs fail, want 8 and 15", n, f)
	}
}
