package lab

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"hlspeer/signaling/tracker"
)

// TestTrackerFull: those for whom a tracker has no room play by HTTP, ask again
// now and then, and are let in when somebody leaves.
func TestTrackerFull(t *testing.T) {
	t.Parallel()
	guarded(t, SwarmConfig{Peers: 3, JoinEvery: 5 * time.Second}, func(st *stage, g *gate) {
		c := tracker.DefaultConfig()
		c.MaxPeersPerChannel = 1
		defer st.openAs(g, c)()
		var knocks atomic.Int64
		inside := *g.inside.Load()
		g.behind(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/ws" {
				knocks.Add(1)
			}
			inside.ServeHTTP(w, r)
		}))
		time.Sleep(2 * time.Minute)
		online := func() (n int) {
			for _, r := range st.rows() {
				if r.Tracker == "online" {
					n++
				}
			}
			return n
		}
		if n := online(); n != 1 {
			t.Errorf("%d peers are in a channel for one", n)
		}
		if n := knocks.Load(); n < 5 || n > 30 {
			t.Errorf("%d tries to enter in two minutes", n)
		}
		st.unharmed()
		for i, r := range st.rows() {
			if r.Tracker == "online" {
				st.quit(i)
			}
		}
		time.Sleep(65 * time.Second) // the longest back-off, and some
		if n := online(); n != 1 {
			t.Errorf("%d peers are in a channel with room for one", n)
		}
		st.unharmed()
	})
}
