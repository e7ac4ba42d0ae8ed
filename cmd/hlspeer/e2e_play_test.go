//go:build e2e

package main_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// watch follows a peer's play URL with a viewer that compares every byte.
func watch(ctx context.Context, t *testing.T, wg *sync.WaitGroup, url string, check func(sn int64, body []byte) error) *lab.Viewer {
	t.Helper()
	v := lab.NewViewer(lab.ViewerConfig{URL: url, Check: check, OnSegment: func(seg lab.ViewedSegment) {
		if seg.Err != nil || seg.Lost || seg.Late {
			t.Logf("%s: sn %d lost=%v late=%v tries=%d: %v", url, seg.SN, seg.Lost, seg.Late, seg.Tries, seg.Err)
		}
	}})
	wg.Go(func() { _ = v.Run(ctx) })
	return v
}

// clean fails the test unless the viewer saw the whole channel without a stall.
func clean(t *testing.T, who string, v *lab.Viewer, atLeast int) {
	t.Helper()
	r := v.Report()
	t.Logf("%s: %d segments, start %v, stalls %d, late %d, lost %d, wrong %d", who, r.Segments, r.Startup.Round(time.Millisecond), r.Stalls, r.Late, r.Lost, r.Bad)
	if r.Segments < atLeast || r.Stalls > 0 || r.Lost > 0 || r.Bad > 0 {
		t.Errorf("%s: %+v, want at least %d segments and nothing stalled, lost or wrong", who, r, atLeast)
	}
}

// ffmpegPlays decodes the play URL for d in real time, and complains of
// whatever ffmpeg complains of.
func ffmpegPlays(t *testing.T, who, url string, d time.Duration) *process {
	return start(t, "ffmpeg at "+who, "ffmpeg", "-nostdin", "-v", "warning", "-re", "-i", url, "-t", seconds(d), "-f", "null", "-")
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

func (p *process) playedWell(limit time.Duration) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(limit):
		p.t.Fatalf("%s did not end within %v", p.name, limit)
	}
	if p.err != nil {
		p.t.Errorf("%s: %v", p.name, p.err)
	}
	for line := range strings.Lines(p.stderr.String()) {
		if complaint(line) {
			p.t.Errorf("%s: %s", p.name, line)
		}
	}
}

// complaint sorts ffmpeg's warnings: those about the film looping (time
// stamps that jump) are the source's own.
func complaint(line string) bool {
	for _, harmless := range []string{"DTS", "timestamp", "Timestamp", "Last message repeated", "deprecated"} {
		if strings.Contains(line, harmless) {
			return false
		}
	}
	return strings.TrimSpace(line) != ""
}

// TestE2EThreePeers: a channel played for 60 s through three peers, of which
// the one that feeds the others is killed in the middle.
func TestE2EThreePeers(t *testing.T) {
	src := startChannel(t)
	trk := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--report-span", "5s")
	at := trk.address("tracker")
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()

	const playFor = 60 * time.Second
	names := []string{"first", "second", "third"}
	nodes := make([]*node, len(names))
	viewers := make([]*lab.Viewer, len(names))
	players := make([]*process, len(names))
	for i, name := range names {
		nodes[i] = startPeer(t, name, src.url, "--tracker", at, "--upload", "20Mbps")
		viewers[i] = watch(ctx, t, &wg, nodes[i].play, src.check)
		players[i] = ffmpegPlays(t, name, nodes[i].play, playFor)
		if i > 0 {
			await(t, name+" has a parent", 20*time.Second, func() bool {
				s, ok := nodes[i].track()
				return ok && len(s.Parents) > 0
			})
		}
	}
	base := []int64{0, counts(nodes[1]).p2p, counts(nodes[2]).p2p}
	await(t, "twelve more segments at every follower", 60*time.Second, func() bool {
		return viewers[1].Report().Segments >= 14 && viewers[2].Report().Segments >= 14
	})
	for i := 1; i < len(nodes); i++ {
		c := counts(nodes[i])
		t.Logf("%s before the kill: %d segments by HTTP, %d from peers, offload %.2f", names[i], c.http, c.p2p, c.offload)
		if c.p2p-base[i] < 8 || c.p2p <= c.http {
			t.Errorf("%s took %d segments from peers and %d by HTTP, want most from peers", names[i], c.p2p, c.http)
		}
	}
	before := []int64{0, counts(nodes[1]).p2p, counts(nodes[2]).p2p}
	nodes[0].stop(syscall.SIGKILL)
	t.Log("first killed")
	for i := 1; i < len(nodes); i++ {
		players[i].playedWell(playFor + 30*time.Second)
		clean(t, names[i], viewers[i], 25)
		c := counts(nodes[i])
		t.Logf("%s at the end: %d segments by HTTP, %d from peers, offload %.2f", names[i], c.http, c.p2p, c.offload)
	}
	// One of the two feeds the other now.
	if after := max(counts(nodes[1]).p2p-before[1], counts(nodes[2]).p2p-before[2]); after < 8 {
		t.Errorf("after the first one was killed, a peer took %d segments from the other, want 8 or more", after)
	}
}

type count struct {
	http, p2p int64
	offload   float64
}

func counts(n *node) count {
	n.t.Helper()
	s, _ := n.track()
	c := count{http: s.Counts.HTTP, p2p: s.Counts.P2P}
	if s.Offload != nil {
		c.offload = *s.Offload
	}
	return c
}
