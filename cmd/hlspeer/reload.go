package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/pflag"
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
			s.reload(log)
		}
	}
}

// reload reads the file again and applies what can change while running, which
// is the log level. The rest that has changed is named. A file with faults
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
	s.visit(func(f *pflag.Flag) {
		now := next.base().flags.Lookup(f.Name).Value.String()
		switch {
		case now == f.Value.String():
		case f.Name == "log-level":
			_ = inner(f).Set(now) // texts take any
			_ = s.logging.apply() // it has been checked
		default:
			later = append(later, f.Name)
		}
	})
	if !s.named && !slices.EqualFunc(s.channels, next.base().channels, func(a, b channelArg) bool { return a.url == b.url }) {
		later = append(later, "channels")
	}
	log.Info("the file of settings is read again", "file", s.path, "log_level", s.logging.level)
	if len(later) > 0 {
		log.Warn("settings have changed that need a restart", "keys", later)
	}
	next.base().warn(log)
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
