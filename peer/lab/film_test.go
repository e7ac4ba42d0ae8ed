package lab

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"hlspeer/peer"
)

// film is a VOD of a minute: 30 segments of 2 s, 1 Mbit/s. The source takes a
// while for each, as sources do.
func film(peers int, start func(i int) int64) SwarmConfig {
	return SwarmConfig{
		Peers: peers, Uplinks: []int64{10_000_000}, rendition: RenditionVOD, start: start,
		Origin: OriginConfig{BitRate: 1_000_000, Faults: func(*http.Request) Fault { return Fault{Delay: 150 * time.Millisecond} }},
	}
}

// copies is how many copies of a film the source has sent.
func (st *stage) copies() float64 {
	var size int64
	for sn := range st.origin.vodSegments() {
		size += int64(len(st.origin.Segment(RenditionVOD, sn)))
	}
	return float64(st.origin.Bytes()) / float64(size)
}

// directly has a viewer begin at the source itself.
func (st *stage) directly() ViewerReport {
	client := httpClient(st.net)
	defer client.CloseIdleConnections()
	v := NewViewer(ViewerConfig{URL: st.SourceURL(), Client: client})
	ctx, cancel := context.WithTimeout(st.t.Context(), 5*time.Second)
	defer cancel()
	_ = v.Run(ctx) // ends with ctx
	return v.Report()
}

// TestFilm: ten peers watch one film. However they come, nobody stalls, every
// byte is true, and the source sends little more than one copy: at the start
// everybody needs the same at once.
func TestFilm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		every time.Duration
		start func(i int) int64
		most  float64 // copies
	}{
		{name: "at once", most: 2.5},
		{name: "staggered by 5 s", every: 5 * time.Second, most: 2},
		{name: "random positions", every: 2 * time.Second, start: func(i int) int64 { return int64(i*17+5) % 30 }, most: 2.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := film(10, c.start)
			config.JoinEvery = c.every
			play(t, config, func(st *stage) {
				time.Sleep(10*c.every + 70*time.Second)
				st.unharmed()
				r := st.Report()
				n, direct := st.copies(), st.directly().Startup.Seconds()
				t.Logf("%.2f copies from the source (ideal: 1), offload %.1f %%, startup %.2f s (worst %.2f s; at the source itself %.2f s), %d kB wasted",
					n, 100**r.Offload, *r.Startup.P50, *r.Startup.Max, direct, *r.Bytes.Wasted>>10)
				if n > c.most || *r.Startup.Max > 1.2*direct {
					t.Errorf("%.2f copies, want %.1f at most, and the same startup", n, c.most)
				}
				for _, row := range r.Rows {
					if row.Engine != peer.EngineBitTorrent || row.Tracker != "online" {
						t.Errorf("peer %d: engine %s, tracker %s", row.Peer, row.Engine, row.Tracker)
					}
				}
			})
		})
	}
}

// TestFilmSeek: a player that jumps about, at a peer that has just come, gets each
// segment about as fast as from the source itself, and what follows from peers.
func TestFilmSeek(t *testing.T) {
	t.Parallel()
	c := film(4, nil)
	c.Origin.VODLoops = 25 // 150 segments
	c.Stays = []Stay{{}, {}, {From: 5 * time.Second}, {From: 70 * time.Second}}
	play(t, c, func(st *stage) {
		time.Sleep(75 * time.Second)
		began, before := st.origin.Requests().Segments, st.rows()[3].Counts
		var worst time.Duration
		for _, sn := range []int64{40, 23, 35, 28, 45, 32} {
			for ahead := range int64(3) {
				asked := time.Now()
				status, body := st.getFrom(3, fmt.Sprintf("/vod/_/%d/%s", sn+ahead, segmentName(sn+ahead)))
				worst = max(worst, time.Since(asked))
				if status != http.StatusOK || body != string(st.origin.Segment(RenditionVOD, sn+ahead)) {
					t.Errorf("segment %d: status %d, %d bytes", sn, status, len(body))
				}
				time.Sleep(time.Second)
			}
		}
		counts := st.rows()[3].Counts
		t.Logf("longest wait %v (150 ms at the source); meanwhile %d segments from peers, %d by HTTP, %d requests of all at the source",
			worst, counts.P2P-before.P2P, counts.HTTP-before.HTTP, st.origin.Requests().Segments-began)
		if worst > 500*time.Millisecond {
			t.Errorf("a player waited for %v", worst)
		}
		if counts.P2P-before.P2P < 2*(counts.HTTP-before.HTTP) {
			t.Error("most did not come from peers")
		}
		st.honest()
	})
}

// TestFilmLoss: the first peer, which has most, dies in the middle.
func TestFilmLoss(t *testing.T) {
	t.Parallel()
	c := film(4, nil)
	c.JoinEvery = 5 * time.Second
	play(t, c, func(st *stage) {
		time.Sleep(30 * time.Second)
		st.crash(0)
		time.Sleep(60 * time.Second)
		st.unharmed()
		t.Logf("%.2f copies", st.copies())
		if n := st.copies(); n > 2 {
			t.Errorf("%.2f copies from the source, want 2 at most", n)
		}
	})
}

// TestLiveSwarm: a live channel in BitTorrent mode.
func TestLiveSwarm(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 6, Uplinks: []int64{4_000_000}, JoinEvery: 2 * time.Second, adjust: func(_ int, c *peer.Config) {
		c.Engine = peer.EngineBitTorrent
	}}
	play(t, c, func(st *stage) {
		time.Sleep(90 * time.Second)
		st.unharmed()
		r := st.Report()
		t.Logf("offload %.1f %%, level %.1f, behind the edge %.1f s", 100**r.Offload, *r.Level.Mean, *r.BehindEdge.P50)
		if *r.Offload < 0.6 {
			t.Errorf("offload %.2f, want 0.6 or more", *r.Offload)
		}
		for _, row := range r.Rows {
			if row.Engine != peer.EngineBitTorrent || len(row.Neighbours) == 0 {
				t.Errorf("peer %d: engine %s, %d neighbours", row.Peer, row.Engine, len(row.Neighbours))
			}
		}
	})
}
