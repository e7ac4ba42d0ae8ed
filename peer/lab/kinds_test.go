package lab

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hlspeer/peer"
)

// get asks the proxy of peer 1 for a path.
func (st *stage) get(path string) (status int, body string) {
	st.t.Helper()
	return st.getFrom(0, path)
}

// getFrom asks the proxy of peer i.
func (st *stage) getFrom(i int, path string) (status int, body string) {
	st.t.Helper()
	client := httpClient(st.net)
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://" + st.members[i].proxy.Addr().String() + path)
	if err != nil {
		st.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		st.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// watch has one more viewer watch a path of peer 1 for d and gives its report.
func (st *stage) watch(path, rendition string, d time.Duration) ViewerReport {
	st.t.Helper()
	client := httpClient(st.net)
	defer client.CloseIdleConnections()
	v := NewViewer(ViewerConfig{
		URL: "http://" + st.members[0].proxy.Addr().String() + path, Client: client, Check: st.checks(rendition),
	})
	ctx, cancel := context.WithTimeout(st.t.Context(), d)
	defer cancel()
	_ = v.Run(ctx) // ends with ctx, or with the playlist
	return v.Report()
}

// TestWithoutPeers: the engine "none", and no tracker, make a caching proxy.
func TestWithoutPeers(t *testing.T) {
	t.Parallel()
	for name, adjust := range map[string]func(int, *peer.Config){
		"engine none": func(_ int, c *peer.Config) { c.Engine = peer.EngineNone },
		"no tracker":  func(_ int, c *peer.Config) { c.Schedulers, c.Announces, c.Signalers = nil, nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, SwarmConfig{Peers: 2, adjust: adjust}, func(st *stage) {
				again := st.watch(st.members[0].agent.PlayPaths()[0], RenditionMain, 30*time.Second)
				st.unharmed()
				if again.Stalls > 0 || again.Bad > 0 || again.Lost > 0 || again.Segments < 14 {
					t.Errorf("a second player of peer 1 saw %+v", again)
				}
				for _, r := range st.rows() {
					if r.Counts.P2P > 0 || r.Tracker != "off" || r.Engine != peer.EngineNone {
						t.Errorf("peer %d: engine %s, tracker %s, %d segments from peers", r.Peer, r.Engine, r.Tracker, r.Counts.P2P)
					}
				}
				for key, n := range st.origin.Requests().BySegment {
					if n > 2 {
						t.Errorf("segment %d was fetched %d times by two peers", key.SN, n)
					}
				}
			})
		})
	}
}

// TestOnDemand: a finite channel is played to its end, fetched once, a little
// ahead of the player, who may also seek.
func TestOnDemand(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 1, rendition: RenditionVOD}
	play(t, c, func(st *stage) {
		time.Sleep(75 * time.Second)
		st.unharmed()
		if v := st.rows()[0].Viewer; v.Segments != 30 {
			t.Errorf("the viewer saw %d segments of 30", v.Segments)
		}
		for key, n := range st.origin.Requests().BySegment {
			if n > 1 {
				t.Errorf("segment %d was fetched %d times", key.SN, n)
			}
		}
	})
}

// TestOnDemandSeek: without a swarm two segments are fetched ahead, wherever the
// player is.
func TestOnDemandSeek(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 1, rendition: RenditionVOD, JoinEvery: time.Second, adjust: func(_ int, c *peer.Config) {
		c.Engine = peer.EngineNone
	}, Origin: OriginConfig{
		VODLoops: 50, Faults: func(*http.Request) Fault { return Fault{Delay: 100 * time.Millisecond} },
	}}
	play(t, c, func(st *stage) {
		time.Sleep(500 * time.Millisecond)
		for _, sn := range []int64{200, 100, 299, 0, 150, 151, 152, 299} {
			status, body := st.get(fmt.Sprintf("/vod/_/%d/%s", sn, segmentName(sn)))
			if status != http.StatusOK || body != string(st.origin.Segment(RenditionVOD, sn)) {
				t.Errorf("segment %d: status %d, %d bytes", sn, status, len(body))
			}
			time.Sleep(time.Second)
		}
		asked := st.origin.Requests().BySegment
		for _, sn := range []int64{201, 202, 101, 102, 1, 2, 153, 154} {
			if asked[SegmentKey{RenditionVOD, sn}] != 1 {
				t.Errorf("segment %d, soon to be played, was fetched %d times, want once", sn, asked[SegmentKey{RenditionVOD, sn}])
			}
		}
		if n := asked[SegmentKey{RenditionVOD, 203}]; n != 0 {
			t.Error("segment 203 was fetched, nobody is near it")
		}
		if status, _ := st.get("/vod/_/300/seg-300.ts"); status != http.StatusNotFound {
			t.Errorf("status %d for a segment that there is not", status)
		}
		st.honest()
	})
}

