//go:build e2e

package main_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hlspeer/peer"
	"hlspeer/peer/lab"
)

// watched is a peer with who looks at it: a viewer that compares every byte, and
// a real player.
type watched struct {
	*node
	name   string
	viewer *lab.Viewer
	player *process
	before peer.TrackBytes
}

// TestE2ELateComer: five processes, each watched by a real player. Weak peers
// hang below each other and a medium one when a strong one joins; it rises above
// those that were there before, while everybody plays on. All of that is seen on
// the topology feed.
func TestE2ELateComer(t *testing.T) {
	src := startChannel(t)
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--report-span", "5s").address("tracker")
	feed := watchTopology(t, at, src.url)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()

	join := func(name, upload string, playFor time.Duration) *watched {
		n := &watched{node: startPeer(t, name, src.url, "--tracker", at, "--upload", upload), name: name}
		n.viewer = watch(ctx, t, &wg, n.play, src.check)
		if name == "weak 3" {
			n.player = start(t, "mpv at "+name, "mpv", "--no-config", "--vo=null", "--ao=null", "--really-quiet", "--length="+seconds(playFor), n.play)
		} else {
			n.player = ffmpegPlays(t, name, n.play, playFor)
		}
		await(t, name+" is known to the tracker", 20*time.Second, func() bool {
			s, _ := n.track()
			feed.call(s.PeerID, name)
			_, ok := feed.levels()[name]
			return ok && s.PeerID != ""
		})
		return n
	}
	const settle = 60 * time.Second // before the tracker moves a peer
	medium := join("medium", "5Mbps", 95*time.Second)
	began := time.Now()
	all := []*watched{medium}
	for _, name := range []string{"weak 1", "weak 2", "weak 3"} {
		all = append(all, join(name, "3700kbps", 80*time.Second))
		await(t, name+" has a parent", 20*time.Second, func() bool { return feed.levels()[name] > 0 })
	}
	t.Logf("levels before: %v", feed.levels())
	if n := feed.lowest(); n < 2 {
		t.Errorf("the mesh has %d levels below the source's, want 2 or more", n)
	}
	await(t, "the first ones have settled", settle+10*time.Second, func() bool { return time.Since(began) > settle })
	joined := time.Now()
	late := join("late", "40Mbps", 40*time.Second)
	all = append(all, late)
	await(t, "the late-comer has risen above those before it", 75*time.Second, func() bool {
		levels := feed.levels()
		return levels["late"] == 0 && levels["medium"] > 0
	})
	t.Logf("risen after %v, levels %v", time.Since(joined).Round(100*time.Millisecond), feed.levels())

	for _, n := range all {
		s, _ := n.track()
		n.before = s.Bytes
	}
	await(t, "eight more segments at the late-comer", 40*time.Second, func() bool { return late.viewer.Report().Segments >= 12 })
	for _, n := range all {
		n.player.playedWell(90 * time.Second)
		clean(t, n.name, n.viewer, 15)
		s, _ := n.track()
		http, p2p := s.Bytes.HTTP-n.before.HTTP, s.Bytes.P2P-n.before.P2P
		offload := float64(p2p) / float64(max(1, http+p2p))
		speed := n.speedTests()
		t.Logf("%s at the end: level %d, offload since then %.2f, speed test: %v", n.name, feed.levels()[n.name], offload, speed)
		if len(speed) == 0 || slices.Contains(speed, "failed") {
			t.Errorf("%s: speed tests %v: %s", n.name, speed, n.saying("speed test"))
		}
		if n != late && offload < 0.7 {
			t.Errorf("%s took %d bytes by HTTP and %d from peers after the late-comer had risen", n.name, http, p2p)
		}
	}
	totals := feed.traffic()
	feed.mu.Lock()
	defer feed.mu.Unlock()
	t.Logf("the tracker was told of %d KB from the source and %d KB from peers, by %d peers; feed: %d messages of %d bytes",
		totals.Source, totals.P2P, len(totals.Nodes), feed.changes, feed.bytes/max(1, feed.changes))
}

// saying are the lines of its log that hold text.
func (p *process) saying(text string) (lines []string) {
	for line := range strings.Lines(p.stderr.String()) {
		if strings.Contains(line, text) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// speedTests is how the peer's measurements of its uplink have ended.
func (n *node) speedTests() (results []string) {
	n.t.Helper()
	for line := range strings.Lines(fetch(n.t, n.admin+"/metrics", -1)) {
		if rest, ok := strings.CutPrefix(line, `hlspeer_speed_tests_total{result="`); ok {
			if result, n, _ := strings.Cut(rest, `"} `); n != "0\n" {
				results = append(results, result)
			}
		}
	}
	return results
}
