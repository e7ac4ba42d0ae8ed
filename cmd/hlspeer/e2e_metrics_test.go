//go:build e2e

package main_test

import (
	"maps"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// What users have in their dashboards: names, and the labels that each has.
var (
	peerMetrics = map[string]string{
		"hlspeer_segment_bytes_total":    "channel source",
		"hlspeer_segments_total":         "channel result source",
		"hlspeer_segment_seconds_bucket": "channel le source",
		"hlspeer_p2p_fallbacks_total":    "channel reason",
		"hlspeer_uploaded_bytes_total":   "channel",
		"hlspeer_parents":                "channel",
		"hlspeer_children":               "channel",
		"hlspeer_level":                  "channel",
		"hlspeer_cache_bytes":            "",
		"hlspeer_proxy_requests_total":   "code",
		"hlspeer_tracker_connected":      "channel",
		"hlspeer_audits_total":           "channel result",
		"hlspeer_audit_bytes_total":      "channel",
	}
	trackerMetrics = map[string]string{
		"hlspeer_tracker_peers":          "",
		"hlspeer_tracker_channels":       "",
		"hlspeer_tracker_messages_total": "action direction",
		"hlspeer_tracker_offload_ratio":  "",
	}
)

// series are the label names of each metric in a text, and all label values.
func series(text string) (labels map[string]string, values []string) {
	labels = map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z]\w*)(?:\{(.*)\})? `).FindAllStringSubmatch(text, -1) {
		var names []string
		for _, l := range regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`).FindAllStringSubmatch(m[2], -1) {
			names, values = append(names, l[1]), append(values, l[2])
		}
		slices.Sort(names)
		labels[m[1]] = strings.Join(names, " ")
	}
	return labels, values
}

// TestE2EMetrics: every metric of the contract is there with its labels while two
// peers share a channel, Prometheus' own linter has nothing to say, and no label
// tells a URL, a key or a peer.
func TestE2EMetrics(t *testing.T) {
	t.Parallel()
	src := httptest.NewServer(lab.NewOrigin(lab.OriginConfig{}))
	defer src.Close()
	const secret = "geheim"
	tracker := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--key", secret)
	at := tracker.address("tracker")
	var peers []*node
	for _, name := range []string{"one", "two"} {
		p := startPeer(t, name, src.URL+"/live.m3u8?token="+secret, "--tracker", at, "--key", secret)
		fetch(t, p.play, -1)
		peers = append(peers, p)
		await(t, name+" knows the tracker", 20*time.Second, func() bool {
			track, ok := p.track()
			return ok && track.Tracker == "online" && track.Last != nil
		})
	}
	await(t, "a segment from the other peer", 30*time.Second, func() bool {
		track, _ := peers[1].track()
		return track.Counts.P2P > 0
	})
	ids := []string{}
	for _, p := range peers {
		track, _ := p.track()
		ids = append(ids, string(track.PeerID))
	}
	check := func(what, text string, want map[string]string) {
		lint := exec.Command("promtool", "check", "metrics")
		lint.Stdin = strings.NewReader(text)
		if out, err := lint.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", what, err, out)
		}
		labels, values := series(text)
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if got, ok := labels[name]; !ok || got != want[name] {
				t.Errorf("%s: %s has the labels %q (it is there: %v), want %q", what, name, got, ok, want[name])
			}
		}
		for _, v := range values {
			for _, bad := range append(ids, "://", secret, "127.0.0.1") {
				if strings.Contains(v, bad) {
					t.Errorf("%s: the label %q tells %q", what, v, bad)
				}
			}
		}
	}
	for i, p := range peers {
		check(p.name, fetch(t, p.admin+"/metrics", -1), peerMetrics)
		if level := p.metric(`hlspeer_level{channel="live"}`); level != float64(i) {
			t.Errorf("%s is at level %v, want %d", p.name, level, i)
		}
	}
	await(t, "both sides count what went from peer to peer", 10*time.Second, func() bool {
		return peers[0].metric(`hlspeer_uploaded_bytes_total{channel="live"}`) > 0 && peers[1].metric(`hlspeer_segment_bytes_total{channel="live",source="p2p"}`) > 0
	})
	check("tracker", fetch(t, at+"/metrics", -1), trackerMetrics)
}
