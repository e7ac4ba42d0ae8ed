package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer"
)

// maxPlan is how long the plans of a peer may be, bytes.
const maxPlan = 64 << 20

func newDebugPlanCmd() *cobra.Command {
	last, since := 0, time.Duration(0)
	cmd := newAdminCmd(&cobra.Command{
		Use:   "plan [--admin URL] [--last N|--since D]",
		Short: "Print what a running peer's brain has heard and what it decided, as a script",
		Long: "Print what a running peer's brain has heard and what it decided: a line for each\n" +
			"event, with the time since the playlist was opened, and below it what is to be done\n" +
			"about it. 'wanted' is a segment that is needed until 'play', 'arrived' one that is\n" +
			"here, 'ask' a request to a peer or the HTTP source, 'tick' that time has passed.\n\n" +
			"It is in the form of the tests of the brain: a file of peer/mesh/testdata with this in\n" +
			"it is a test that passes, as long as the plan is complete. The first lines say\n" +
			"whether it is: a peer keeps some hours of a live channel, and --last and --since\n" +
			"leave the beginning out.\n\n" +
			"--json prints an object with plans as /api/v1/plan does: name, room, engine, now_s,\n" +
			"complete, steps, steps_left_out and script.",
		Example: "  hlspeer debug plan --last 20\n  hlspeer debug plan --channel live > peer/mesh/testdata/stutter.txt",
		Args:    cobra.NoArgs,
	}, func(ctx context.Context, out io.Writer, s peerSource, o *adminOptions, _ []string) error {
		var f faults
		if last < 0 {
			f.add("last", "%d: want 0 or more", last)
		}
		if since < 0 {
			f.add("since", "%v: want 0 or more", since)
		}
		if last > 0 && since > 0 {
			f.add("since", "and --last: want one of them")
		}
		if err := f.err(); err != nil {
			return fail(exitUsage, "%w", err)
		}
		plans, err := s.plans(ctx, o.channel, last, since)
		if err != nil {
			return err
		}
		if o.json {
			return writeJSON(out, planList{plans})
		}
		_, err = io.WriteString(out, plansText(plans))
		return err
	})
	cmd.Flags().IntVar(&last, "last", 0, "only so many events of each playlist; 0: all that are kept")
	cmd.Flags().DurationVar(&since, "since", 0, "only those of the last `time`, e.g. 30s; 0: all that are kept")
	return cmd
}

// planList is what --json prints.
type planList struct {
	Plans []peer.Plan `json:"plans"`
}

// plans asks what the brains have heard and decided, in the channels that are asked
// for.
func (s peerSource) plans(ctx context.Context, channel string, last int, since time.Duration) ([]peer.Plan, error) {
	if _, err := s.status(ctx, channel); err != nil { // is it a peer, and is there such a channel?
		return nil, err
	}
	q := url.Values{}
	if channel != "" {
		q.Set("channel", channel)
	}
	if last > 0 {
		q.Set("last", strconv.Itoa(last))
	}
	if since > 0 {
		q.Set("since", since.String())
	}
	plans := []peer.Plan{}
	const path = "/api/v1/plan"
	if err := s.getUpTo(ctx, path+"?"+q.Encode(), maxPlan, &plans); err != nil {
		return nil, err
	}
	for _, p := range plans {
		if !strings.HasPrefix(p.Script, "config") {
			return nil, s.otherVersion(path)
		}
	}
	return plans, nil
}

// plansText is plans as scripts, with comments that say what they are.
func plansText(plans []peer.Plan) string {
	var b strings.Builder
	if len(plans) == 0 {
		b.WriteString("# No playlist is running: nobody plays one, or the source does not answer.\n")
	}
	for i, p := range plans {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "# %s, engine %s, %s\n", visible(p.Name), short(string(p.Engine), 12), visible(p.Room))
		if p.Complete {
			fmt.Fprintf(&b, "# Complete: all %s from the start on, for %s. A fresh brain decides the same.\n", count(p.Steps, "event"), age(p.Now))
		} else {
			fmt.Fprintf(&b, "# Not complete: %s before the first of these %d are not here. A fresh brain knows\n"+
				"# less and decides otherwise, so this is for reading, not for a test that passes.\n", count(p.Left, "event"), p.Steps)
		}
		for line := range strings.Lines(p.Script) {
			b.WriteString(visible(strings.TrimSuffix(line, "\n")) + "\n")
		}
	}
	return b.String()
}
