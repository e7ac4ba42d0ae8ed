package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer"
	"hlspeer/signaling/tracker"
)

// probeTimeout is how long the sources may take to answer at start.
const probeTimeout = 15 * time.Second

func runPeer(cmd *cobra.Command, o *peerOptions, urls []string) error {
	log, err := o.log.logger(cmd.ErrOrStderr())
	if err != nil {
		return fail(exitUsage, "%w", err)
	}
	c, err := o.config(urls)
	if err != nil {
		return fail(exitUsage, "%w", err)
	}
	c.Logger = log
	var parts []func(context.Context) error
	proxy, err := listen("listen", o.listen, "proxy")
	if err != nil {
		return err
	}
	defer proxy.Close()
	c.PlayBase = proxy.url()
	var extra []address
	if len(c.Schedulers) == 0 && c.Engine != peer.EngineNone {
		part, base, err := embeddedTracker(&c)
		if err != nil {
			return err
		}
		parts, extra = append(parts, part), append(extra, address{"tracker", base})
	}
	agent, err := peer.New(c)
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	if o.admin != "off" {
		admin, err := listen("admin", o.admin, "admin")
		if err != nil {
			return err
		}
		parts = append(parts, func(ctx context.Context) error { return admin.serve(ctx, agent.Admin(), time.Second) })
		extra = append(extra, address{"admin", admin.url()})
	}
	if err := probe(cmd.Context(), agent); err != nil {
		return err
	}
	o.announce(cmd, agent, c.PlayBase, extra)
	parts = append(parts, agent.Run, func(ctx context.Context) error { return proxy.serve(ctx, agent.Proxy(), time.Second) })
	if o.player != "" {
		parts = append(parts, playerPart(o.player, c.PlayBase+agent.PlayPaths()[0], log))
	}
	return together(cmd.Context(), parts...)
}

// probe fails with exit code 3 if no source delivers a playlist.
func probe(ctx context.Context, agent *peer.Agent) error {
	timed, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	err := agent.Probe(timed)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fail(exitInterrupted, "%w", context.Cause(ctx))
	default:
		return fail(exitSource, "the source gives no playlist: %w", err)
	}
}

// address is something a user may open, by kind.
type address struct{ kind, url string }

func (o *peerOptions) announce(cmd *cobra.Command, agent *peer.Agent, base string, extra []address) {
	var all []address
	for _, p := range agent.PlayPaths() {
		all = append(all, address{"play", base + p})
	}
	for _, a := range append(all, extra...) {
		if o.json {
			line, _ := json.Marshal(map[string]string{a.kind: a.url})
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n", line)
			continue
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", a.kind, a.url)
	}
}

// embeddedTracker starts a tracker for peers on this machine and configures c
// to use it.
func embeddedTracker(c *peer.Config) (part func(context.Context) error, base string, err error) {
	tc := tracker.DefaultConfig()
	tc.Logger = c.Logger.With("part", "tracker")
	srv, err := tracker.New(tc)
	if err != nil {
		return nil, "", fail(exitFailed, "%w", err)
	}
	l, err := listen("tracker", "127.0.0.1:0", "tracker")
	if err != nil {
		return nil, "", err
	}
	c.Schedulers = []string{websocketURL(l.url(), "/ws")}
	c.Signalers = []string{websocketURL(l.url(), "/signal")}
	return func(ctx context.Context) error {
		return together(ctx, srv.Run, func(ctx context.Context) error { return l.serve(ctx, srv.Handler(), time.Second) })
	}, l.url(), nil
}
