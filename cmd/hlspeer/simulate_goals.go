package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"

	"hlspeer/peer/lab"
)

// A goalRun is a simulation of the benchmark of mesh 8.
type goalRun struct {
	name    string // as there
	profile lab.Profile
	uplinks float64 // 0: as the profile has it
	alone   bool    // without standbys
}

var goalRuns = []goalRun{
	{"B1 steady", lab.Steady, 0, false},
	{"B1 without standbys", lab.Steady, 0, true},
	{"B2 flash", lab.Flash, 0, false},
	{"B3 quiesce", lab.Quiesce, 0, false},
	{"B4 uplinks x0.77", lab.Deficit, 0.77, false},
	{"B4 uplinks x0.615", lab.Deficit, 0.615, false},
	{"B5 lognormal stay", lab.Lognormal, 0, false},
}

// runsFor are the runs that a channel of that size is put through. The largest
// take minutes, so only the first one.
func runsFor(peers int) []goalRun {
	if peers > 5000 {
		return goalRuns[:1]
	}
	return goalRuns
}

// A goal is a row of the table.
type goal struct {
	name   string
	value  func(lab.Report) *float64
	bound  func(lab.Report) *float64 // nil: there is none
	factor float64                   // from the value to what is shown
	format string
	least  bool    // the goal is the least that will do, otherwise the most
	aim    float64 // as shown
}

// goalsOf are the goals of a run in a channel of that many peers.
func goalsOf(run goalRun, peers int) []goal {
	switch run.profile {
	case lab.Steady:
		if run.alone {
			return []goal{missingGoal(0.6)}
		}
		return steadyGoals(peers)
	case lab.Flash:
		return []goal{
			{name: "fed 20 s after the last one came", value: coverage, factor: 100, format: "%.1f %%", least: true, aim: 98},
			{name: "level p95 after 240 s", value: levelAfter, factor: 1, format: "%.1f", aim: 8},
		}
	case lab.Quiesce:
		return []goal{{name: "all fed after churn stopped", value: recovered, factor: 1, format: "%.0f s", aim: 20}}
	case lab.Deficit:
		return []goal{{name: "offload of supply", value: offloadOfSupply, factor: 100, format: "%.1f %%", least: true, aim: 95}}
	default:
		return []goal{
			{name: "re-parents per departure", value: reparents, factor: 1, format: "%.2f", aim: 0.85},
			missingGoal(0.35),
		}
	}
}

func missingGoal(aim float64) goal {
	return goal{name: "without a live parent", value: missing, factor: 100, format: "%.2f %%", aim: aim}
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
		missingGoal(0.35),
		{name: "same ISP", value: sameISP, factor: 100, format: "%.0f %%", least: true, aim: 60},
		{name: "same province", value: sameProvince, factor: 100, format: "%.0f %%", least: true, aim: 25},
	}
}

func levelMean(r lab.Report) *float64    { return r.Level.Mean }
func boundMean(r lab.Report) *float64    { return r.Bound.Mean }
func levelP95(r lab.Report) *float64     { return r.Level.P95 }
func boundP95(r lab.Report) *float64     { return r.Bound.P95 }
func offloadOf(r lab.Report) *float64    { return r.Offload }
func reparents(r lab.Report) *float64    { return r.Reparents }
func missing(r lab.Report) *float64      { return r.Missing }
func sameISP(r lab.Report) *float64      { return r.SameISP }
func sameProvince(r lab.Report) *float64 { return r.SameProvince }
func coverage(r lab.Report) *float64     { return r.Coverage }
func levelAfter(r lab.Report) *float64   { return r.LevelAfter }
func recovered(r lab.Report) *float64    { return r.Recovery }

// offloadBound is the most that can come from peers: all but what roots fetch.
func offloadBound(r lab.Report) *float64 {
	if r.Roots == nil || r.Population == nil {
		return nil
	}
	v := 1 - *r.Roots / *r.Population
	return &v
}

// offloadOfSupply is the offload in parts of what the uplinks can carry.
func offloadOfSupply(r lab.Report) *float64 {
	if r.Offload == nil || r.Supply == nil || *r.Supply == 0 {
		return nil
	}
	v := *r.Offload / min(1, *r.Supply)
	return &v
}

