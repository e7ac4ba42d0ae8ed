package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"hlspeer/peer/lab"
)

// simTable shows a report to people.
func simTable(r lab.SimReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d peers, %.0f s, profile %s, rule %s, seed %d\n\n", r.Peers, r.Duration, r.Profile, r.Rule, r.Seed)
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	row := func(name, value string) {
		if value != "-" {
			fmt.Fprintf(w, "%s\t%s\n", name, value)
		}
	}
	row("peers in the mesh, of which roots", pair(figure(r.Population, 1, "%.0f"), figure(r.Roots, 1, "%.1f")))
	row("level: mean, p95, max", triple(r.Level))
	row("  at best (lower bound)", triple(r.Bound))
	row("offload", figure(r.Offload, 100, "%.1f %%"))
	row("uplinks of what all want", figure(r.Supply, 100, "%.0f %%"))
	row("without a live parent", figure(r.Missing, 100, "%.2f %%"))
	row("re-parents per departure", figure(r.Reparents, 1, "%.2f"))
	row("same ISP, same province", pair(figure(r.SameISP, 100, "%.0f %%"), figure(r.SameProvince, 100, "%.0f %%")))
	if s := r.Segments; s != nil {
		row("segments by HTTP, from peers", fmt.Sprintf("%d, %d", s.HTTP, s.P2P))
		row("  late, lost", fmt.Sprintf("%d, %d", s.Late, s.Lost))
	}
	row("fed 20 s after the last one came", figure(r.Coverage, 100, "%.1f %%"))
	row("  level p95 after 240 s", figure(r.LevelAfter, 1, "%.0f"))
	if r.Profile == lab.Quiesce {
		row("all fed after churn stopped", recovery(r))
	}
	w.Flush()
	fmt.Fprintln(&b)
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "%s.\n", v)
	}
	if len(r.Violations) == 0 {
		fmt.Fprintln(&b, "Every invariant held.")
	}
	return b.String()
}

func recovery(r lab.SimReport) string {
	if r.Recovery == nil {
		return "never"
	}
	return figure(r.Recovery, 1, "%.0f s")
}

// figure prints what is known.
func figure(v *float64, factor float64, format string) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf(format, *v*factor)
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
