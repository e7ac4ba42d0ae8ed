package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer"
)

func newDebugParentsCmd() *cobra.Command {
	return newAdminCmd(&cobra.Command{
		Use:   "parents [--admin URL]",
		Short: "Show who feeds a running peer, and whom it feeds",
		Long: "Show who feeds a running peer, and whom it feeds; in a swarm, its neighbours. One\n" +
			"table for each playlist that is running.\n\n" +
			"  GIVES    substreams of a parent, of all there are\n" +
			"  IN HAND  segments that we wait for from it\n" +
			"  MISSES   of our last ten requests, those that it did not answer in time\n" +
			"  WAITING  segments that it waits for from us\n" +
			"  RTT      round trip in milliseconds\n" +
			"  IN, OUT  KB of 1024 bytes of segments since the link opened, and their rate\n\n" +
			"--json prints channels as /api/v1/status does: for each track room, engine,\n" +
			"peer_id, tracker, standing, root, level, substreams, unfed, bytes, offload, and\n" +
			"parents, standby, children, neighbours with peer_id, substreams, rtt_ms, open_s,\n" +
			"in_hand, misses, waiting, received_bytes, sent_bytes. What is unknown is null.",
		Example: "  hlspeer debug parents\n  hlspeer debug parents --admin 127.0.0.1:8091 --json",
		Args:    cobra.NoArgs,
	}, func(ctx context.Context, out io.Writer, s peerSource, o *adminOptions, _ []string) error {
		status, err := s.status(ctx, o.channel)
		if err != nil {
			return err
		}
		if o.json {
			return writeJSON(out, status)
		}
		_, err = io.WriteString(out, parentsText(status))
		return err
	})
}

// parentsText shows the links of a peer to people.
func parentsText(s peer.Status) string {
	var b strings.Builder
	for i, c := range s.Channels {
		if i > 0 {
			b.WriteByte('\n')
		}
		if len(c.Tracks) == 0 {
			fmt.Fprintf(&b, "%s\nNo playlist of it is running: nobody plays it, or its source does not answer.\n", visible(c.Name))
		}
		for j, t := range c.Tracks {
			if j > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "%s  %s\n", visible(c.Name), visible(t.Room))
			fmt.Fprintf(&b, "%s\n%s\n", trackTitle(t), trackTraffic(t))
			linkTable(&b, t)
		}
	}
	return trimLines(b.String())
}

// trackTitle says who we are and where we stand.
func trackTitle(t peer.TrackStatus) string {
	if t.Engine == peer.EngineNone {
		return "engine none: all comes from the HTTP source"
	}
	parts := []string{short(string(t.Engine), 12)}
	if t.PeerID != "" {
		parts = append(parts, "we are "+short(string(t.PeerID), maxShown))
	}
	tracker := "tracker " + short(t.Tracker, 12)
	if t.Tracker == "online" && t.Standing != "joined" {
		tracker += " (" + short(t.Standing, 12) + ")"
	}
	parts = append(parts, tracker)
	if t.Level != nil {
		parts = append(parts, "level "+number(t.Level))
	}
	switch {
	case t.Root:
		parts = append(parts, "a root: the tracker wants us to feed on the source")
	case t.Substreams > 0:
		parts = append(parts, fmt.Sprintf("%d of %s fed by parents", t.Substreams-t.Unfed, count(t.Substreams, "substream")))
	}
	return strings.Join(parts, ", ")
}

// trackTraffic is what a track has moved.
func trackTraffic(t peer.TrackStatus) string {
	text := fmt.Sprintf("%d KB by HTTP, %d KB by P2P, offload %s, %d KB wasted, %d KB uploaded",
		t.Bytes.HTTP/1024, t.Bytes.P2P/1024, percent(t.Offload), t.Bytes.Wasted/1024, t.Bytes.Uploaded/1024)
	if t.Counts.Late > 0 {
		text += ", " + count(int(t.Counts.Late), "segment") + " late"
	}
	if t.Counts.Lost > 0 {
		text += ", " + count(int(t.Counts.Lost), "segment") + " lost"
	}
	return text
}

// linkTable shows the links of a track.
func linkTable(out io.Writer, t peer.TrackStatus) {
	total := len(t.Parents) + len(t.Children) + len(t.Neighbours)
	if total == 0 && t.Standby == nil {
		fmt.Fprintln(out, "No links to other peers.")
		return
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "\nROLE\tPEER\tGIVES\tIN HAND\tMISSES\tWAITING\tRTT\tOPEN FOR\tIN\tOUT")
	for _, l := range t.Parents {
		linkLine(w, "parent", l, fmt.Sprintf("%d of %d", l.Substreams, t.Substreams), true)
	}
	if t.Standby != nil {
		linkLine(w, "standby", *t.Standby, "-", false)
	}
	for _, l := range t.Neighbours {
		linkLine(w, "neighbour", l, "-", true)
	}
	for _, l := range t.Children {
		linkLine(w, "child", l, "-", false)
	}
	w.Flush()
}

// linkLine shows a link; we ask only those that feed us.
func linkLine(w io.Writer, role string, l peer.LinkStatus, gives string, feeds bool) {
	hand, misses, rtt := "-", "-", "-"
	if feeds {
		hand, misses = fmt.Sprint(l.InHand), fmt.Sprint(l.Misses)
	}
	if l.RTT > 0 {
		rtt = fmt.Sprintf("%.1f", l.RTT)
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", role, short(string(l.PeerID), maxShown), gives, hand, misses,
		l.Waiting, rtt, age(l.OpenFor), moved(l.Received, l.OpenFor), moved(l.Sent, l.OpenFor))
}

// moved is bytes, and their rate over that many seconds.
func moved(n int64, over float64) string {
	if n == 0 {
		return "-"
	}
	text := fmt.Sprintf("%d KB", n/1024)
	if over >= 1 {
		text += ", " + bitRate(int64(8*float64(n)/over))
	}
	return text
}

// age writes seconds as people do.
func age(s float64) string {
	if s <= 0 || s > 1e9 {
		return "-"
	}
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}
