package lab

import (
	"testing"
	"time"
)

// TestOfferChanges: a peer that feeds another one takes its uplink back while
// both run. The other goes on by HTTP without a stall; when the uplink is offered
// again, it comes back.
func TestOfferChanges(t *testing.T) {
	t.Parallel()
	play(t, SwarmConfig{Peers: 2, Uplinks: []int64{4_000_000, 0}, JoinEvery: 3 * time.Second}, func(st *stage) {
		time.Sleep(30 * time.Second)
		offer := func(bits int64) {
			t.Helper()
			if err := st.members[0].agent.SetUpload(bits); err != nil {
				t.Fatal(err)
			}
		}
		if rows := st.rows(); len(rows[0].Children) != 1 {
			t.Fatalf("children %v before anything changes", rows[0].Children)
		}
		offer(0)
		time.Sleep(5 * time.Second)
		before := st.rows()
		if len(before[0].Children) != 0 {
			t.Errorf("children %v without an uplink", before[0].Children)
		}
		time.Sleep(time.Minute)
		during := st.rows()
		if p2p := during[1].Bytes.P2P - before[1].Bytes.P2P; p2p != 0 || len(during[0].Children) != 0 {
			t.Errorf("%d bytes from a peer without an uplink, children %v", p2p, during[0].Children)
		}
		offer(4_000_000)
		time.Sleep(3 * time.Minute) // a root asks once a minute
		after := st.rows()
		if len(after[0].Children) != 1 || after[1].Bytes.P2P == during[1].Bytes.P2P {
			t.Errorf("children %v, %d bytes from peers after the uplink is there again", after[0].Children, after[1].Bytes.P2P-during[1].Bytes.P2P)
		}
		st.unharmed()
	})
}
