package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer"
)

// doctorOptions are those of `doctor`, besides what commands have that look into a
// peer.
type doctorOptions struct {
	*adminOptions
	tracker string
	url     string
}

func newDoctorCmd() *cobra.Command {
	o := &doctorOptions{}
	cmd := &cobra.Command{
		Use:     "doctor [URL]",
		GroupID: groupLook,
		Short:   "Say whether P2P works, and if not, why and what to do",
		Long: "Say whether P2P works, and if not, why and what to do. It asks the running peer at\n" +
			"its admin address, the peer's tracker (or --tracker), and the source of URL, if one is\n" +
			"given: then also where no peer is running. It changes nothing.\n\n" +
			"A verdict for each playlist comes first, then what it follows from, with what to do:\n" +
			"peer, source, playlist, engine, tracker, company (others in the channel), links,\n" +
			"delivery (do parents bring segments in time), player, uplink, cache, clock.\n\n" +
			"P2P works where at least half of the bytes of the last minute came from peers, or\n" +
			"where this peer feeds others while it takes the channel from the source.\n\n" +
			"--json prints an object with healthy, verdicts (channel, room, works, text) and\n" +
			"findings (check, channel, state: ok, warning, fault or unknown; text; advice).\n" +
			"Exit code 0: P2P works for every playlist; 1: it does not.",
		Example: "  hlspeer doctor\n  hlspeer doctor https://example.com/live/index.m3u8 --tracker http://tracker.example.com:7070",
		Args:    cobra.MaximumNArgs(1),
	}
	o.adminOptions = newAdminOptions(cmd)
	cmd.Flags().StringVar(&o.tracker, "tracker", "", "base `URL` of the tracker to ask; none: the peer's")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := fromEnvironment(cmd); err != nil {
			return fail(exitUsage, "%w", err)
		}
		if len(args) > 0 {
			o.url = args[0]
		}
		return o.run(cmd.Context(), cmd.OutOrStdout())
	}
	return cmd
}

// check reports every fault of the options.
func (o *doctorOptions) check() (source peerSource, err error) {
	var f faults
	if source, err = o.source(); err != nil {
		f.list = append(f.list, err)
	}
	if o.url != "" {
		if err := peer.CheckURL(o.url, "http", "https"); err != nil {
			f.list = append(f.list, fmt.Errorf("URL: %w", err))
		}
	}
	if o.tracker != "" {
		if err := peer.CheckURL(o.tracker, "http", "https"); err != nil {
			f.add("tracker", "%v", err)
		}
	}
	return source, f.err()
}

func (o *doctorOptions) run(ctx context.Context, out io.Writer) error {
	source, err := o.check()
	if err != nil {
		return fail(exitUsage, "%w", err)
	}
	d := diagnose(o.examine(ctx, source))
	if o.json {
		err = writeJSON(out, d)
	} else {
		_, err = io.WriteString(out, d.text())
	}
	switch {
	case err != nil:
		return fail(exitFailed, "%w", err)
	case ctx.Err() != nil:
		return fail(exitFailed, "interrupted")
	case !d.Healthy:
		return fail(exitFailed, "P2P does not work as it should")
	}
	return nil
}

// States of a finding.
const (
	findingOK      = "ok"
	findingWarning = "warning"
	findingFault   = "fault"
	findingUnknown = "unknown"
)

// finding is one thing that was looked at.
type finding struct {
	Check   string `json:"check"`
	Channel string `json:"channel,omitempty"`
	State   string `json:"state"`
	Text    string `json:"text"`
	Advice  string `json:"advice,omitempty"`
}

// p2pVerdict is about one playlist, or, without a channel, about all.
type p2pVerdict struct {
	Channel string `json:"channel,omitempty"`
	Room    string `json:"room,omitempty"`
	Works   bool   `json:"works"`
	Text    string `json:"text"`
}

// diagnosis is what --json prints.
type diagnosis struct {
	Healthy  bool         `json:"healthy"`
	Verdicts []p2pVerdict `json:"verdicts"`
	Findings []finding    `json:"findings"`
}

func (d *diagnosis) find(check, channel, state, advice, format string, args ...any) {
	d.Findings = append(d.Findings, finding{check, channel, state, fmt.Sprintf(format, args...), advice})
}

// text shows a diagnosis to people.
func (d diagnosis) text() string {
	var b strings.Builder
	for _, v := range d.Verdicts {
		if v.Channel != "" {
			fmt.Fprintf(&b, "%s  %s\n", visible(v.Channel), visible(v.Room))
		}
		fmt.Fprintf(&b, "%s\n", v.Text)
	}
	b.WriteByte('\n')
	for _, f := range d.Findings {
		text := f.Text
		if f.Channel != "" && len(d.Verdicts) > 1 {
			text = visible(f.Channel) + ": " + text
		}
		fmt.Fprintf(&b, "%-7s  %-8s  %s\n", f.State, f.Check, text)
		if f.Advice != "" {
			fmt.Fprintf(&b, "%21s-> %s\n", "", f.Advice)
		}
	}
	return b.String()
}

// ageOf writes a time that has passed, seconds.
func ageOf(s float64) string { return took(max(0, s)) + " ago" }

// doctorSpan is what is called the last minute.
const doctorSpan = time.Minute
