package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"hlspeer/peer"
	"hlspeer/peer/lab"
)

// groupNames are what reports call the groups.
var groupNames = map[peer.Group]string{peer.GroupP2P: "with peers", peer.GroupHeld: "held back"}

// A groupLine is a row of the comparison of peers that take segments from others
// with those that do not.
type groupLine struct {
	name  string
	value func(lab.ReportGroup) string
}

var groupLines = []groupLine{
	{"peers", func(g lab.ReportGroup) string { return fmt.Sprint(g.Peers) }},
	{"bytes by HTTP, from peers", func(g lab.ReportGroup) string { return size(g.Bytes.HTTP) + ", " + size(g.Bytes.P2P) }},
	{"first byte: p50, p95", func(g lab.ReportGroup) string {
		return pair(figure(g.FirstByte.P50, 1000, "%.1f ms"), figure(g.FirstByte.P95, 1000, "%.1f ms"))
	}},
	{"startup: p50, p95", func(g lab.ReportGroup) string {
		return pair(figure(g.Startup.P50, 1, "%.2f s"), figure(g.Startup.P95, 1, "%.2f s"))
	}},
	{"segments", func(g lab.ReportGroup) string { return fmt.Sprint(g.Segments) }},
	{"  late", func(g lab.ReportGroup) string { return partOf(g.Late, g.Segments) }},
	{"  lost", func(g lab.ReportGroup) string { return fmt.Sprint(g.Lost) }},
	{"waits longer than a segment", func(g lab.ReportGroup) string { return partOf(g.Waits, g.Answers) }},
	{"stalls, all together", func(g lab.ReportGroup) string { return fmt.Sprintf("%d, %.1f s", g.Stalls, g.StallTime) }},
}

// partOf is a number, and what share of all that is.
func partOf(n, all int64) string {
	if all == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d (%.2f %%)", n, 100*float64(n)/float64(all))
}

// groupCells are the comparison's head and rows; none where there are not two groups.
func groupCells(r lab.Report) (head []string, rows [][]string) {
	if len(r.Groups) < 2 {
		return nil, nil
	}
	head = []string{""}
	for _, g := range r.Groups {
		head = append(head, groupNames[g.Group])
	}
	for _, line := range groupLines {
		cells := []string{line.name}
		for _, g := range r.Groups {
			cells = append(cells, line.value(g))
		}
		rows = append(rows, cells)
	}
	return head, rows
}

// groupTable shows both groups beside each other; "" where there are not two.
func groupTable(r lab.Report) string {
	head, rows := groupCells(r)
	if head == nil {
		return ""
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, cells := range append([][]string{head}, rows...) {
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	w.Flush()
	return "\n" + b.String()
}
