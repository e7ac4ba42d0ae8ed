package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer/lab"
)

type demoOptions struct {
	peers    int
	duration time.Duration
	json     bool
	log      logFlags
}

// demoUplinks make a mesh worth looking at of a channel of about 200 kbit/s:
// the first peer feeds two others, a third one has to be fed by those.
var demoUplinks = []int64{600_000, 400_000, 400_000, 0}

func newDemoCmd() *cobra.Command {
	o := &demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a channel, a tracker and peers with viewers, all on this machine",
		Long: "Run a generated live channel, a tracker and peers with headless viewers in one\n" +
			"process on loopback, and show what each peer does. Nothing else is needed.",
		Example: "  hlspeer demo\n  hlspeer demo --peers 8\n  hlspeer demo --duration 30s --json",
		GroupID: groupTest,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return runDemo(cmd, o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.peers, "peers", 4, "how many peers")
	f.DurationVar(&o.duration, "duration", 0, "end after this time; 0: until Ctrl-C")
	f.BoolVar(&o.json, "json", false, "print one summary object at the end and nothing else")
	o.log.register(f)
	f.Lookup("log-level").DefValue, o.log.level = "error", "error"
	return cmd
}

func runDemo(cmd *cobra.Command, o *demoOptions) error {
	var f faults
	log := o.log.logger(cmd.ErrOrStderr(), &f)
	if err := f.err(); err != nil {
		return fail(exitUsage, "%w", err)
	}
	c := lab.SwarmConfig{Peers: o.peers, Uplinks: demoUplinks, JoinEvery: 3 * time.Second, LookEvery: 2 * time.Second, Logger: log}
	if err := c.Validate(); err != nil {
		return fail(exitUsage, "%w", err)
	}
	swarm, err := lab.NewSwarm(c)
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	out := cmd.OutOrStdout()
	ctx, seen := context.WithCancel(cmd.Context())
	told := make(chan struct{})
	go func() {
		defer close(told)
		if !o.json {
			show(ctx, out, swarm)
		}
	}()
	report, err := swarm.Measure(cmd.Context(), o.duration)
	seen()
	<-told
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	return (&reportOutput{json: o.json}).show(out, "demo", report)
}

// show draws the table each second on a terminal, each ten seconds elsewhere.
func show(ctx context.Context, out io.Writer, swarm *lab.Swarm) {
	every, clear := 10*time.Second, ""
	if isTerminal(out) {
		every, clear = time.Second, "\x1b[H\x1b[2J"
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	began := time.Now()
	for {
		fmt.Fprint(out, clear, table(swarm, time.Since(began)))
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
