package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer/lab"
)

type simulateOptions struct {
	sim   lab.SimConfig
	check bool
	json  bool
	goals bool
	seeds int
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
		Args: cobra.NoArgs,
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
	f.Float64Var(&o.sim.Uplinks, "uplinks", 0, "everybody's uplink times this; 0: as the profile has it")
	f.IntVar(&o.sim.Substreams, "substreams", o.sim.Substreams, "what the tracker splits the stream into")
	f.StringVar((*string)(&o.sim.Rule), "rule", string(o.sim.Rule), "who assigns parents: "+oneOf(lab.Rules()))
	f.BoolVar(&o.sim.Standby, "standby", o.sim.Standby, "everybody keeps a link to a second candidate")
	f.BoolVar(&o.sim.Climb, "climb", false, "peers climb by themselves, with --rule max-residual")
	f.BoolVar(&o.sim.TopologyOnly, "topology-only", false, "leave the segments out")
	f.BoolVar(&o.check, "check", false, "exit with 1 if an invariant of the mesh did not hold")
	f.BoolVar(&o.json, "json", false, "print one report object and nothing else")
	f.BoolVar(&o.goals, "goals", false, "run every profile and print the table of goals; takes minutes")
	f.IntVar(&o.seeds, "seeds", 5, "how many runs --goals averages over")
	return cmd
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
	if err := o.sim.Validate(); err != nil {
		return fail(exitUsage, "%w", err)
	}
	ctx, out, errs := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	if o.goals {
		for _, flag := range []string{"json", "check", "profile", "rule", "uplinks", "duration", "standby"} {
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
	if o.json {
		err = json.NewEncoder(out).Encode(report)
	} else {
		_, err = io.WriteString(out, simTable(report))
	}
	if err != nil {
		return err
	}
	if n := len(report.Violations); o.check && n > 0 {
		return fail(exitFailed, "--check: %d invariants did not hold", n)
	}
	return nil
}

// simulateWith shows on a terminal how far the simulation is.
func simulateWith(ctx context.Context, errs io.Writer, c lab.SimConfig) (lab.SimReport, error) {
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
