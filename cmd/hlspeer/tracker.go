package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

type trackerOptions struct {
	listen     string
	reportSpan time.Duration
	substreams int
	streamRate rateValue
	origins    []string
	speedTest  bool
	log        logFlags
}

func newTrackerCmd() *cobra.Command {
	d := tracker.DefaultConfig()
	o := &trackerOptions{streamRate: rateValue(d.StreamRate)}
	cmd := &cobra.Command{
		Use:   "tracker",
		Short: "Run the scheduler and the signal relay",
		Long: "Run the server that peers meet at: it assigns parents by the uplink they have to\n" +
			"give and relays the signals by which peers find each other.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return runTracker(cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", ":7070", "address to listen on")
	f.DurationVar(&o.reportSpan, "report-span", time.Duration(d.ReportSpan)*time.Second, "time between two reports of a peer")
	f.IntVar(&o.substreams, "substreams", d.Substreams, "parts that a stream is split into")
	f.Var(&o.streamRate, "stream-rate", "bit rate of a channel until its peers report it")
	f.StringSliceVar(&o.origins, "allowed-origins", d.AllowedOrigins, "web origins whose pages may connect")
	f.BoolVar(&o.speedTest, "speed-test", d.SpeedTest, "let peers measure their uplink here")
	o.log.register(f)
	return cmd
}

func (o *trackerOptions) config() tracker.Config {
	c := tracker.DefaultConfig()
	c.ReportSpan, c.Substreams = int(o.reportSpan/time.Second), o.substreams
	c.StreamRate, c.AllowedOrigins = signaling.BitRate(o.streamRate), o.origins
	c.SpeedTest = o.speedTest
	return c
}

func runTracker(cmd *cobra.Command, o *trackerOptions) error {
	log, err := o.log.logger(cmd.ErrOrStderr())
	if err != nil {
		return fail(exitUsage, "%w", err)
	}
	c := o.config()
	c.Logger = log
	srv, err := tracker.New(c)
	if err != nil {
		return fail(exitUsage, "%w", err)
	}
	l, err := listen("listen", o.listen, "tracker")
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "tracker: %s\n", l.url())
	return together(cmd.Context(),
		srv.Run,
		func(ctx context.Context) error { return l.serve(ctx, srv.Handler(), time.Second) },
	)
}
