package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"hlspeer/peer/lab"
)

// A reportLine is a row of the table that demo, swarm and simulate end with.
type reportLine struct {
	name  string
	value func(lab.Report) string // "-": not known, or nothing to do with this run
}

// reportLines are all of them. A line that no report has a value for is left out.
var reportLines = []reportLine{
	{"offload", func(r lab.Report) string { return figure(r.Offload, 100, "%.1f %%") }},
	{"bytes by HTTP, from peers", func(r lab.Report) string {
		if r.Bytes == nil {
			return "-"
		}
		return size(r.Bytes.HTTP) + ", " + size(r.Bytes.P2P)
	}},
	{"  wasted", func(r lab.Report) string {
		if r.Bytes == nil || r.Bytes.Wasted == nil {
			return "-"
		}
		return size(*r.Bytes.Wasted)
	}},
	{"at the source: requests, bytes", func(r lab.Report) string {
		if r.OriginRequests == nil || r.OriginBytes == nil {
			return "-"
		}
		return fmt.Sprintf("%d, %s", *r.OriginRequests, size(*r.OriginBytes))
	}},
	{"segments by HTTP, from peers", segmentsLine(func(s lab.ReportSegments) [2]int64 { return [2]int64{s.HTTP, s.P2P} })},
	{"  late, lost", segmentsLine(func(s lab.ReportSegments) [2]int64 { return [2]int64{s.Late, s.Lost} })},
	{"stalls", func(r lab.Report) string { return counted(r.Stalls) }},
	{"  in a viewer's hour", func(r lab.Report) string { return figure(r.StallsPerHour, 1, "%.2f") }},
	{"  all together", func(r lab.Report) string { return figure(r.StallTime, 1, "%.1f s") }},
	{"wrong segments", func(r lab.Report) string { return counted(r.Wrong) }},
	{"startup: p50, p95, max", func(r lab.Report) string { return spreadLine(r.Startup, "%.2f s") }},
	{"behind the edge: p50, p95, max", func(r lab.Report) string { return spreadLine(r.BehindEdge, "%.1f s") }},
	{"level: mean, p95, max", func(r lab.Report) string { return triple(r.Level) }},
	{"  at best (lower bound)", simulated(func(s lab.SimFigures) string { return triple(s.Bound) })},
	{"  peers on level 0, 1, 2...", func(r lab.Report) string { return levelsLine(r.LevelShares) }},
	{"in the mesh, of which roots", simulated(func(s lab.SimFigures) string {
		return pair(figure(s.Population, 1, "%.0f"), figure(s.Roots, 1, "%.1f"))
	})},
	{"uplinks of what all want", simulated(func(s lab.SimFigures) string { return figure(s.Supply, 100, "%.0f %%") })},
	{"without a live parent", func(r lab.Report) string { return figure(r.Missing, 100, "%.2f %%") }},
	{"came, of which left again", func(r lab.Report) string { return fmt.Sprintf("%d, %d", r.Joined, r.Departures) }},
	{"re-parents per departure", func(r lab.Report) string { return figure(r.Reparents, 1, "%.2f") }},
	{"parents lost", func(r lab.Report) string { return counted(r.ParentsLost) }},
	{"reconnects to the tracker", func(r lab.Report) string { return counted(r.Reconnects) }},
	{"same ISP, same province", simulated(func(s lab.SimFigures) string {
		return pair(figure(s.SameISP, 100, "%.0f %%"), figure(s.SameProvince, 100, "%.0f %%"))
	})},
	{"fed 20 s after the last one came", simulated(func(s lab.SimFigures) string { return figure(s.Coverage, 100, "%.1f %%") })},
	{"  level p95 after 240 s", simulated(func(s lab.SimFigures) string { return figure(s.LevelAfter, 1, "%.0f") })},
	{"all fed after churn stopped", simulated(func(s lab.SimFigures) string {
		if s.Profile == lab.Quiesce && s.Recovery == nil {
			return "never"
		}
		return figure(s.Recovery, 1, "%.0f s")
	})},
	{"CPU: cores, s per GB", func(r lab.Report) string { return pair(figure(r.CPUCores, 1, "%.2f"), figure(r.CPUPerGB, 1, "%.1f")) }},
	{"memory per peer", func(r lab.Report) string {
		if r.RSSPerPeer == nil {
			return "-"
		}
		return size(*r.RSSPerPeer)
	}},
}

