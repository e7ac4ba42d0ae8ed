package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer/lab"
)

func newSwarmCmd() *cobra.Command {
	o := newSwarmOptions()
	cmd := &cobra.Command{
		Use:     "swarm [URL]",
		GroupID: groupTest,
		Short:   "Load a channel and a tracker with peers and viewers, and report how they fared",
		Long: "Run many peers with headless viewers in this process: against a channel and a\n" +
			"tracker of its own, or against a source (URL) and a tracker (--tracker) that are\n" +
			"there already, so that several processes and machines can load the same ones.\n" +
			"The report is that of simulate. Ctrl-C ends the run early, with its report.",
		Example: "  hlspeer swarm --peers 100 --duration 5m --churn steady --html report.html\n" +
			"  hlspeer swarm https://example.com/live.m3u8 --tracker http://tracker.example.com:7070 --peers 200\n" +
			"  hlspeer swarm --net virtual --profile mobile --min-offload 0.8 --max-stalls 0",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return runSwarm(cmd, o, args)
		},
	}
	o.register(cmd.Flags())
	// The same name stands for something else in simulate.
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profileNames(), cobra.ShellCompDirectiveNoFileComp)) // it is there
	return cmd
}

func runSwarm(cmd *cobra.Command, o *swarmOptions, args []string) error {
	errs := cmd.ErrOrStderr()
	o.given = cmd.Flags().Changed
	c, f := o.config(args, errs)
	if err := f.err(); err != nil {
		return fail(exitUsage, "%w", err)
	}
	swarm, err := lab.NewSwarm(c)
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	fmt.Fprintf(errs, "source: %s\ntracker: %s\n", swarm.SourceURL(), swarm.TrackerURL())
	watched, seen := context.WithCancel(cmd.Context())
	told := make(chan struct{})
	go func() {
		defer close(told)
		showProgress(watched, errs, swarm, o.duration)
	}()
	report, err := swarm.Measure(cmd.Context(), o.duration)
	seen()
	<-told
	if errors.Is(err, lab.ErrUnended) {
		fmt.Fprintf(errs, "hlspeer: %v; the report is not touched by that\n", err)
	} else if err != nil {
		return fail(exitFailed, "%w", err)
	}
	report.Failures = o.limits.broken(report)
	if err := o.output.show(cmd.OutOrStdout(), "swarm", report); err != nil {
		return err
	}
	if len(report.Failures) > 0 {
		return fail(exitFailed, "%s", strings.Join(report.Failures, "\n"))
	}
	return nil
}

// showProgress tells how a swarm fares: on a terminal in a line that changes each
// second, elsewhere in a line each ten seconds.
func showProgress(ctx context.Context, errs io.Writer, swarm *lab.Swarm, d time.Duration) {
	every, begin, end := 10*time.Second, "", "\n"
	if isTerminal(errs) {
		every, begin, end = time.Second, "\r", "\x1b[K"
		defer fmt.Fprint(errs, "\r\x1b[K")
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	began := time.Now()
	var before lab.Report
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := swarm.Report()
		fmt.Fprint(errs, begin, progressLine(time.Since(began), d, before, now), end)
		before = now
	}
}

// progressLine is what has happened since the report before.
func progressLine(at, of time.Duration, before, now lab.Report) string {
	present := 0
	for _, r := range now.Rows {
		if r.Joined && !r.Left {
			present++
		}
	}
	var http, p2p int64
	if http, p2p = now.Bytes.HTTP, now.Bytes.P2P; before.Bytes != nil {
		http, p2p = http-before.Bytes.HTTP, p2p-before.Bytes.P2P
	}
	offload := "-"
	if http+p2p > 0 {
		offload = fmt.Sprintf("%.0f %%", 100*float64(p2p)/float64(http+p2p))
	}
	seconds := max(.001, now.Duration-before.Duration)
	return fmt.Sprintf("%v/%v: %d peers, offload %s, HTTP %.1f P2P %.1f Mbit/s, level %s, %d stalls, %s cores",
		at.Round(time.Second), of, present, offload, float64(http)*8/seconds/1e6, float64(p2p)*8/seconds/1e6,
		figure(now.Level.Mean, 1, "%.1f"), *now.Stalls, figure(now.CPUCores, 1, "%.1f"))
}
