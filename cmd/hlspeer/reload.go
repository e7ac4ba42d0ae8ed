package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hlspeer/peer"
)

// hangups passes on each SIGHUP from now on, until stop is called. Without a
// file to read again there are none: SIGHUP ends the process as any other.
func (s *settings) hangups() (received <-chan os.Signal, stop func()) {
	ch := make(chan os.Signal, 1)
	if s.path == "" {
		return ch, func() {}
	}
	signal.Notify(ch, syscall.SIGHUP)
	return ch, func() { signal.Stop(ch) }
}

// reloadOn reads the file again on each signal, until ctx ends.
func (s *settings) reloadOn(ctx context.Context, received <-chan os.Signal, log *slog.Logger) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-received:
			done := s.manager.reloading()
			s.reload(log)
			done()
		}
	}
}

// change has what runs go by the next settings from now on, as far as one key is
// concerned.
type change func(next options) error

// reload reads the file again and applies what can change while running: the log
// level, and what is live. The rest that has changed is named. A file with faults
// changes nothing.
func (s *settings) reload(log *slog.Logger) {
	next := s.again()
	if found := next.check(); len(found) > 0 {
		for _, err := range found {
			log.Error("the file of settings cannot be used, all stays as it is", "fault", err)
		}
		return
	}
	var later []string
	apply := func(key string) {
		does := s.live[key]
		if does == nil {
			later = append(later, key)
		} else if err := does(next); err != nil {
			log.Error("a setting cannot be changed", "key", key, "error", err)
		}
	}
	s.visit(func(f *pflag.Flag) {
		now := next.base().flags.Lookup(f.Name).Value.String()
		switch {
		case now == f.Value.String():
		case f.Name == "log-level":
			_ = inner(f).Set(now) // texts take any
			_ = s.logging.apply() // it has been checked
		default:
			apply(f.Name)
		}
	})
	if !s.named && !slices.EqualFunc(s.channels, next.base().channels, func(a, b channelArg) bool { return a.url == b.url }) {
		apply("channels")
	}
	log.Info("the file of settings is read again", "file", s.path, "log_level", s.logging.level)
	if len(later) > 0 {
		log.Warn("settings have changed that need a restart", "keys", later)
	}
	next.base().warn(log)
}

// changes are the settings of a running peer that need no restart. The play
// addresses of new channels are announced as at start.
func (o *peerOptions) changes(cmd *cobra.Command, agent *peer.Agent, base string, urls []string) map[string]change {
	channels := func(next options) error {
		n := next.(*peerOptions)
		c, f := n.config(urls) // the arguments, too
		if err := f.err(); err != nil {
			return err
		}
		before := agent.PlayPaths()
		if err := agent.SetChannels(c.Channels); err != nil {
			return fmt.Errorf("replacing the channels: %w", err)
		}
		o.announce(cmd, playable(agent, base, before))
		o.channels, o.channel, o.backups = n.channels, n.channel, n.backups
		return nil
	}
	return map[string]change{
		"channels": channels, "channel": channels, "backup": channels,
		"upload": func(next options) error {
			o.upload = next.(*peerOptions).upload
			return agent.SetUpload(int64(o.upload))
		},
	}
}

// again are the options of the same command line and environment, with the
// file as it is now.
func (s *settings) again() options {
	all := configurable()
	next := all[slices.IndexFunc(all, func(o options) bool { return o.base().command == s.command })]
	for _, given := range s.given {
		_ = next.base().flags.Set(given.flag, given.value) // faults are collected
	}
	_ = next.base().flags.Set("config", s.path) // texts take any
	next.base().resolve()
	return next
}
