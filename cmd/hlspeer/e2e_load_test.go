//go:build e2e

package main_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// TestE2ESwarmLoad: two load testers in processes of their own share one source
// and one tracker. Their peers make one mesh; nobody's playback suffers, every
// byte is the source's, and both keep their limits.
func TestE2ESwarmLoad(t *testing.T) {
	const each, runs = 5, 20 * time.Second
	origin := lab.NewOrigin(lab.OriginConfig{Speed: 2, BitRate: 1_000_000})
	src := httptest.NewServer(origin)
	t.Cleanup(src.Close)
	channel := src.URL + "/live.m3u8"
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--report-span", "5s").address("tracker")
	var testers []*process
	for _, name := range []string{"first tester", "second tester"} {
		testers = append(testers, hlspeer(t, name, "swarm", channel, "--tracker", at, "--check", "--json",
			"--peers", "5", "--duration", runs.String(), "--ramp", "4s", "--uplinks", "8Mbps,2Mbps,0", "--churn", "mass-leave",
			"--min-offload", "0.3", "--max-stalls", "0"))
	}
	await(t, "one mesh of both testers' peers", runs, func() bool { return peersAt(t, at, channel) == 2*each })
	var offload float64
	for _, p := range testers {
		select {
		case <-p.ended:
		case <-time.After(2 * runs):
			t.Fatalf("%s does not end", p.name)
		}
		if len(p.lines) != 1 {
			t.Fatalf("%s said %d lines on stdout, want its report", p.name, len(p.lines))
		}
		var r lab.Report
		if err := json.Unmarshal([]byte(<-p.lines), &r); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		if p.err != nil || len(r.Failures) > 0 {
			t.Errorf("%s ended with %v, failures %q", p.name, p.err, r.Failures)
		}
		if r.Joined != each || r.Departures != each/2 || r.Wrong == nil || *r.Wrong > 0 || *r.Stalls > 0 || r.Segments.Lost > 0 {
			t.Errorf("%s: %d came, %d left, wrong %v, %d stalls, %d lost", p.name, r.Joined, r.Departures, r.Wrong, *r.Stalls, r.Segments.Lost)
		}
		if r.Offload == nil {
			t.Fatalf("%s: no offload", p.name)
		}
		offload += *r.Offload / 2
	}
	t.Logf("offload %.2f; the source was asked for %d segments", offload, origin.Requests().Segments)
}

// peersAt is how many peers a tracker knows in a channel.
func peersAt(t *testing.T, at, channel string) int {
	t.Helper()
	resp, err := http.Get(at + "/api/v1/channels?nodes=0&channel=" + url.QueryEscape(channel))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list struct {
		Channels []struct{ Peers int }
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range list.Channels {
		n += c.Peers
	}
	return n
}
