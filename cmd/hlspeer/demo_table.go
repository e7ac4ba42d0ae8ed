package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"hlspeer/peer/lab"
)

// table is the demo's picture of now.
func table(swarm *lab.Swarm, elapsed time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "hlspeer demo, %s. Ctrl-C ends it.\n\n", elapsed.Round(time.Second))
	fmt.Fprintf(&b, "source   %s   (plain HTTP, for comparison)\ntracker  %s   (in a browser: the mesh)\n\n", swarm.SourceURL(), swarm.TrackerURL())
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "PEER\tID\tUPLINK\tLEVEL\tPARENTS\tCHILDREN\tHTTP\tP2P\tOFFLOAD\tLAST SEGMENT\tSTALLS\tPLAY IT")
	rows := swarm.Rows()
	names := namesOf(rows)
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(cells(r, names), "\t"))
	}
	w.Flush()
	return b.String() + "\n"
}

// namesOf gives peers their number in the table in place of their id.
func namesOf(rows []lab.Row) map[string]string {
	names := map[string]string{}
	for _, r := range rows {
		if r.PeerID != "" {
			names[string(r.PeerID)] = fmt.Sprint(r.Peer)
		}
	}
	return names
}

func cells(r lab.Row, names map[string]string) []string {
	if !r.Joined {
		return []string{fmt.Sprint(r.Peer), "joins soon", "", "", "", "", "", "", "", "", "", ""}
	}
	var parents, children []string
	for _, p := range r.Parents {
		parents = append(parents, fmt.Sprintf("%s(%d)", nameIn(names, string(p.PeerID)), p.Substreams))
	}
	for _, c := range r.Children {
		children = append(children, nameIn(names, string(c.PeerID)))
	}
	last := "-"
	if p := r.Last; p != nil {
		last = fmt.Sprintf("%d by %s in %.0f ms", p.SN, p.Source, p.Took*1000)
	}
	return []string{
		fmt.Sprint(r.Peer), orDash(string(r.PeerID)), fmt.Sprintf("%d kbps", r.Uplink/1000), number(r.Level),
		orDash(strings.Join(parents, " ")), orDash(strings.Join(children, " ")),
		kilobytes(r.Bytes.HTTP), kilobytes(r.Bytes.P2P), percent(r.Offload), last, fmt.Sprint(r.Viewer.Stalls), r.Play,
	}
}

func nameIn(names map[string]string, id string) string {
	if n, ok := names[id]; ok {
		return n
	}
	return id
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func number(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

func percent(share *float64) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", *share*100)
}

func kilobytes(n int64) string { return fmt.Sprintf("%d kB", n/1000) }
