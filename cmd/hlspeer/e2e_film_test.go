//go:build e2e

package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"hlspeer/peer"
	"hlspeer/peer/lab"
)

// sixty is a film of a minute, of 30 segments.
var sixty = form{name: "film", list: "index.m3u8", args: oneOfEach + "-t 60 -c copy -f hls -hls_time 2 -hls_playlist_type vod" + tsFiles}

// startFilm makes the film.
func startFilm(t *testing.T) *channel {
	t.Helper()
	path, err := shortFilm()
	if err != nil {
		t.Fatal(err)
	}
	s := startSource(t, nil)
	s.make(t, sixty, "-stream_loop -1 -i "+path)
	return &channel{s, s.url("film", sixty)}
}

// copies is how often the source has sent the whole film, in bytes, the samples
// of audits with them.
func (c *channel) copies(t *testing.T) float64 {
	t.Helper()
	var film int64
	files, err := filepath.Glob(filepath.Join(c.dir, sixty.name, "*.ts"))
	for _, f := range files {
		info, fault := os.Stat(f)
		if fault != nil {
			t.Fatal(fault)
		}
		film += info.Size()
	}
	if err != nil || film == 0 {
		t.Fatalf("no film: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return float64(c.sent["film"]) / float64(film)
}

// neighbours awaits a peer's first link in its swarm.
func (n *node) neighbours() {
	n.t.Helper()
	await(n.t, n.name+" has a neighbour", 20*time.Second, func() bool {
		s, ok := n.track()
		return ok && len(s.Neighbours) > 0 && s.Engine == peer.EngineBitTorrent
	})
}

// TestE2EFilm: three processes begin a film 5 s after each other, and are joined
// by a player that jumps about. Every byte is the source's, those who come later
// have most of it from others, and the source sends little more than one copy,
// also when the first peer is killed in the middle.
func TestE2EFilm(t *testing.T) {
	for _, kill := range []bool{false, true} {
		t.Run(fmt.Sprintf("kill=%v", kill), func(t *testing.T) {
			t.Parallel()
			playFilm(t, kill)
		})
	}
}

func playFilm(t *testing.T, kill bool) {
	src := startFilm(t)
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--report-span", "5s").address("tracker")
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	args := []string{src.url, "--tracker", at, "--upload", "40Mbps"}
	names := []string{"first", "second", "third"}
	nodes, viewers := make([]*node, len(names)), make([]*lab.Viewer, len(names))
	check := src.source.check(sixty.name)
	watching, leave := context.WithCancel(ctx) // of the first
	for i, name := range names {
		began := time.Now()
		nodes[i] = startPeer(t, name, args...)
		viewers[i] = watch(watching, t, &wg, nodes[i].play, check)
		watching = ctx
		if i > 0 {
			nodes[i].neighbours()
		}
		await(t, "it is time for the next", 10*time.Second, func() bool { return time.Since(began) > 5*time.Second })
	}
	if kill {
		leave()
		nodes[0].stop(syscall.SIGKILL)
		nodes, viewers, names = nodes[1:], viewers[1:], names[1:]
	}
	defer leave()
	jumper := startPeer(t, "jumper", args...)
	jumps(t, jumper, src)
	nodes, names = append(nodes, jumper), append(names, "jumper")
	await(t, "all have seen the film", 90*time.Second, func() bool {
		for _, v := range viewers {
			if v.Report().Segments < 30 {
				return false
			}
		}
		return true
	})
	for i, v := range viewers {
		clean(t, names[i], v, 30)
	}
	for i, n := range nodes {
		c := counts(n)
		t.Logf("%s: %d segments by HTTP, %d from peers, offload %.2f", names[i], c.http, c.p2p, c.offload)
		if (kill || i > 0) && c.p2p <= c.http {
			t.Errorf("%s took %d segments from peers and %d by HTTP, want most from peers", names[i], c.p2p, c.http)
		}
	}
	n := src.copies(t)
	t.Logf("the source has sent %.2f copies to 4 peers", n)
	if n > 2 {
		t.Errorf("the source has sent %.2f copies, want 2 at most", n)
	}
}

// jumps plays from several places of the film with ffmpeg.
func jumps(t *testing.T, n *node, src *channel) {
	t.Helper()
	var ratios []float64
	for _, to := range []time.Duration{40 * time.Second, 10 * time.Second, 50 * time.Second, 20 * time.Second} {
		times := map[bool]time.Duration{}
		for _, direct := range []bool{true, false} {
			url := n.play
			if direct {
				url = src.source.url("direct-jumps", sixty)
			}
			m := newMeter(4 * time.Second)
			args := append([]string{"ffmpeg", "-ss", seconds(to)}, ffmpegDecodes(url, 4*time.Second)[1:]...)
			got := m.ended(program{args: args, hear: m.ffmpegSays}.run(t.Context()))
			if len(got.faults) > 0 || got.frames < 100 {
				t.Errorf("from %v, direct=%v: %d frames, %q", to, direct, got.frames, got.faults)
			}
			times[direct] = got.firstFrame
		}
		t.Logf("first frame at %v: %v, at the source itself %v", to, times[false].Round(time.Millisecond), times[true].Round(time.Millisecond))
		ratios = append(ratios, times[false].Seconds()/times[true].Seconds())
	}
	slices.Sort(ratios)
	t.Logf("first frame after a jump against the source itself: ratio %.2f (median), %.2f (worst)", (ratios[1]+ratios[2])/2, ratios[len(ratios)-1])
}

// TestE2ELiveSwarm: a live channel in BitTorrent mode.
func TestE2ELiveSwarm(t *testing.T) {
	src := startChannel(t)
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--report-span", "5s").address("tracker")
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	var nodes []*node
	var viewers []*lab.Viewer
	for i := range 3 {
		n := startPeer(t, fmt.Sprintf("peer %d", i+1), src.url, "--tracker", at, "--upload", "20Mbps", "--engine", "bittorrent")
		nodes = append(nodes, n)
		viewers = append(viewers, watch(ctx, t, &wg, n.play, src.check))
	}
	for _, n := range nodes {
		n.neighbours()
	}
	player := ffmpegPlays(t, "peer 3", nodes[2].play, 30*time.Second)
	player.playedWell(60 * time.Second)
	var http, p2p int64
	for i, n := range nodes {
		clean(t, n.name, viewers[i], 14)
		c := counts(n)
		t.Logf("%s: %d segments by HTTP, %d from peers", n.name, c.http, c.p2p)
		http, p2p = http+c.http, p2p+c.p2p
	}
	if p2p <= http {
		t.Errorf("%d segments from peers and %d by HTTP, want most from peers", p2p, http)
	}
}
