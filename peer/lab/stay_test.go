package lab

import (
	"testing"
	"time"
)

func TestStayFaults(t *testing.T) {
	t.Parallel()
	for _, s := range []Stay{{From: -1}, {For: -1}} {
		if err := (SwarmConfig{Peers: 1, Stays: []Stay{s}}).Validate(); err == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
}

// TestStays: a peer comes and goes at its time, and what it has seen by then is
// what it is reported to have seen.
func TestStays(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 3, Uplinks: []int64{strong}, Stays: []Stay{{}, {From: 10 * time.Second, For: 20 * time.Second}}}
	play(t, c, func(st *stage) {
		for _, want := range []struct {
			at           time.Duration
			joined, left bool
		}{{9 * time.Second, false, false}, {20 * time.Second, true, false}, {35 * time.Second, true, true}} {
			time.Sleep(want.at - time.Since(st.began))
			if r := st.Rows()[1]; r.Joined != want.joined || r.Left != want.left {
				t.Errorf("after %v: joined %v, left %v, want %v and %v", want.at, r.Joined, r.Left, want.joined, want.left)
			}
		}
		before := st.Rows()[1].Viewer
		time.Sleep(time.Minute)
		if after := st.Rows()[1].Viewer; after != before {
			t.Errorf("its viewer reports %+v, when it left %+v", after, before)
		}
		if n := len(st.tracked()); n != 2 {
			t.Errorf("the tracker knows %d peers, want 2", n)
		}
		st.unharmed()
	})
}
