package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hlspeer/hls"
	"hlspeer/peer"
)

func newDebugWhyCmd() *cobra.Command {
	return newAdminCmd(&cobra.Command{
		Use:   "why SN [--admin URL]",
		Short: "Tell where a running peer has a segment from, step by step, and why not from peers",
		Long: "Tell where a running peer has the segment with this media sequence number from: what\n" +
			"was tried, how long each step took, and why it did not come from peers only. The\n" +
			"last line is advice, where there is one. 'hlspeer debug segments' lists numbers.\n\n" +
			"--json prints an object with sn and answers: for each playlist channel, room, state\n" +
			"(done, lost, in flight, unwanted, unknown, not listed or no playlist), first and edge\n" +
			"of the playlist, the segment's entry of /api/v1/segments or null, text (sentences)\n" +
			"and advice (null for none).",
		Example: "  hlspeer debug why 1234\n  hlspeer debug why 1234 --admin 127.0.0.1:8091 --channel live",
		Args:    cobra.ExactArgs(1),
	}, func(ctx context.Context, out io.Writer, s peerSource, o *adminOptions, args []string) error {
		sn, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || sn < 0 {
			return fail(exitUsage, "%q is no media sequence number: want one like those of 'hlspeer debug segments'", args[0])
		}
		channels, err := s.segments(ctx, o.channel)
		if err != nil {
			return err
		}
		answers := whyList{SN: hls.SN(sn), Answers: []whyAnswer{}}
		for _, c := range channels {
			answers.Answers = append(answers.Answers, why(c, hls.SN(sn)))
		}
		if o.json {
			return writeJSON(out, answers)
		}
		_, err = io.WriteString(out, answers.text())
		return err
	})
}

// whyList is what --json prints.
type whyList struct {
	SN      hls.SN      `json:"sn"`
	Answers []whyAnswer `json:"answers"`
}

// States of a segment.
const (
	whyDone      = "done"
	whyLost      = "lost"
	whyInFlight  = "in flight"
	whyUnwanted  = "unwanted" // listed, and nobody has asked for it
	whyUnknown   = "unknown"  // no longer, or never
	whyNotListed = "not listed"
	whyNoList    = "no playlist"
)

// whyAnswer is what is known of a segment in one playlist.
type whyAnswer struct {
	Channel string           `json:"channel"`
	Room    string           `json:"room"`
	State   string           `json:"state"`
	First   *hls.SN          `json:"first"`
	Edge    *hls.SN          `json:"edge"`
	Segment *peer.Provenance `json:"segment"`
	Text    []string         `json:"text"`
	Advice  *string          `json:"advice"`
}

// text shows the answers to people.
func (l whyList) text() string {
	var b strings.Builder
	if len(l.Answers) == 0 {
		b.WriteString("No playlist is running: nobody plays one, or the source does not answer.\n")
	}
	for i, a := range l.known() {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s  %s\n", visible(a.Channel), visible(a.Room))
		for _, line := range a.Text {
			fmt.Fprintln(&b, line)
		}
		if a.Advice != nil {
			fmt.Fprintln(&b, *a.Advice)
		}
	}
	return b.String()
}

// known are the answers of the playlists that know the segment; all where none does.
func (l whyList) known() (some []whyAnswer) {
	for _, a := range l.Answers {
		if a.Segment != nil {
			some = append(some, a)
		}
	}
	if len(some) == 0 {
		return l.Answers
	}
	return some
}

// why finds out about a segment.
func why(c peer.ChannelSegments, sn hls.SN) whyAnswer {
	a := whyAnswer{Channel: c.Name, Room: c.Room, First: c.First, Edge: c.Edge}
	for _, p := range c.InFlight {
		if p.SN == sn {
			a.State, a.Segment = whyInFlight, &p
			a.tell(p)
			return a
		}
	}
	for _, p := range slices.Backward(c.Segments) {
		if p.SN == sn {
			a.State, a.Segment = whyDone, &p
			if p.Failed != "" {
				a.State = whyLost
			}
			a.tell(p)
			return a
		}
	}
	a.State, a.Text = absent(c, sn)
	return a
}

// absent says why nothing is known of a segment.
func absent(c peer.ChannelSegments, sn hls.SN) (state string, text []string) {
	switch {
	case c.First == nil || c.Edge == nil:
		return whyNoList, []string{"The source has not given the playlist yet, so there are no segments."}
	case sn > *c.Edge:
		return whyNotListed, []string{fmt.Sprintf("The playlist does not list segment %d yet: its newest is %d.", sn, *c.Edge)}
	case sn >= *c.First:
		return whyUnwanted, []string{
			fmt.Sprintf("The playlist lists segment %d, and nobody wanted it: no player has asked for it, and the peer did not fetch it ahead.", sn),
			"It fetches ahead what is listed after it has begun, once a player stays with the playlist.",
		}
	}
	text = []string{fmt.Sprintf("Nothing is known of segment %d, and the playlist begins with %d by now.", sn, *c.First)}
	if n := len(c.Segments); n > 0 {
		oldest := slices.MinFunc(c.Segments, func(a, b peer.Provenance) int { return int(a.SN - b.SN) }).SN
		if sn < oldest {
			return whyUnknown, append(text, fmt.Sprintf("The peer remembers the last 256 segments at most; the oldest that it knows of is %d.", oldest))
		}
	}
	return whyUnknown, append(text, "Nobody wanted it while it was listed, or it left the playlist before it was here.")
}
