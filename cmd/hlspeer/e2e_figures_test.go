//go:build e2e

package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestE2EFigures prints what a start and the memory cost. It fails only where
// a figure is beyond reason, since the machines are shared.
func TestE2EFigures(t *testing.T) {
	src := startChannel(t)
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--report-span", "5s").address("tracker")
	var with, without []time.Duration
	for range 5 { // interleaved
		without = append(without, firstByte(t, src, "--engine", "none"))
		with = append(with, firstByte(t, src, "--tracker", at))
	}
	slices.Sort(with)
	slices.Sort(without)
	t.Logf("start to the player's first byte, median (worst) of 5: with P2P %v (%v), without %v (%v), ratio %.2f",
		with[2], with[4], without[2], without[4], with[2].Seconds()/without[2].Seconds())

	feeder := startPeer(t, "feeder", src.url, "--tracker", at, "--upload", "40Mbps")
	await(t, "the feeder has joined", 20*time.Second, func() bool { s, _ := feeder.track(); return s.PeerID != "" })
	t.Logf("RSS of an idle peer: %.1f MB", float64(feeder.rss())/1e6)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for i := range 3 {
		child := startPeer(t, fmt.Sprintf("child %d", i+1), src.url, "--tracker", at, "--upload", "0")
		watch(ctx, t, &wg, child.play, src.check)
	}
	await(t, "three children", 30*time.Second, func() bool { s, _ := feeder.track(); return len(s.Children) == 3 })
	s0, _ := feeder.track()
	await(t, "40 MB uploaded", 90*time.Second, func() bool {
		s, _ := feeder.track()
		return s.Bytes.Uploaded-s0.Bytes.Uploaded > 40_000_000
	})
	s, _ := feeder.track()
	t.Logf("RSS of a peer that feeds three children: %.1f MB, of which cache %.1f MB", float64(feeder.rss())/1e6, float64(feeder.status().CacheUsed)/1e6)
	if len(s.Children) != 3 {
		t.Errorf("%d children at the end, want 3", len(s.Children))
	}
}

// firstByte is the time from starting a peer to the first byte of the segment
// that a player asks for first.
func firstByte(t *testing.T, src *channel, args ...string) time.Duration {
	t.Helper()
	began := time.Now()
	n := startPeer(t, "starter", append([]string{src.url}, args...)...)
	defer n.stop(syscall.SIGTERM)
	text := fetch(t, n.play, -1)
	var segments []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			segments = append(segments, line)
		}
	}
	if len(segments) < 3 {
		t.Fatalf("the playlist names %d segments", len(segments))
	}
	fetch(t, resolve(t, n.play, segments[len(segments)-3]), 1)
	return time.Since(began)
}

// fetch reads the body, or its first n bytes.
func fetch(t *testing.T, url string, n int64) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, resp.Status)
	}
	var r io.Reader = resp.Body
	if n >= 0 {
		r = io.LimitReader(r, n)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func resolve(t *testing.T, base, ref string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, base, nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := req.URL.Parse(ref)
	if err != nil {
		t.Fatal(err)
	}
	return u.String()
}
