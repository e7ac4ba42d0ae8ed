package lab

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"
)

// watchAll has a new viewer at each peer for d and gives their reports.
func (st *stage) watchAll(rendition string, d time.Duration) []ViewerReport {
	st.t.Helper()
	reports := make([]ViewerReport, len(st.members))
	var viewers sync.WaitGroup
	ctx, cancel := context.WithTimeout(st.t.Context(), d)
	defer cancel()
	for i, m := range st.members {
		viewers.Go(func() {
			client := httpClient(st.net)
			defer client.CloseIdleConnections()
			v := NewViewer(ViewerConfig{
				URL: "http://" + m.proxy.Addr().String() + m.agent.PlayPaths()[0], Client: client, Check: st.checks(rendition),
			})
			_ = v.Run(ctx) // ends with ctx
			reports[i] = v.Report()
		})
	}
	viewers.Wait()
	return reports
}

// TestRestart: the source begins anew and gives names and numbers that were in
// use to other bytes. Nobody is shown the old ones, and peers share the new.
func TestRestart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rendition string
		first     func(edge int64) int64
	}{
		"from the beginning": {RenditionMain, func(int64) int64 { return 0 }},
		"a little back":      {RenditionMain, func(edge int64) int64 { return edge - 3 }},
		"one file":           {RenditionRanges, func(edge int64) int64 { return edge - 2 }},
		"a file of MP4":      {RenditionOneFile, func(int64) int64 { return 2 }},
		"going on":           {RenditionFMP4, func(edge int64) int64 { return edge + 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := SwarmConfig{Peers: 3, rendition: tt.rendition, Uplinks: []int64{strong}, JoinEvery: time.Second}
			play(t, c, func(st *stage) {
				time.Sleep(31300 * time.Millisecond) // between two segments and two polls
				st.unharmed()
				st.origin.Restart(tt.first(st.origin.edge()))
				st.mixed = true
				time.Sleep(10 * time.Second)
				before := st.rows()
				for i, v := range st.watchAll(tt.rendition, 30*time.Second) {
					if v.Bad > 0 || v.Stalls > 0 || v.Lost > 0 || v.Segments < 12 {
						t.Errorf("a new viewer of peer %d saw %+v", i+1, v)
					}
				}
				st.sharedSince(before, 1)
				st.honest()
			})
		})
	}
}

// TestRestartedOrigin: what an origin says after a restart.
func TestRestartedOrigin(t *testing.T) {
	t.Parallel()
	now := began.Add(time.Minute)
	o := NewOrigin(OriginConfig{Start: began, Now: func() time.Time { return now }})
	old := string(o.Segment(RenditionMain, 27))
	o.Restart(27)
	if r := get(t, o, "/live.m3u8"); r.StatusCode != http.StatusNotFound {
		t.Errorf("status %d before the first segment", r.StatusCode)
	}
	now = now.Add(4 * time.Second)
	if low, high := o.available(RenditionMain); low != 27 || high != 28 {
		t.Errorf("%d to %d are there, want 27 and 28", low, high)
	}
	if string(o.Segment(RenditionMain, 27)) == old {
		t.Error("the content is the same as before")
	}
}
