package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"hlspeer/peer/lab"
)

// A goalRun is a simulation of the benchmark of mesh 8.
type goalRun struct {
	name    string // as there
	profile lab.Profile
	uplinks float64 // 0: as the profile has it
}

var goalRuns = []goalRun{
	{"B1 steady", lab.Steady, 0},
	{"B2 flash", lab.Flash, 0},
	{"B3 quiesce", lab.Quiesce, 0},
	{"B4 uplinks x0.77", lab.Deficit, 0.77},
	{"B4 uplinks x0.615", lab.Deficit, 0.615},
	{"B5 lognormal stay", lab.Lognormal, 0},
}

// A goal is a row of the table.
type goal struct {
	name   string
	value  func(lab.SimReport) *float64
	bound  func(lab.SimReport) *float64 // nil: there is none
	factor float64                      // from the value to what is shown
	format string
	least  bool    // the goal is the least that will do, otherwise the most
	aim    float64 // as shown
}

// goalsOf are the goals of a run in a channel of that many peers.
func goalsOf(run goalRun, peers int) []goal {
	switch run.profile {
	case lab.Steady:
		return steadyGoals(peers)
	case lab.Flash:
		return []goal{
			{name: "fed 20 s after the last one came", value: coverage, factor: 100, format: "%.1f %%", least: true, aim: 98},
			{name: "level p95 after 240 s", value: levelAfter, factor: 1, format: "%.0f", aim: 8},
		}
	case lab.Quiesce:
		return []goal{{name: "all fed after churn stopped", value: recovered, factor: 1, format: "%.0f s", aim: 20}}
	case lab.Deficit:
		return []goal{{name: "offload of supply", value: offloadOfSupply, factor: 100, format: "%.1f %%", least: true, aim: 95}}
	default:
		return []goal{
			{name: "re-parents per departure", value: reparents, factor: 1, format: "%.2f", aim: 0.85},
			{name: "without a live parent", value: missing, factor: 100, format: "%.2f %%", aim: 0.6},
		}
	}
}

func steadyGoals(peers int) []goal {
	mean, p95, offload := 4.2, 7.0, 98.5
	switch {
	case peers > 5000:
		mean, p95 = 5, 9
	case peers < 300:
		mean, p95, offload = 3.3, 6, 96.5
	}
	return []goal{
		{name: "level mean", value: levelMean, bound: boundMean, factor: 1, format: "%.2f", aim: mean},
		{name: "level p95", value: levelP95, bound: boundP95, factor: 1, format: "%.1f", aim: p95},
		{name: "offload", value: offloadOf, bound: offloadBound, factor: 100, format: "%.1f %%", least: true, aim: offload},
		{name: "re-parents per departure", value: reparents, factor: 1, format: "%.2f", aim: 1.4},
		{name: "without a live parent", value: missing, factor: 100, format: "%.2f %%", aim: 0.6},
		{name: "same ISP", value: sameISP, factor: 100, format: "%.0f %%", least: true, aim: 60},
		{name: "same province", value: sameProvince, factor: 100, format: "%.0f %%", least: true, aim: 25},
	}
}

func levelMean(r lab.SimReport) *float64    { return r.Level.Mean }
func boundMean(r lab.SimReport) *float64    { return r.Bound.Mean }
func levelP95(r lab.SimReport) *float64     { return r.Level.P95 }
func boundP95(r lab.SimReport) *float64     { return r.Bound.P95 }
func offloadOf(r lab.SimReport) *float64    { return r.Offload }
func reparents(r lab.SimReport) *float64    { return r.Reparents }
func missing(r lab.SimReport) *float64      { return r.Missing }
func sameISP(r lab.SimReport) *float64      { return r.SameISP }
func sameProvince(r lab.SimReport) *float64 { return r.SameProvince }
func coverage(r lab.SimReport) *float64     { return r.Coverage }
func levelAfter(r lab.SimReport) *float64   { return r.LevelAfter }
func recovered(r lab.SimReport) *float64    { return r.Recovery }

// offloadBound is the most that can come from peers: all but what roots fetch.
func offloadBound(r lab.SimReport) *float64 {
	if r.Roots == nil || r.Population == nil {
		return nil
	}
	v := 1 - *r.Roots / *r.Population
	return &v
}

// offloadOfSupply is the offload in parts of what the uplinks can carry.
func offloadOfSupply(r lab.SimReport) *float64 {
	if r.Offload == nil || r.Supply == nil || *r.Supply == 0 {
		return nil
	}
	v := *r.Offload / min(1, *r.Supply)
	return &v
}

// showGoals runs the benchmark and prints a row for each goal as it goes.
func showGoals(ctx context.Context, out, errs io.Writer, c lab.SimConfig, sizes []int) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "PEERS\tRUN\tFIGURE\tMEASURED\tGOAL\t\tLOWER BOUND\tMAX-RESIDUAL")
	var broken []string
	for _, peers := range sizes {
		for _, run := range goalRuns {
			c := c
			c.Peers, c.Profile, c.Uplinks, c.Rule = peers, run.profile, run.uplinks, lab.ByTracker
			ours, err := simulateWith(ctx, errs, c)
			if err != nil {
				return err
			}
			c.Rule = lab.ByMaxResidual
			theirs, err := simulateWith(ctx, errs, c)
			if err != nil {
				return err
			}
			for _, g := range goalsOf(run, peers) {
				fmt.Fprintf(w, "%d\t%s\t%s\n", peers, run.name, g.row(ours, theirs))
			}
			for _, v := range ours.Violations {
				broken = append(broken, fmt.Sprintf("%d peers, %s: %s.", peers, run.name, v))
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, line := range broken {
		fmt.Fprintln(out, line)
	}
	return nil
}

// row is a goal beside what was measured.
func (g goal) row(ours, theirs lab.SimReport) string {
	bound := "-"
	if g.bound != nil {
		bound = figure(g.bound(ours), g.factor, g.format)
	}
	sign, verdict := "<=", "missed"
	if g.least {
		sign = ">="
	}
	v := g.value(ours)
	if v != nil && (*v*g.factor == g.aim || *v*g.factor > g.aim == g.least) {
		verdict = "ok"
	}
	return fmt.Sprintf("%s\t%s\t%s %g\t%s\t%s\t%s",
		g.name, figure(v, g.factor, g.format), sign, g.aim, verdict, bound, figure(g.value(theirs), g.factor, g.format))
}
