package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hlspeer/peer"
)

func newDebugSegmentsCmd() *cobra.Command {
	last := 20
	cmd := newAdminCmd(&cobra.Command{
		Use:   "segments [--admin URL] [--last N]",
		Short: "Show where a running peer has the newest segments from",
		Long: "Show where a running peer has the newest segments from, in the order in which they\n" +
			"were done; and those that are on their way. A peer remembers 256 of each playlist.\n\n" +
			"  WHEN           when it was first asked for, by the peer's clock\n" +
			"  SOURCE         http, p2p, or mixed; lost: it could not be had\n" +
			"  FROM           the last peer that sent some of it\n" +
			"  HTTP, P2P      bytes that were used\n" +
			"  WASTED         bytes that were received and thrown away\n" +
			"  TOOK           from the first attempt to complete\n" +
			"  HOPS, TRIES    links from the source; attempts\n" +
			"  WHY NOT P2P    why it did not come from peers only; see 'hlspeer debug why SN'\n\n" +
			"--json prints an object with channels as /api/v1/segments does: name, room, first\n" +
			"and edge of the playlist, segments and in_flight.",
		Example: "  hlspeer debug segments --last 50\n  hlspeer debug segments --admin 127.0.0.1:8091 --json",
		Args:    cobra.NoArgs,
	}, func(ctx context.Context, out io.Writer, s peerSource, o *adminOptions, _ []string) error {
		if last < 1 {
			return fail(exitUsage, "--last %d: want 1 or more", last)
		}
		channels, err := s.segments(ctx, o.channel)
		if err != nil {
			return err
		}
		for i := range channels {
			c := &channels[i]
			c.Segments = c.Segments[max(0, len(c.Segments)-last):]
		}
		if o.json {
			return writeJSON(out, segmentList{channels})
		}
		_, err = io.WriteString(out, segmentsText(channels))
		return err
	})
	cmd.Flags().IntVar(&last, "last", last, "how many segments of each playlist")
	return cmd
}

// segmentList is what --json prints.
type segmentList struct {
	Channels []peer.ChannelSegments `json:"channels"`
}

// segmentsText shows segments to people.
func segmentsText(channels []peer.ChannelSegments) string {
	var b strings.Builder
	if len(channels) == 0 {
		b.WriteString("No playlist is running: nobody plays one, or the source does not answer.\n")
	}
	for i, c := range channels {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s  %s\n", visible(c.Name), visible(c.Room))
		if len(c.Segments)+len(c.InFlight) == 0 {
			b.WriteString("No segments yet.\n")
			continue
		}
		w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "SN\tWHEN\tSOURCE\tFROM\tHTTP\tP2P\tWASTED\tTOOK\tHOPS\tTRIES\tLATE\tWHY NOT P2P")
		for _, p := range c.Segments {
			segmentLine(w, p, sourceOf(p), fmt.Sprint(p.Hops))
		}
		for _, p := range c.InFlight {
			segmentLine(w, p, "on its way", "-")
		}
		w.Flush()
	}
	return trimLines(b.String())
}

// sourceOf says where a segment that has ended came from.
func sourceOf(p peer.Provenance) string {
	if p.Failed != "" {
		return "lost"
	}
	return short(p.Source, 12)
}

func segmentLine(w io.Writer, p peer.Provenance, source, hops string) {
	late := "-"
	if p.Late {
		late = "late"
	}
	fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\t%d\t%s\t%s\n", p.SN, p.Began.Format("15:04:05.000"), source,
		orDash(short(string(p.From), maxShown)), p.HTTP, p.P2P, p.Wasted, took(p.Took), hops, p.Tries, late, orDash(whyNotP2P(p)))
}

// whyNotP2P is in a few words why a segment did not come from peers only; "" where
// it did.
func whyNotP2P(p peer.Provenance) string {
	switch {
	case p.Failed != "":
		return short(p.Failed, maxShown)
	case p.HTTP == 0 && p.Source == "p2p":
		return ""
	case !p.Asked:
		return short(p.NoPeer, maxShown)
	}
	for _, s := range slices.Backward(p.Attempts) {
		switch {
		case s.Source == "http":
		case s.Reason != "":
			return short(string(s.Reason), maxShown)
		case s.Outcome == peer.Met:
			return "too slow for its end"
		}
	}
	return short(p.Why, maxShown)
}

// took writes seconds with as many digits as matter.
func took(s float64) string {
	switch {
	case s < 0 || s > 1e6: // no peer says so
		return "?"
	case s < 0.9995:
		return fmt.Sprintf("%.0f ms", 1000*s)
	case s < 10:
		return fmt.Sprintf("%.2f s", s)
	}
	return fmt.Sprintf("%.1f s", s)
}
