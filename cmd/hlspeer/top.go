package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"hlspeer/peer"
)

// topPatience is how long the peer may take for an answer.
const topPatience = 3 * time.Second

func newTopCmd() *cobra.Command {
	o := &adminOptions{patience: topPatience}
	cmd := &cobra.Command{
		Use:     "top [--admin URL]",
		Short:   "Watch a running peer, full screen",
		GroupID: groupLook,
		Long: "Watch a running peer, full screen: for each channel where its segments come from, and\n" +
			"how fast; who feeds it and whom it feeds; the newest segments and why some did not\n" +
			"come from peers. It asks the peer once a second, and waits for one that is away.\n\n" +
			"  q, Ctrl-C         quit\n" +
			"  tab, left, right  another channel\n" +
			"  up, down          select a link; enter tells more of it\n" +
			"  comma, period     select an older or a newer segment; w tells why it came so\n" +
			"  s                 sort the links by role, rate, RTT, bytes or age\n" +
			"  p                 pause\n" +
			"  ?                 what all this means\n\n" +
			"Rates are in bit/s over the last 15 s, curves show the last minute. NO_COLOR=1 turns\n" +
			"colours off. Without a terminal, take 'hlspeer debug parents' and 'debug segments'.",
		Example: "  hlspeer top\n  hlspeer top --admin 127.0.0.1:8091 --channel live",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return fail(exitUsage, "%w", err)
			}
			source, err := o.source()
			if err != nil {
				return fail(exitUsage, "%w", err)
			}
			if !fullScreen(cmd.InOrStdin(), cmd.OutOrStdout(), os.Getenv("TERM")) {
				return fail(exitUsage, "no terminal to draw on: 'hlspeer debug parents' and 'hlspeer debug segments' print the same once, also as JSON")
			}
			return runTop(cmd, source, o.channel)
		},
	}
	o.register(cmd.Flags())
	return cmd
}

// fullScreen says whether both ends are a terminal that can be drawn on.
func fullScreen(in io.Reader, out io.Writer, kind string) bool {
	i, ok := in.(*os.File)
	o, ok2 := out.(*os.File)
	return ok && ok2 && kind != "" && kind != "dumb" && term.IsTerminal(i.Fd()) && term.IsTerminal(o.Fd())
}

func runTop(cmd *cobra.Command, s peerSource, channel string) error {
	m := newTopModel(s.base, func(ctx context.Context) topAnswer { return askTop(ctx, s, channel) })
	m.ctx, m.ascii = cmd.Context(), !speaksUTF8(os.Getenv)
	program := tea.NewProgram(m, tea.WithContext(cmd.Context()), tea.WithInput(cmd.InOrStdin()), tea.WithOutput(cmd.OutOrStdout()), tea.WithoutSignalHandler())
	_, err := program.Run()
	if err != nil && cmd.Context().Err() == nil && !errors.Is(err, tea.ErrInterrupted) {
		return fail(exitFailed, "%w", err)
	}
	return nil
}

// topAnswer is what the peer said, or why it did not; and when.
type topAnswer struct {
	at       time.Time
	status   peer.Status
	segments []peer.ChannelSegments
	err      error
}

// askTop asks the peer once.
func askTop(ctx context.Context, s peerSource, channel string) (a topAnswer) {
	a.status, a.err = s.status(ctx, channel)
	a.at = time.Now()
	if a.err == nil {
		a.err = s.get(ctx, "/api/v1/segments", &a.segments)
	}
	return a
}

// speaksUTF8 says whether the terminal shows more than ASCII, as the environment
// has it.
func speaksUTF8(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := env(name); value != "" {
			value = strings.ToLower(value)
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}