// A goalJob is one run with all its seeds, and once with the rule that it is
// compared with.
type goalJob struct {
	goalRun
	peers  int
	ours   []lab.Report
	theirs []lab.Report // of one seed; of the largest without segments
	err    error
	done   chan struct{}
}

// showGoals runs the benchmark, as much of it at once as there are processors,
// and prints a row for each goal: the mean over the seeds from c.Seed on.
func showGoals(ctx context.Context, out io.Writer, c lab.SimConfig, sizes []int, seeds int) error {
	var jobs []*goalJob
	for _, peers := range sizes {
		for _, run := range runsFor(peers) {
			jobs = append(jobs, &goalJob{goalRun: run, peers: peers, done: make(chan struct{})})
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	places := make(chan struct{}, runtime.GOMAXPROCS(0))
	work.Go(func() {
		for _, j := range jobs {
			places <- struct{}{}
			work.Go(func() {
				defer func() { <-places; close(j.done) }()
				j.run(ctx, c, seeds)
			})
		}
	})
	fmt.Fprintf(out, goalLine, "PEERS", "RUN", "FIGURE", "MEASURED", "GOAL", "", "LOWER BOUND", "MAX-RESIDUAL")
	var broken []string
	for _, j := range jobs {
		<-j.done
		if j.err != nil {
			return fail(exitFailed, "%w", j.err)
		}
		for _, g := range goalsOf(j.goalRun, j.peers) {
			row := g.row(j.ours, j.theirs)
			fmt.Fprintf(out, goalLine, strconv.Itoa(j.peers), j.name, row[0], row[1], row[2], row[3], row[4], row[5])
		}
		for _, r := range j.ours {
			for _, v := range r.Violations {
				broken = append(broken, fmt.Sprintf("%d peers, %s, seed %d: %s.", j.peers, j.name, r.Seed, v))
			}
		}
	}
	for _, line := range broken {
		fmt.Fprintln(out, line)
	}
	return nil
}

// goalLine has fixed columns, so that rows show as soon as they are known.
const goalLine = "%-6s %-20s %-33s %-9s %-8s %-7s %-12s %s\n"

// run simulates. A channel of ten thousand is run with one seed.
func (j *goalJob) run(ctx context.Context, c lab.SimConfig, seeds int) {
	c.Peers, c.Profile, c.Uplinks, c.Standby = j.peers, j.profile, j.uplinks, !j.alone
	first := c.Seed
	if j.peers > 5000 {
		seeds = 1
	}
	for i := range seeds {
		c.Rule, c.Seed = lab.ByTracker, first+uint64(i)
		r, err := lab.Simulate(ctx, c)
		if err != nil {
			j.err = err
			return
		}
		j.ours = append(j.ours, r)
	}
	c.Rule, c.Seed, c.TopologyOnly = lab.ByMaxResidual, first, c.TopologyOnly || j.peers > 5000
	r, err := lab.Simulate(ctx, c)
	j.theirs, j.err = []lab.Report{r}, err
}

// row is a goal beside what was measured: name, value, goal, verdict, bound and
// the value of the other rule.
func (g goal) row(ours, theirs []lab.Report) [6]string {
	sign, verdict := "<=", "missed"
	if g.least {
		sign = ">="
	}
	v := meanOf(ours, g.value)
	if v != nil && (*v*g.factor == g.aim || *v*g.factor > g.aim == g.least) {
		verdict = "ok"
	}
	bound := "-"
	if g.bound != nil {
		bound = figure(meanOf(ours, g.bound), g.factor, g.format)
	}
	return [6]string{
		g.name, figure(v, g.factor, g.format), fmt.Sprintf("%s %g", sign, g.aim), verdict, bound,
		figure(meanOf(theirs, g.value), g.factor, g.format),
	}
}

// meanOf is the mean of a figure, null where one of the runs does not know it.
func meanOf(reports []lab.Report, value func(lab.Report) *float64) *float64 {
	if len(reports) == 0 {
		return nil
	}
	sum := 0.0
	for _, r := range reports {
		v := value(r)
		if v == nil {
			return nil
		}
		sum += *v
	}
	sum /= float64(len(reports))
	return &sum
}
