package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes, as documented in README.md.
const (
	exitDone        = 0
	exitFailed      = 1   // runtime failure
	exitUsage       = 2   // wrong flags or configuration
	exitSource      = 3   // source unreachable at start
	exitInterrupted = 130 // SIGINT during start-up
)

func main() {
	ctx, stop := signals()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// signals gives a context that ends with the first SIGINT or SIGTERM; the
// second one ends the process at once.
func signals() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-ch
		cancel(stopSignal{s})
		<-ch
		os.Exit(exitInterrupted)
	}()
	return ctx, func() { signal.Stop(ch) }
}

// stopSignal is the cause of a context that a signal ended.
type stopSignal struct{ os.Signal }

func (s stopSignal) Error() string { return "stopped by " + s.String() }

// run executes a command line and returns the exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	root := newRootCmd()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var coded *codedError
	if !errors.As(err, &coded) {
		coded = &codedError{exitUsage, err} // what cobra finds wrong itself
	}
	for line := range strings.Lines(coded.Error()) {
		fmt.Fprintf(errs, "hlspeer: %s\n", strings.TrimSpace(line))
	}
	if coded.code == exitUsage {
		fmt.Fprintln(errs, "See 'hlspeer help' and 'hlspeer COMMAND --help'.")
	}
	return coded.code
}

// codedError is an error with the exit code that it means.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

func fail(code int, format string, args ...any) error {
	return &codedError{code, fmt.Errorf(format, args...)}
}

func newRootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:   "hlspeer",
		Short: "A native WebRTC peer for P2P HLS, with tracker and demo",
		Long: "hlspeer plays an HLS channel with the help of the others who watch it. It serves\n" +
			"the channel to any player on this machine and to other peers over WebRTC data\n" +
			"channels, and falls back to the HTTP source whenever a peer does not deliver.",
		Example: "  hlspeer demo\n" +
			"  hlspeer peer https://example.com/live/index.m3u8 --player mpv\n" +
			"  hlspeer top",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.AddCommand(
		newPeerCmd(), newTrackerCmd(), newDemoCmd(), newSwarmCmd(), newSimulateCmd(), newTopCmd(),
		newDebugCmd(), newDoctorCmd(), newSelftestCmd(), newHealthcheckCmd(), newValidateCmd(), newManCmd(), newVersionCmd(),
	)
	addGroups(root)
	addCompletions(root)
	return root
}
