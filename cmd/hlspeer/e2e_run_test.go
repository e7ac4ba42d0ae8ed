//go:build e2e

package main_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A program is one that a player consists of.
type program struct {
	args   []string // the first is its name
	env    []string // beside our own
	stdin  io.Reader
	stdout io.Writer // nil: heard too
	// hear is called for each line that it says, one call at a time, and says
	// when that was enough.
	hear func(line string) (enough bool)
}

// run runs it until it ends, hear has heard enough, or ctx ends; the error says
// how it ended in the first case and the last. The program and what it started
// get SIGTERM, by their process group.
func (p program) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cmd := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
	cmd.Env = append(cmd.Environ(), p.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 3 * time.Second
	lines := &lineWriter{line: func(line string) {
		if p.hear(line) {
			stop(errEnough)
		}
	}}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.stdin, p.stdout, lines
	if p.stdout == nil {
		cmd.Stdout = lines
	}
	err := cmd.Run()
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errEnough):
		return nil
	case cause != nil:
		return cause
	}
	return err
}

var errEnough = errors.New("heard enough")

// lineWriter cuts what a program says into lines, also where it returns to the
// beginning of one.
type lineWriter struct {
	line func(string)
	mu   sync.Mutex
	rest []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	for {
		i := bytes.IndexAny(w.rest, "\r\n")
		if i < 0 {
			return len(p), nil
		}
		if text := strings.TrimSpace(string(w.rest[:i])); text != "" {
			w.line(text)
		}
		w.rest = w.rest[i+1:]
	}
}
