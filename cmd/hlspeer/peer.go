package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer"
	"hlspeer/signaling/tracker"
)

// probeTimeout is how long the sources may take to answer at start.
const probeTimeout = 15 * time.Second

func runPeer(cmd *cobra.Command, o *peerOptions, urls []string) error {
	c, f := o.config(urls)
	c.Logger = o.log.logger(cmd.ErrOrStderr(), &f)
	if err := f.err(); err != nil {
		return fail(exitUsage, "%w", err)
	}
	o.warn(c.Logger)
	o.manager = takeSupervisor(c.Logger)
	hangups, stop := o.hangups()
	defer stop()
	c.Link.Logger = c.Logger.With("part", "webrtc")
	proxy, err := listen(o.from("listen"), o.listen, "proxy")
	if err != nil {
		return err
	}
	defer proxy.Close()
	c.PlayBase = proxy.url()
	var beside surroundings
	if len(c.Schedulers)+len(c.Announces) == 0 && c.Engine != peer.EngineNone {
		if err := beside.addTracker(&c); err != nil {
			return err
		}
	}
	agent, err := peer.New(c)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fail(exitFailed, "%w", o.from("udp-port").fault("%d: the port is in use by another program; choose another, or 0 for free ones", o.udpPort))
	case err != nil:
		return fail(exitFailed, "%w", err)
	}
	if err := beside.addAdmin(o.from("admin"), o.admin, agent); err != nil {
		return err
	}
	if err := probe(cmd.Context(), agent); err != nil {
		return err
	}
	o.announce(cmd, playable(agent, c.PlayBase, nil), beside.addresses)
	o.live = o.changes(cmd, agent, c.PlayBase, urls)
	parts := append(beside.parts, agent.Run, newMemoryKeeper(c.CacheBytes).run, func(ctx context.Context) error {
		return proxy.serve(ctx, agent.Proxy(), time.Second)
	}, func(ctx context.Context) error {
		return o.reloadOn(ctx, hangups, c.Logger)
	}, func(ctx context.Context) error {
		return o.manager.run(ctx, agentActivity(agent))
	})
	if o.player != "" {
		parts = append(parts, playerPart(o.player, c.PlayBase+agent.PlayPaths()[0], c.Logger))
	}
	return daemon(cmd.Context(), parts...)
}

// surroundings are what runs beside an agent in the same process.
type surroundings struct {
	parts     []func(context.Context) error
	addresses []address
}

// addAdmin serves status and metrics, unless addr is off.
func (s *surroundings) addAdmin(from origin, addr string, agent *peer.Agent) error {
	if addr == "off" {
		return nil
	}
	l, err := listen(from, addr, "admin")
	if err != nil {
		return err
	}
	s.add("admin", l, func(ctx context.Context) error { return l.serve(ctx, agent.Admin(), time.Second) })
	return nil
}

// addTracker runs a tracker for peers on this machine and configures c to use
// it.
func (s *surroundings) addTracker(c *peer.Config) error {
	tc := tracker.DefaultConfig()
	tc.Logger = c.Logger.With("part", "tracker")
	tc.SpeedTest = false // nobody's line leads here
	srv, err := tracker.New(tc)
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	l, err := listen(flagOrigin("tracker"), "127.0.0.1:0", "tracker")
	if err != nil {
		return err
	}
	useTracker(c, l.url())
	s.add("tracker", l, srv.Run, func(ctx context.Context) error { return l.serveTracker(ctx, srv) })
	return nil
}

func (s *surroundings) add(kind string, l *listener, parts ...func(context.Context) error) {
	s.parts = append(s.parts, parts...)
	s.addresses = append(s.addresses, address{kind, l.url()})
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

// playable are the addresses of the channels that are not among before.
func playable(agent *peer.Agent, base string, before []string) (all []address) {
	for _, p := range agent.PlayPaths() {
		if !slices.Contains(before, p) {
			all = append(all, address{"play", base + p})
		}
	}
	return all
}

func (o *peerOptions) announce(cmd *cobra.Command, lists ...[]address) {
	for _, a := range slices.Concat(lists...) {
		if o.json {
			line, _ := json.Marshal(map[string]string{a.kind: a.url})
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n", line)
			continue
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", a.kind, a.url)
	}
}
