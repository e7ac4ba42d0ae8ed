package main

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

func TestSwarmFaults(t *testing.T) {
	t.Parallel()
	notOne := written(t, "{}")
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{
			[]string{"--peers", "0", "--duration", "1ms", "--engine", "x", "--bitrate", "1", "--segment", "1m", "--profile", "y", "--net", "z", "--min-offload", "2", "--max-stalls", "-2", "--max-wrong", "-1", "--cache", "1", "--html", "/nonexistent/a.html", "--compare", "/nonexistent/b.json"},
			[]string{"--peers", "--duration", "--engine", "--bitrate", "--segment", "--profile", "--net", "--min-offload", "--max-stalls", "--max-wrong", "--cache", "--html", "--compare"},
		},
		{[]string{"--churn", "x", "--stay", "1s", "--ramp", "2h", "--join-every", "-1s"}, []string{"--churn", "--stay", "--ramp", "--join-every"}},
		{[]string{"--loss", "0.01", "--rtt", "10ms", "--downlinks", "1Mbps", "--crash", "0.5", "--churn", "steady"}, []string{"--loss", "--rtt", "--downlinks", "--crash", "--net virtual"}},
		{[]string{"--net", "virtual", "--loss", "0.9", "--rtt", "1h"}, []string{"--loss", "--rtt"}},
		{[]string{"--net", "virtual", "--downlinks", "1kbps"}, []string{"downlink"}},
		{[]string{"--net", "virtual", "--tracker", "http://t"}, []string{"--tracker", "virtual"}},
		{[]string{"--holdback", "101%"}, []string{"--holdback", "5%"}},
		{[]string{"--stay", "1m"}, []string{"--stay", "--churn"}},
		{[]string{"--uplinks", "1Mbps,fast"}, []string{"--uplinks", "4Mbps"}},
		{[]string{"--key", "k"}, []string{"--key", "--tracker"}},
		{[]string{"--check"}, []string{"--check", "URL"}},
		{[]string{"--tracker", "ftp://t"}, []string{"--tracker", "http://"}},
		{[]string{"live.m3u8"}, []string{"URL", "http://"}},
		{[]string{"http://h/a.m3u8", "--bitrate", "1Mbps", "--vod"}, []string{"--bitrate", "--vod", "URL"}},
		{[]string{"--churn", "steady", "--peers", "1000", "--duration", "24h", "--stay", "10s"}, []string{"--churn", "more than"}},
		{[]string{"--compare", notOne}, []string{"--compare", "not a report"}},
		{[]string{"--compare", notOne, "--json"}, []string{"--compare", "--json"}},
		{[]string{"a", "b"}, []string{"arg"}},
	} {
		got := execute(t.Context(), append([]string{"swarm"}, tt.args...)...)
		for _, w := range tt.want {
			if got.code != exitUsage || !strings.Contains(got.stderr, w) || got.stdout != "" {
				t.Errorf("%v: exit code %d, no word of %q in %s", tt.args, got.code, w, got.stderr)
			}
		}
	}
}

// TestSwarm: a short run against a source and a tracker of others. It breaks a
// limit, says so in the report and on stderr, and writes the page all the same.
func TestSwarm(t *testing.T) {
	t.Parallel()
	origin := lab.NewOrigin(lab.OriginConfig{Speed: 4})
	src := httptest.NewServer(origin)
	defer src.Close()
	other, err := lab.NewSwarm(lab.SwarmConfig{Peers: 1, Source: src.URL + "/live.m3u8", Uplinks: []int64{10_000_000}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- other.Run(ctx) }()
	page := filepath.Join(t.TempDir(), "report.html")
	got := execute(t.Context(), "swarm", src.URL+"/live.m3u8", "--tracker", other.TrackerURL(), "--check", "--peers", "3", "--duration", "7s",
		"--join-every", "300ms", "--uplinks", "2Mbps,0", "--churn", "mass-leave", "--json", "--html", page, "--min-offload", "1")
	var r lab.Report
	if err := json.Unmarshal([]byte(got.stdout), &r); err != nil || got.code != exitFailed {
		t.Fatalf("%v, exit code %d, %s%s", err, got.code, got.stdout, got.stderr)
	}
	if r.Peers != 3 || r.Joined != 3 || r.Departures != 1 || r.Wrong == nil || *r.Wrong != 0 || r.OriginRequests != nil {
		t.Errorf("%s", got.stdout)
	}
	if r.Bytes.P2P == 0 || len(r.Failures) != 1 || !strings.Contains(got.stderr, "hlspeer: "+r.Failures[0]) {
		t.Errorf("%d bytes from peers, failures %q, on stderr %s", r.Bytes.P2P, r.Failures, got.stderr)
	}
	if !strings.Contains(got.stderr, "source: "+src.URL) || !strings.Contains(got.stderr, "tracker: "+other.TrackerURL()) {
		t.Errorf("no addresses in %s", got.stderr)
	}
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "hlspeer swarm") {
		t.Errorf("%v, %s", err, text)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestSwarmInterrupted: Ctrl-C ends a run early, with its report and code 0.
func TestSwarmInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	got := execute(ctx, "swarm", "--peers", "2", "--duration", "1h", "--ramp", "0s", "--segment", "500ms", "--bitrate", "400kbps", "--vod")
	if got.code != exitDone || !strings.Contains(got.stdout, "2 peers, 3 s, engine bittorrent, seed 1") || !strings.Contains(got.stdout, "wrong segments") {
		t.Errorf("exit code %d, %s%s", got.code, got.stdout, got.stderr)
	}
}

// TestSwarmProgress: a line of progress tells of the time since the last.
func TestSwarmProgress(t *testing.T) {
	t.Parallel()
	r := storedReport(t, "swarm")
	before := r
	before.Duration, before.Bytes = r.Duration-8, &lab.ReportBytes{HTTP: r.Bytes.HTTP - 1_000_000, P2P: r.Bytes.P2P - 3_000_000}
	got := progressLine(20*time.Second, time.Minute, before, r)
	for _, want := range []string{"20s/1m0s", "offload 75 %", "HTTP 1.0 P2P 3.0 Mbit/s", "0 stalls"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

// TestLineProfiles: every preset is one that a swarm takes.
func TestLineProfiles(t *testing.T) {
	t.Parallel()
	for _, p := range lineProfiles {
		c := lab.SwarmConfig{Peers: 12, Uplinks: p.rates(2_500_000), Virtual: true, Lines: p.lines(12)}
		if err := c.Validate(); err != nil || len(c.Uplinks) == 0 || len(c.Lines) != 12 {
			t.Errorf("%s: %v, %d uplinks and %d lines", p.name, err, len(c.Uplinks), len(c.Lines))
		}
	}
}
