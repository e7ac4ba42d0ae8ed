package main

import (
	"bytes"
	"strings"
	"testing"

	"hlspeer/peer"
	"hlspeer/peer/lab"
)

// TestGroupsSideBySide: with two groups there is a comparison, in the table and on the
// page; with one there is none.
func TestGroupsSideBySide(t *testing.T) {
	t.Parallel()
	first := func(p50, p95 float64) peer.Quantile { return peer.Quantile{P50: &p50, P95: &p95} }
	both := []lab.ReportGroup{
		{Group: peer.GroupP2P, Peers: 8, Segments: 400, Late: 2, Answers: 400, FirstByte: first(.01, .25), Bytes: lab.ReportBytes{HTTP: 1e6, P2P: 9e6}},
		{Group: peer.GroupHeld, Peers: 2, Segments: 100, Answers: 100, FirstByte: first(.02, .125), Bytes: lab.ReportBytes{HTTP: 3e6}},
	}
	show := func(groups []lab.ReportGroup) string {
		var b bytes.Buffer
		r := lab.Report{Peers: 10, Groups: groups}
		if err := reportPage(&b, "swarm", r); err != nil {
			t.Fatal(err)
		}
		return reportTable(r) + b.String()
	}
	lines := strings.Fields(reportTable(lab.Report{Groups: both}))
	if got := strings.Join(lines, " "); !strings.Contains(got, "first byte: p50, p95 10.0 ms, 250.0 ms 20.0 ms, 125.0 ms") ||
		!strings.Contains(got, "with peers held back") || !strings.Contains(got, "late 2 (0.50 %) 0 (0.00 %)") {
		t.Error(got)
	}
	for name, want := range map[string]bool{"held back": true, "250.0 ms": true, "by HTTP alone": true} {
		if got := strings.Contains(show(both), name); got != want {
			t.Errorf("two groups: %q is there: %v", name, got)
		}
		if strings.Contains(show(both[:1]), name) {
			t.Errorf("one group: %q is there", name)
		}
	}
}
