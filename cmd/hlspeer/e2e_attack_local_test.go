//go:build e2e

package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// visit sends a request as a browser does for a page, and gives status and body.
func visit(t *testing.T, method, url, host string, header ...string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{Timeout: 20 * time.Second}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16)) // some never end
	return resp.StatusCode, string(text)
}

func rebinding(t *testing.T, tracker string) outcome {
	s := newScene(t, tracker)
	s.begin()
	s.watched(1)
	var told []string
	for name, url := range map[string]string{"proxy": s.victim.play, "status": s.victim.admin + "/api/v1/status", "metrics": s.victim.admin + "/metrics"} {
		for _, host := range []string{"evil.example", "evil.example:80", "127.0.0.1.evil.example"} {
			status, body := visit(t, http.MethodGet, url, host)
			if status != http.StatusForbidden || strings.Contains(body, "#EXTM3U") || strings.Contains(body, "peer_id") || strings.Contains(body, "hlspeer_") {
				t.Errorf("%s for %s: %d", name, host, status)
			}
			told = append(told, fmt.Sprint(status))
		}
	}
	return outcome{fmt.Sprintf("answers 403 to all %d, without content", len(told)), s.counted("refused"), s.seen(0)}
}

func crossSite(t *testing.T, tracker string) outcome {
	s := newScene(t, tracker)
	s.begin()
	s.watched(1)
	page := []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"}
	n := 0
	for _, path := range []string{"/api/v1/status", "/api/v1/segments", "/api/v1/events", "/api/v1/plan", "/metrics"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if status, _ := visit(t, method, s.victim.admin+path, "", page...); status < 400 {
				t.Errorf("%s %s: %d", method, path, status)
			}
			n++
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		if status, _ := visit(t, method, s.victim.play, "", page...); status != http.StatusMethodNotAllowed {
			t.Errorf("%s at the proxy: %d", method, status)
		}
	}
	status, _ := visit(t, http.MethodGet, s.victim.play, "", page...)
	return outcome{
		fmt.Sprintf("admin: refuses all %d. The proxy answers GET (%d), as players in pages need it to: a page that knows the address learns that a channel runs here, and can watch it", n, status),
		s.counted("refused"), s.seen(0),
	}
}

func seekStorm(t *testing.T, tracker string) outcome {
	s := newScene(t, tracker)
	s.victim = startPeer(t, "victim", s.source+"/vod.m3u8", "--tracker", tracker)
	var segments []string
	for line := range strings.Lines(fetch(t, s.victim.play, -1)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			segments = append(segments, resolve(t, s.victim.play, line))
		}
	}
	before := s.victim.rss()
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, segments[i*7%len(segments)], nil)
			if err != nil {
				t.Error(err)
				return
			}
			if resp, err := http.DefaultClient.Do(r); err == nil {
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	right := 0
	for i := range 3 {
		body := fetch(t, segments[len(segments)-1-i], -1)
		if sn := int64(len(segments) - 1 - i); body == string(s.origin.Segment("vod", sn)) {
			right++
		}
	}
	s.mu.Lock()
	asked := 0
	for p, times := range s.paths {
		if _, ok := segmentNumber(p); ok {
			asked += times
		}
	}
	s.mu.Unlock()
	grown := s.victim.rss() - before
	if right != 3 || grown > heap {
		t.Errorf("%d of 3 segments right afterwards, %d MB more", right, grown>>20)
	}
	return outcome{
		fmt.Sprintf("serves the next viewer; resident memory %+.1f MB", float64(grown)/1e6), fmt.Sprintf("requests at the source for segments: %d", asked),
		fmt.Sprintf("%d of 3 segments right", right),
	}
}
