package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/pflag"
)

// logFlags are the flags about logging that every long-running command has.
type logFlags struct {
	level, format string
	current       slog.LevelVar // of the logger
}

func (l *logFlags) register(f *pflag.FlagSet) {
	f.StringVar(&l.level, "log-level", "info", "debug, info, warn or error")
	f.StringVar(&l.format, "log-format", "text", "text or json")
}

// logger writes to w.
func (l *logFlags) logger(w io.Writer, f *faults) *slog.Logger {
	if err := l.apply(); err != nil {
		f.add("log-level", "%v", err)
	}
	opts := &slog.HandlerOptions{Level: &l.current}
	switch l.format {
	case "text":
		if isJournal(w) {
			opts.ReplaceAttr = withoutTime
		}
		return slog.New(slog.NewTextHandler(w, opts))
	case "json":
		return slog.New(slog.NewJSONHandler(w, opts))
	default:
		f.add("log-format", "%q: want text or json", l.format)
		return slog.New(slog.DiscardHandler)
	}
}

// withoutTime drops a record's own time.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		return slog.Attr{}
	}
	return a
}

// apply has the logger write from the level on that the flag says.
func (l *logFlags) apply() error {
	level, err := parseLevel(l.level)
	if err == nil {
		l.current.Set(level)
	}
	return err
}

func parseLevel(s string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s)); err != nil {
		return 0, fmt.Errorf("%q: want debug, info, warn or error", s)
	}
	return level, nil
}
