package lab

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"hlspeer/signaling/tracker"
)

// guarded directs a swarm whose tracker stands behind a gate, with nothing
// behind it yet.
func guarded(t *testing.T, c SwarmConfig, act func(st *stage, g *gate)) {
	t.Helper()
	var g *gate
	prepared(t, c, func(st *stage) { g = guard(st.Swarm) }, func(st *stage) { act(st, g) })
}

// open puts a new tracker behind the gate.
func (st *stage) open(g *gate) (stop func()) {
	st.t.Helper()
	return st.openAs(g, tracker.DefaultConfig())
}

// openAs does so with one that is configured otherwise.
func (st *stage) openAs(g *gate, c tracker.Config) (stop func()) {
	st.t.Helper()
	stop, err := g.run(c)
	if err != nil {
		st.t.Fatal(err)
	}
	return stop
}

// TestTrackerComesLate: it cannot be reached when the peers begin, or answers
// with what no tracker says. They play by HTTP, and meet once it is there.
func TestTrackerComesLate(t *testing.T) {
	t.Parallel()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>welcome</html>")
	})
	broken := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "oops", http.StatusInternalServerError)
	})
	mute := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for name, h := range map[string]http.Handler{
		"closed": nil, "500": broken, "HTML": page, "silent": mute, "404": http.NotFoundHandler(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guarded(t, SwarmConfig{Peers: 3, JoinEvery: time.Second}, func(st *stage, g *gate) {
				if h == nil {
					g.close()
				} else {
					g.behind(h)
				}
				time.Sleep(40 * time.Second)
				for _, r := range st.rows() {
					if r.Tracker == "online" || r.PeerID != "" {
						t.Errorf("peer %d is %s as %q, there is no tracker", r.Peer, r.Tracker, r.PeerID)
					}
				}
				st.unharmed()
				defer st.open(g)()
				g.close() // who waits for an answer of the one before
				g.open()
				time.Sleep(2 * time.Minute) // the longest back-off
				st.sharing(20*time.Second, 1)
				st.unharmed()
			})
		})
	}
}

// TestTrackerAway: it goes away for a minute and comes back knowing nothing,
// under the same address. Peers keep their ids and links, and tell it of them;
// who joined meanwhile, or joins later, gets parents. Where one of these comes
// before the others are back, it begins the mesh anew as its root, and the
// tracker may then move one of the others.
func TestTrackerAway(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 5, Uplinks: []int64{strong}, JoinEvery: 45 * time.Second}
	guarded(t, c, func(st *stage, g *gate) {
		stop := st.open(g)
		time.Sleep(120 * time.Second) // three have joined
		before := st.graph()
		g.close()
		stop()
		time.Sleep(60 * time.Second) // the fourth joins in vain
		defer st.open(g)()
		g.open()
		during := st.graph()
		time.Sleep(90 * time.Second) // the fifth joins
		after := st.graph()
		moved := 0
		for id, parents := range before {
			if id == "" {
				continue // not yet joined
			}
			if len(parents) > 0 && !slices.Equal(after[id], parents) {
				moved++
			}
			if _, kept := after[id]; !kept || !slices.Equal(during[id], parents) || moved > 1 {
				t.Errorf("%s had the parents %v, in the outage %v, afterwards %v", id, parents, during[id], after[id])
			}
		}
		if told := st.known(t); !maps.EqualFunc(told, after, slices.Equal) {
			t.Errorf("the tracker believes %v, the peers have %v", told, after)
		}
		st.sharing(20*time.Second, 1)
		st.unharmed()
	})
}

// TestTrackerFlaps: it comes and goes faster than peers can settle.
func TestTrackerFlaps(t *testing.T) {
	t.Parallel()
	guarded(t, SwarmConfig{Peers: 3, JoinEvery: time.Second}, func(st *stage, g *gate) {
		for _, up := range []time.Duration{50, 500, 3000, 11000, 100, 7000} {
			stop := st.open(g)
			g.open()
			time.Sleep(up * time.Millisecond)
			g.close()
			stop()
			time.Sleep(8 * time.Second)
		}
		defer st.open(g)()
		g.open()
		time.Sleep(2 * time.Minute)
		st.sharing(20*time.Second, 1)
		st.unharmed()
	})
}
