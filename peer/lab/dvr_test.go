package lab

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestDVR: a live playlist names ten minutes, or everything since its start. One
// player at the edge and one at the beginning of it both play, with little
// memory; what nobody plays is not fetched, and hardly anything twice.
func TestDVR(t *testing.T) {
	t.Parallel()
	const listed = 10 * time.Minute
	for name, origin := range map[string]OriginConfig{"window": {Window: 300}, "event": {Window: 300, Event: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const budget = 2 << 20
			origin.Faults = func(*http.Request) Fault { return Fault{Delay: 50 * time.Millisecond} }
			c := SwarmConfig{Peers: 3, Uplinks: []int64{strong}, JoinEvery: time.Second, CacheBytes: budget, Origin: origin, adjust: unaudited}
			play(t, c, func(st *stage) {
				time.Sleep(20 * time.Second)
				first := st.origin.windowStart(st.origin.edge())
				if edge := st.origin.edge(); edge-first < int64(listed/clipDuration)-1 {
					t.Fatalf("the list has %d segments", edge-first+1)
				}
				for key := range st.origin.Requests().BySegment {
					if key.SN < first+280 {
						t.Errorf("segment %d was fetched, and nobody is near it", key.SN)
					}
				}
				m := st.members[1]
				v := NewViewer(ViewerConfig{
					URL: "http://" + m.proxy.Addr().String() + m.agent.PlayPaths()[0], Client: m.viewer.config.Client,
					FromStart: true, Check: st.checks(RenditionMain),
				})
				ctx, cancel := context.WithTimeout(st.t.Context(), time.Minute)
				defer cancel()
				var player sync.WaitGroup
				player.Go(func() { _ = v.Run(ctx) }) // ends with ctx
				before := st.rows()
				for range 58 {
					time.Sleep(time.Second)
					if s := m.agent.Status(); s.CacheUsed > budget {
						t.Errorf("%d bytes are held", s.CacheUsed)
					}
				}
				if r := v.Report(); r.Stalls > 0 || r.Bad > 0 || r.Lost > 0 || r.Segments < 30 || r.LastSN > first+80 {
					t.Errorf("the viewer at the beginning saw %+v", r)
				}
				st.unharmed()
				for i, r := range st.rows() {
					if i > 0 && r.Counts.P2P-before[i].Counts.P2P < 20 {
						t.Errorf("peer %d took %d segments from others", r.Peer, r.Counts.P2P-before[i].Counts.P2P)
					}
					if n := r.Counts.Late - before[i].Counts.Late; n > 0 {
						t.Errorf("peer %d: %d segments late", r.Peer, n)
					}
				}
				for key, n := range st.origin.Requests().BySegment {
					if n > 3 || key.SN < first+280 && n > 1 {
						t.Errorf("segment %d was fetched %d times", key.SN, n)
					}
				}
				cancel()
				player.Wait()
			})
		})
	}
}