// TestMaster: renditions with the same names inside are told apart, by the
// cache and by the mesh, and stop when nobody watches.
func TestMaster(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 3, rendition: RenditionLow, Uplinks: []int64{strong}, JoinEvery: 2 * time.Second}
	var master string
	c.adjust = func(_ int, c *peer.Config) {
		master = strings.Replace(c.Channels[0].URL, "/low/live.m3u8", "/master.m3u8", 1)
		c.Channels[0].URL = master
	}
	play(t, c, func(st *stage) {
		st.mixed = true
		time.Sleep(5 * time.Second)
		_, text := st.get(st.members[0].agent.PlayPaths()[0])
		high := st.play(text, 1)
		v := st.watch(high, RenditionHigh, 30*time.Second)
		if v.Stalls > 0 || v.Bad > 0 || v.Segments < 14 {
			t.Errorf("the viewer of the other rendition saw %+v", v)
		}
		if n := len(st.members[0].agent.Status().Channels[0].Tracks); n != 2 {
			t.Errorf("%d tracks run, want 2", n)
		}
		st.unharmed()
		st.sharing(20*time.Second, 1)
		time.Sleep(60 * time.Second)
		if n := len(st.members[0].agent.Status().Channels[0].Tracks); n != 1 {
			t.Errorf("%d tracks run a minute after the last player left one, want 1", n)
		}
		if v := st.watch(high, RenditionHigh, 10*time.Second); v.Bad > 0 || v.Segments < 4 {
			t.Errorf("the viewer that came back saw %+v", v)
		}
		for _, path := range []string{
			"/master/0000000000000000/live.m3u8", "/master/_/3/seg-3.ts", "/other/live.m3u8", "/master/x/y/z",
			strings.Replace(high, "live.m3u8", "999999/seg-999999.ts", 1),
		} {
			if status, _ := st.get(path); status != http.StatusNotFound {
				t.Errorf("%s: status %d, want 404", path, status)
			}
		}
		st.unharmed()
	})
}

// play is the path of the n-th playlist that a master playlist of a proxy
// names.
func (st *stage) play(text string, n int) string {
	st.t.Helper()
	var paths []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			paths = append(paths, line)
		}
	}
	if n >= len(paths) {
		st.t.Fatalf("%d renditions in\n%s", len(paths), text)
	}
	path := paths[n]
	if !strings.HasPrefix(path, "/") {
		path = "/master/" + path
	}
	return path
}

// TestManyChannels: several channels in one agent share one small budget and
// do not mix.
func TestManyChannels(t *testing.T) {
	t.Parallel()
	const budget = 2 << 20
	c := SwarmConfig{Peers: 2, JoinEvery: time.Second, CacheBytes: budget, Origin: OriginConfig{BitRate: 600_000}}
	c.adjust = func(_ int, c *peer.Config) {
		base := strings.TrimSuffix(c.Channels[0].URL, "/live.m3u8")
		c.Channels = append(c.Channels,
			peer.ChannelConfig{URL: base + "/low/live.m3u8"}, peer.ChannelConfig{URL: base + "/high/live.m3u8"})
	}
	play(t, c, func(st *stage) {
		var wg sync.WaitGroup
		paths := st.members[0].agent.PlayPaths()
		for i, rendition := range []string{RenditionMain, RenditionLow, RenditionHigh} {
			wg.Go(func() {
				v := st.watch(paths[i], rendition, 40*time.Second)
				if v.Stalls > 0 || v.Bad > 0 || v.Lost > 0 || v.Segments < 18 {
					t.Errorf("the viewer of %s saw %+v", paths[i], v)
				}
			})
		}
		for range 39 {
			time.Sleep(time.Second)
			for i, m := range st.members {
				if s := m.agent.Status(); s.CacheUsed > budget || s.CacheLimit != budget {
					t.Errorf("peer %d holds %d bytes of %d", i+1, s.CacheUsed, s.CacheLimit)
				}
			}
		}
		wg.Wait()
		st.honest()
	})
}

// TestNoUplink: who offers no uplink has no children.
func TestNoUplink(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 3, Uplinks: []int64{0}, JoinEvery: time.Second}
	play(t, c, func(st *stage) {
		time.Sleep(45 * time.Second)
		st.unharmed()
		for _, r := range st.rows() {
			if len(r.Children) > 0 || r.Bytes.Uploaded > 0 || r.Bytes.P2P > 0 {
				t.Errorf("peer %d: %d children, %d bytes sent, %d from peers", r.Peer, len(r.Children), r.Bytes.Uploaded, r.Bytes.P2P)
			}
		}
	})
}

// TestSmallCache: a budget of four segments is enough to share a channel.
func TestSmallCache(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{
		Peers: 3, Uplinks: []int64{strong}, JoinEvery: 2 * time.Second, CacheBytes: 1 << 20,
		Origin: OriginConfig{BitRate: 1_000_000},
	}
	play(t, c, func(st *stage) {
		time.Sleep(20 * time.Second)
		st.sharing(30*time.Second, 1)
		st.unharmed()
		for i, m := range st.members {
			if s := m.agent.Status(); s.CacheUsed > 1<<20 {
				t.Errorf("peer %d holds %d bytes", i+1, s.CacheUsed)
			}
		}
	})
}

// TestLargePackets: attachments larger than what may leave at once.
func TestLargePackets(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 2, Uplinks: []int64{strong}, JoinEvery: time.Second, Origin: OriginConfig{BitRate: 1_000_000}}
	c.adjust = func(_ int, c *peer.Config) { c.Link.PacketSize = 128 << 10 }
	play(t, c, func(st *stage) {
		time.Sleep(20 * time.Second)
		st.sharing(20*time.Second, 1)
		st.unharmed()
	})
}
