package lab

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestBackup: the source fails in mid-stream, in one way or another. Peers go
// over to the backup before their viewers notice, and go on sharing.
func TestBackup(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault     Fault
		freezes   bool // the playlist does not change any more
		rendition string
	}{
		"refuses":        {Fault{Status: http.StatusServiceUnavailable}, false, RenditionMain},
		"is gone":        {Fault{Status: http.StatusNotFound}, false, RenditionFMP4},
		"is a page":      {Fault{Body: []byte("<html>sorry</html>")}, false, RenditionMain},
		"falls silent":   {Fault{Hang: true}, false, RenditionRanges},
		"does not go on": {Fault{}, true, RenditionMain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dead atomic.Bool
			var frozen atomic.Int64
			c := SwarmConfig{
				Peers: 3, rendition: tt.rendition, Uplinks: []int64{strong}, JoinEvery: time.Second, backup: &OriginConfig{},
				Origin: OriginConfig{
					Now: func() time.Time {
						if n := frozen.Load(); n > 0 {
							return time.Unix(0, n)
						}
						return time.Now()
					},
					Faults: func(*http.Request) Fault {
						if dead.Load() {
							return tt.fault
						}
						return Fault{}
					},
				},
			}
			play(t, c, func(st *stage) {
				time.Sleep(21 * time.Second)
				st.unharmed()
				dead.Store(!tt.freezes)
				if tt.freezes {
					frozen.Store(time.Now().UnixNano())
				}
				time.Sleep(20 * time.Second)
				for i, m := range st.members {
					if s := m.agent.Status().Channels[0].Source; !strings.HasPrefix(s, "http://"+st.refuge.Addr().String()) {
						t.Errorf("peer %d is at %s", i+1, s)
					}
				}
				for _, r := range st.rows() {
					v := r.Viewer
					if v.Lost > 0 || v.Wrong > 0 || v.StallTime > 0 && !tt.freezes {
						t.Errorf("peer %d: %d stalls of %.1f s in all, %d lost, %d wrong", r.Peer, v.Stalls, v.StallTime, v.Lost, v.Wrong)
					}
					// A viewer that was three segments behind has played them when the
					// silence has lasted for three target durations.
					if v.StallTime > 1.5 {
						t.Errorf("peer %d: %d stalls of %.1f s in all", r.Peer, v.Stalls, v.StallTime)
					}
				}
				st.sharing(20*time.Second, 1)
			})
		})
	}
}

// TestOtherBackup: the backup counts its segments in its own way. Players that
// come see its numbers and no others, and peers share.
func TestOtherBackup(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"lower numbers": -20 * time.Second, "higher numbers": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dead atomic.Bool
			c := SwarmConfig{
				Peers: 3, Uplinks: []int64{strong}, JoinEvery: time.Second, backup: &OriginConfig{},
				Origin: OriginConfig{Faults: func(*http.Request) Fault {
					if dead.Load() {
						return Fault{Status: http.StatusBadGateway}
					}
					return Fault{}
				}},
			}
			prepared(t, c, func(st *stage) { st.spare.life.start = time.Now().Add(-ahead - 12*time.Second) }, func(st *stage) {
				time.Sleep(21300 * time.Millisecond)
				dead.Store(true)
				time.Sleep(10 * time.Second)
				before := st.rows()
				for i, v := range st.watchAll(RenditionMain, 30*time.Second) {
					if v.Bad > 0 || v.Stalls > 0 || v.Lost > 0 || v.Segments < 12 || v.LastSN != st.spare.edge() && v.LastSN != st.spare.edge()-1 {
						t.Errorf("a new viewer of peer %d saw %+v", i+1, v)
					}
				}
				st.sharedSince(before, 1)
			})
		})
	}
}
