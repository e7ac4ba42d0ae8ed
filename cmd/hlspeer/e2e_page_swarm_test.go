//go:build e2e

package main_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestE2EPageSwarm: the page shows who watches a film, and who is linked with
// whom.
func TestE2EPageSwarm(t *testing.T) {
	src := startFilm(t)
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--report-span", "5s").address("tracker")
	p := openPage(t, pageURL(at, src.url), 1000, 700)
	p.expect("#nobody", "Nobody watches this channel", 10*time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	var nodes []*node
	for i := range 5 {
		n := startPeer(t, fmt.Sprint("peer ", i+1), src.url, "--tracker", at, "--upload", "20Mbps")
		watch(ctx, t, &wg, n.play, src.source.check(sixty.name))
		nodes = append(nodes, n)
	}
	p.expect("#summary", "5 peers, 10 links, a swarm", 40*time.Second)
	if key := p.text("#panel .key"); !strings.Contains(key, "uplink") || strings.Contains(key, "parent") {
		t.Errorf("the key of a swarm: %q", key)
	}
	s, _ := nodes[0].track()
	p.look(s.PeerID)
	p.expect("#panel .role", "A peer of a swarm", time.Second)
	p.expect("#panel .links", "Neighbours (4)", time.Second)
	p.expect("#panel .facts", "%", 20*time.Second)
	p.shoot("swarm")
	p.click("#tab-list")
	p.shoot("swarm-list")
	if rows := p.rows(); len(rows) != 5 {
		t.Errorf("rows %v, want 5", rows)
	}
	p.click("#home")
	p.expect("#channels", "index.m3u8", 10*time.Second)
	nodes[4].stop(syscall.SIGKILL)
	p.do(chromedp.Navigate(pageURL(at, src.url)))
	await(t, "who was killed has gone", 90*time.Second, func() bool { return strings.Contains(p.text("#summary"), "4 peers, 6 links") })
	p.fine()
}
