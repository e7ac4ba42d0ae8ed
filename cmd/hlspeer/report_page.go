package main

import (
	"fmt"
	"io"
	"math"

	"hlspeer/peer/lab"
)

// pageRows is how many peers the page lists.
const pageRows = 200

// page is what a page shows.
type page struct {
	Kind, Headline string
	Tiles          []tile
	Failures       []string
	Cards          []card
	Lines          [][2]string
	GroupHead      []string
	Groups         [][]string
	Rows           []pageRow
	Left           int // peers that are not listed
}

// A tile is a figure in large print.
type tile struct{ Name, Value, Note string }

// A card is a chart with its title.
type card struct {
	Title  string
	Legend []series
	Chart  markup
}

// pageRow is a peer.
type pageRow struct {
	Peer                                int
	State, Uplink, Level, HTTP, P2P     string
	Offload, Startup, Behind            string
	Segments, Stalls, Late, Lost, Wrong int
}

// reportPage writes a page that needs nothing else: no script, no font, no
// network.
func reportPage(out io.Writer, kind string, r lab.Report) error {
	p := page{Kind: kind, Headline: headline(r), Failures: r.Failures, Tiles: tiles(r), Cards: cards(r)}
	for _, line := range reportLines {
		if v := line.value(r); v != "-" {
			p.Lines = append(p.Lines, [2]string{line.name, v})
		}
	}
	p.GroupHead, p.Groups = groupCells(r)
	for _, row := range r.Rows[:min(len(r.Rows), pageRows)] {
		p.Rows = append(p.Rows, rowOf(row))
	}
	p.Left = len(r.Rows) - len(p.Rows)
	if _, err := out.Write(p.html()); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func tiles(r lab.Report) []tile {
	list := []tile{
		{"offload", figure(r.Offload, 100, "%.1f %%"), "of the bytes came from peers"},
		{"stalls", counted(r.Stalls), figure(r.StallsPerHour, 1, "%.2f in a viewer's hour")},
		{"startup", figure(r.Startup.P50, 1, "%.2f s"), "p95 " + figure(r.Startup.P95, 1, "%.2f s")},
		{"behind the edge", figure(r.BehindEdge.P50, 1, "%.1f s"), "p95 " + figure(r.BehindEdge.P95, 1, "%.1f s")},
		{"level", figure(r.Level.Mean, 1, "%.2f"), "hops from the source, max " + figure(r.Level.Max, 1, "%.0f")},
		{"memory per peer", "-", figure(r.CPUCores, 1, "%.2f cores in use")},
	}
	if r.RSSPerPeer != nil {
		list[5].Value = size(*r.RSSPerPeer)
	}
	var known []tile
	for _, t := range list {
		if t.Value != "-" {
			known = append(known, t)
		}
	}
	return known
}

func rowOf(r lab.Row) pageRow {
	p := pageRow{
		Peer: r.Peer, State: "here", Uplink: compact(float64(r.Uplink)/1e6) + " Mbit/s", Level: number(r.Level), HTTP: size(r.Bytes.HTTP), P2P: size(r.Bytes.P2P),
		Offload: percent(r.Offload), Startup: "-", Behind: "-", Segments: r.Viewer.Segments,
		Stalls: r.Viewer.Stalls, Late: r.Viewer.Late, Lost: r.Viewer.Lost, Wrong: r.Viewer.Wrong,
	}
	switch {
	case !r.Joined:
		p.State = "has not come"
	case r.Crashed:
		p.State = "crashed"
	case r.Left:
		p.State = "left"
	}
	if r.Viewer.Segments > 0 {
		p.Startup = fmt.Sprintf("%.2f s", r.Viewer.Startup)
	}
	if r.Viewer.Segments > 0 && !r.Left {
		p.Behind = fmt.Sprintf("%.1f s", r.Viewer.BehindEdge)
	}
	return p
}

// cards are the charts for which there is something to show.
func cards(r lab.Report) []card {
	var list []card
	add := func(title string, chart markup, legend ...series) {
		if chart != "" {
			list = append(list, card{title, legend, chart})
		}
	}
	t := newTimes(r.History)
	http, p2p := series{class: "http", name: "HTTP source"}, series{class: "p2p", name: "peers"}
	add("Offload over time, %", t.offload())
	add("Bytes by source over time, Mbit/s", t.bytes(), p2p, http)
	add("Peers over time", t.lineOf("Peers over time", func(s lab.Sample) float64 { return float64(s.Peers) }))
	add("Mean level over time", t.lineOf("Mean level over time", func(s lab.Sample) float64 { return orNaN(s.Level) }))
	add("Stalls so far", t.lineOf("Stalls so far", func(s lab.Sample) float64 {
		if s.Stalls == nil {
			return math.NaN()
		}
		return float64(*s.Stalls)
	}))
	add("Levels, % of the peers", levelChart(r.LevelShares))
	var startup, behind []float64
	for _, row := range r.Rows {
		if row.Viewer.Segments > 0 {
			startup = append(startup, row.Viewer.Startup)
		}
		if row.Viewer.Segments > 0 && !row.Left {
			behind = append(behind, row.Viewer.BehindEdge)
		}
	}
	add("Startup, peers by seconds", histogram("Startup, peers by seconds", startup))
	add("Behind the live edge, peers by seconds", histogram("Behind the live edge, peers by seconds", behind))
	return list
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

func levelChart(shares []float64) markup {
	if len(shares) == 0 {
		return ""
	}
	var values []float64
	top := 0.0
	for _, v := range shares {
		values = append(values, 100*v)
		top = max(top, 100*v)
	}
	c := newChart("Levels", 0, 1, niceTop(top))
	c.grid(compact)
	c.bars(values, func(i int) string { return fmt.Sprint(i) }, func(i int) string { return fmt.Sprintf("level %d: %.1f %%", i, values[i]) })
	return c.done()
}

// histogram counts values in at most 16 round steps.
func histogram(title string, values []float64) markup {
	if len(values) == 0 {
		return ""
	}
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	step := niceStep(max(high-low, .4)) / 2
	first := math.Floor(low / step)
	counts := make([]float64, min(16, int(math.Floor(high/step)-first)+1))
	top := 0.0
	for _, v := range values {
		i := min(len(counts)-1, int(math.Floor(v/step)-first))
		counts[i]++
		top = max(top, counts[i])
	}
	from := func(i int) float64 { return (first + float64(i)) * step }
	c := newChart(title, 0, 1, niceTop(top))
	c.grid(compact)
	c.bars(counts, func(i int) string { return compact(from(i)) }, func(i int) string {
		return fmt.Sprintf("%s to %s s: %.0f peers", compact(from(i)), compact(from(i+1)), counts[i])
	})
	return c.done()
}