// reportTable shows a report to people.
func reportTable(r lab.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", headline(r))
	b.WriteString(columns(nil, r))
	b.WriteString(groupTable(r))
	if s := r.SimFigures; s != nil && len(s.Violations) == 0 {
		fmt.Fprint(&b, "\nEvery invariant held.\n")
	} else if s != nil {
		b.WriteString("\n")
		for _, v := range s.Violations {
			fmt.Fprintf(&b, "%s.\n", v)
		}
	}
	return b.String()
}

// compareTable shows two reports beside each other.
func compareTable(name string, r lab.Report, otherName string, other lab.Report) string {
	return fmt.Sprintf("%s: %s\n%s: %s\n\n", name, headline(r), otherName, headline(other)) +
		columns([]string{"", name, otherName}, r, other)
}

// columns is a table with a column for each report.
func columns(head []string, reports ...lab.Report) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	if head != nil {
		fmt.Fprintln(w, strings.Join(head, "\t"))
	}
	for _, line := range reportLines {
		cells, known := []string{line.name}, false
		for _, r := range reports {
			cells = append(cells, line.value(r))
			known = known || cells[len(cells)-1] != "-"
		}
		if known {
			fmt.Fprintln(w, strings.Join(cells, "\t"))
		}
	}
	w.Flush()
	return b.String()
}

// headline says what kind of run it was.
func headline(r lab.Report) string {
	s := fmt.Sprintf("%d peers, %.0f s", r.Peers, r.Duration)
	if sim := r.SimFigures; sim != nil {
		s += fmt.Sprintf(", profile %s, rule %s", sim.Profile, sim.Rule)
	} else {
		s += ", engine " + r.Engine
	}
	if r.Seed != nil {
		s += fmt.Sprintf(", seed %d", *r.Seed)
	}
	return s
}

// simulated is a line for simulations only.
func simulated(value func(lab.SimFigures) string) func(lab.Report) string {
	return func(r lab.Report) string {
		if r.SimFigures == nil {
			return "-"
		}
		return value(*r.SimFigures)
	}
}

func segmentsLine(of func(lab.ReportSegments) [2]int64) func(lab.Report) string {
	return func(r lab.Report) string {
		if r.Segments == nil {
			return "-"
		}
		n := of(*r.Segments)
		return fmt.Sprintf("%d, %d", n[0], n[1])
	}
}

func spreadLine(s lab.Spread, format string) string {
	return pair(figure(s.P50, 1, format), pair(figure(s.P95, 1, format), figure(s.Max, 1, format)))
}

// levelsLine is the share of each level, the ninth and all below as one.
func levelsLine(shares []float64) string {
	const most = 8
	var cells []string
	rest := 0.0
	for i, v := range shares {
		if i < most {
			cells = append(cells, fmt.Sprintf("%.0f", 100*v))
			continue
		}
		rest += v
	}
	if len(shares) > most {
		cells = append(cells, fmt.Sprintf("deeper %.0f", 100*rest))
	}
	if len(cells) == 0 {
		return "-"
	}
	return strings.Join(cells, " ") + " %"
}

// figure prints what is known.
func figure(v *float64, factor float64, format string) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf(format, *v*factor)
}

func counted(n *int64) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

func pair(a, b string) string {
	if a == "-" || b == "-" {
		return "-"
	}
	return a + ", " + b
}

func triple(s lab.Spread) string {
	return pair(figure(s.Mean, 1, "%.2f"), pair(figure(s.P95, 1, "%.1f"), figure(s.Max, 1, "%.1f")))
}

// size prints a number of bytes.
func size(n int64) string {
	switch {
	case n >= 10_000_000_000:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%d kB", n/1000)
}
