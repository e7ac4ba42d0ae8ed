package peer

import (
	"testing"

	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

// TestBytesOfNoUse: what came of a segment that is given up, or that leaves
// the window, was received and thrown away.
func TestBytesOfNoUse(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*track){
		"given up":        func(tr *track) { tr.giveUp(7, mesh.NoAnswer) },
		"left the window": func(tr *track) { tr.forget(func(hls.SN) bool { return true }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr, f := testTrack(t)
			tr.fills[7] = f
			for _, from := range []mesh.PeerID{"", "A", ""} {
				a := tr.begin(f, from, func() {})
				if _, err := a.Write(append(a.before, packets(10)...)); err != nil {
					t.Fatal(err)
				}
			}
			end(tr)
			if sum := tr.ledger.totals(); sum.Wasted != 30*188 || sum.HTTP != 0 || sum.P2P != 0 {
				t.Errorf("%+v, want 5640 bytes wasted", sum)
			}
			if _, still := tr.fills[7]; still || f.filler.Segment().Err() == nil {
				t.Error("the segment is still being filled")
			}
		})
	}
}
