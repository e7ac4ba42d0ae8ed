package main

import (
	"log/slog"
	"net/url"
	"slices"

	"github.com/spf13/pflag"
)

// options are those of a command that a file can configure.
type options interface {
	// base are the settings behind them.
	base() *settings
	// check says what is wrong with them, without starting anything.
	check() []error
}

var _, _ options = (*peerOptions)(nil), (*trackerOptions)(nil)

// configurable makes the options of every such command anew.
func configurable() []options {
	_, p := peerCommand()
	_, t := trackerCommand()
	return []options{p, t}
}

func (s *settings) base() *settings { return s }

// secrets are keys of a file that only the user of the program should read.
var secrets = []string{"key", "page-token", "admin-token", "turn", "header"}

// exposed are the secrets in a file that every user of the machine may read.
func (s *settings) exposed() []string {
	if s.file == nil || !s.file.open {
		return nil
	}
	var found []string
	s.visit(func(f *pflag.Flag) {
		value := f.Value.String()
		if s.sources[f.Name].file == "" || value == f.DefValue || value == "[]" {
			return
		}
		if slices.Contains(secrets, f.Name) || f.Name == "http-proxy" && hasLogin(value) {
			found = append(found, f.Name)
		}
	})
	return found
}

func hasLogin(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.User != nil
}

// warn tells at start what is not wrong, but should be known.
func (s *settings) warn(log *slog.Logger) {
	if found := s.exposed(); len(found) > 0 {
		log.Warn("a file with secrets can be read by every user of this machine", "file", s.path, "keys", found)
	}
}
