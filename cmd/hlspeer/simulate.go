package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer/lab"
)

type simulateOptions struct {
	sim     lab.SimConfig
	uplinks simUplinks
	check   bool
	output  reportOutput
	limits  limits
	goals   bool
	seeds   int
}

func newSimulateCmd() *cobra.Command {
	o := &simulateOptions{sim: lab.DefaultSimConfig()}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Simulate a channel of thousands of peers on a virtual clock",
		Long: "Simulate a channel on a virtual clock: the decisions are those of the code that\n" +
			"runs in peers and in the tracker; links, segments and viewers are a model. The\n" +
			"same seed gives the same report. The first peers come within five minutes, or a\n" +
			"quarter of a short run; figures count from 25 minutes on, or the second half.",
		Example: "  hlspeer simulate --peers 1000\n" +
			"  hlspeer simulate --peers 300 --profile flash --duration 10m --seed 7 --json\n" +
			"  hlspeer simulate --goals --peers 100 --seeds 2",
		GroupID: groupTest,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return runSimulate(cmd, o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.sim.Peers, "peers", o.sim.Peers, "how many peers there are at a time")
	f.DurationVar(&o.sim.Duration, "duration", 0, "virtual time; 0: as long as the profile needs")
	f.Uint64Var(&o.sim.Seed, "seed", o.sim.Seed, "of everything that is left to chance")
	f.StringVar((*string)(&o.sim.Profile), "profile", string(o.sim.Profile), "how peers come and go: "+oneOf(lab.Profiles()))
	f.DurationVar(&o.sim.Stay, "stay", o.sim.Stay, "how long a peer stays, on average")
	f.DurationVar(&o.sim.Ramp, "ramp", 0, "time in which the first peers come (default: as the profile has it)")
	f.DurationVar(&o.sim.MeasureFrom, "measure-from", 0, "when figures begin to count (default: as the profile has it)")
	f.Float64Var(&o.sim.Crash, "crash", o.sim.Crash, "share of those who leave that do so without a word")
	f.Float64Var(&o.sim.PairFails, "pair-fails", o.sim.PairFails, "share of all pairs of peers that cannot connect")
	f.Var(&o.uplinks, "uplinks", "everybody's uplink times this, or uplinks given to the peers in turn, e.g. 10Mbps,2Mbps; 0: as the profile has it")
	f.IntVar(&o.sim.Substreams, "substreams", o.sim.Substreams, "what the tracker splits the stream into")
	f.StringVar((*string)(&o.sim.Rule), "rule", string(o.sim.Rule), "who assigns parents: "+oneOf(lab.Rules()))
	f.BoolVar(&o.sim.Standby, "standby", o.sim.Standby, "everybody keeps a link to a second candidate")
	f.BoolVar(&o.sim.Climb, "climb", false, "peers climb by themselves, with --rule max-residual")
	f.BoolVar(&o.sim.TopologyOnly, "topology-only", false, "leave the segments out")
	f.BoolVar(&o.check, "check", false, "exit with 1 if an invariant of the mesh did not hold")
	f.BoolVar(&o.goals, "goals", false, "run every profile and print the table of goals; takes minutes")
	f.IntVar(&o.seeds, "seeds", 5, "how many runs --goals averages over")
	o.output.register(f)
	o.limits.register(f)
	return cmd
}

// simUplinks is a flag that is a factor for all uplinks, or a list of them.
type simUplinks struct {
	factor float64
	rates  ratesValue
}

func (v *simUplinks) Set(s string) error {
	*v = simUplinks{}
	var err error
	if v.factor, err = strconv.ParseFloat(s, 64); err == nil {
		return nil
	}
	v.factor = 0
	return v.rates.Set(s)
}

func (v *simUplinks) String() string {
	if len(v.rates) > 0 {
		return v.rates.String()
	}
	return strconv.FormatFloat(v.factor, 'g', -1, 64)
}
func (v *simUplinks) Type() string { return "factor or rates" }

// complete takes over what the flags say.
func (o *simulateOptions) complete(given func(flag string) bool) error {
	var f faults
	o.sim.Uplinks, o.sim.Rates = o.uplinks.factor, o.uplinks.rates
	optional := func(flag string, d *time.Duration) {
		switch {
		case !given(flag):
			*d = -1
		case *d < 0:
			f.add(flag, "%v: want 0 or more", *d)
		}
	}
	optional("ramp", &o.sim.Ramp)
	optional("measure-from", &o.sim.MeasureFrom)
	if err := o.sim.Validate(); err != nil {
		f.list = append(f.list, err)
	}
	o.output.prepare(&f)
	o.limits.check(&f)
	return f.err()
}

// oneOf lists what a flag may be.
func oneOf[T ~string](values []T) string {
	var names []string
	for _, v := range values {
		names = append(names, string(v))
	}
	return strings.Join(names, ", ")
}

func runSimulate(cmd *cobra.Command, o *simulateOptions) error {
	if err := o.complete(cmd.Flags().Changed); err != nil {
		return fail(exitUsage, "%w", err)
	}
	ctx, out, errs := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	if o.goals {
		for _, flag := range []string{"json", "check", "profile", "rule", "uplinks", "duration", "standby", "html", "compare", "ramp", "measure-from", "min-offload", "max-stalls"} {
			if cmd.Flags().Changed(flag) {
				return fail(exitUsage, "--%s: not together with --goals", flag)
			}
		}
		sizes := []int{100, 1000, 10_000}
		if cmd.Flags().Changed("peers") {
			sizes = []int{o.sim.Peers}
		}
		if o.seeds < 1 {
			return fail(exitUsage, "--seeds %d: want 1 or more", o.seeds)
		}
		return showGoals(ctx, out, o.sim, sizes, o.seeds)
	}
	report, err := simulateWith(ctx, errs, o.sim)
	if err != nil {
		return err
	}
	broken := o.limits.broken(report)
	report.Failures = append(report.Failures, broken...)
	if err := o.output.show(out, "simulate", report); err != nil {
		return err
	}
	if len(broken) > 0 {
		return fail(exitFailed, "%s", strings.Join(broken, "\n"))
	}
	if n := len(report.Violations); o.check && n > 0 {
		return fail(exitFailed, "--check: %d invariants did not hold", n)
	}
	return nil
}

// simulateWith shows on a terminal how far the simulation is.
func simulateWith(ctx context.Context, errs io.Writer, c lab.SimConfig) (lab.Report, error) {
	if isTerminal(errs) {
		shown := time.Time{}
		c.Progress = func(now time.Duration) {
			if time.Since(shown) > time.Second/4 {
				shown = time.Now()
				fmt.Fprintf(errs, "\r%d peers, %s, %s: %v \x1b[K", c.Peers, c.Profile, c.Rule, now.Round(time.Second))
			}
		}
		defer fmt.Fprint(errs, "\r\x1b[K")
	}
	report, err := lab.Simulate(ctx, c)
	if err != nil {
		return report, fail(exitFailed, "%w", err)
	}
	return report, nil
}
