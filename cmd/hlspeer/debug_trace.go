package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer"
)

// traceOptions are those of `debug trace`.
type traceOptions struct {
	peer      string
	kinds     []string
	direction string
	duration  time.Duration
}

func newDebugTraceCmd() *cobra.Command {
	var t traceOptions
	cmd := newAdminCmd(&cobra.Command{
		Use:   "trace [--admin URL]",
		Short: "Print what a running peer sends and receives, message by message",
		Long: "Print what a running peer sends and receives, message by message, from now on until\n" +
			"Ctrl-C: what goes over the links to other peers, and what passes between it and the\n" +
			"tracker. A line has\n\n" +
			"  when       by the peer's clock\n" +
			"  in, out    in: it came to the peer\n" +
			"  how        link, scheduler, relay, or tracker (of a swarm)\n" +
			"  who        the other peer, where there is one\n" +
			"  what       the message and its fields in short; 'attachments' stands for all\n" +
			"             packets of one segment, once there are no more\n\n" +
			"Between them stand links that open and close, and changes at the tracker. A peer\n" +
			"does not wait for who watches: what we are too slow for is lost, and a line says how\n" +
			"much. Keys, tokens, queries of URLs and the passwords of descriptions are left out.\n\n" +
			"--json prints one object a line, as /api/v1/events does: type (message, link or\n" +
			"state), at, channel, room, peer, and message (via, direction, kind, bytes, fields),\n" +
			"link or state; or lost, a number.",
		Example: "  hlspeer debug trace\n  hlspeer debug trace --kind request,piece,lack --duration 30s\n  hlspeer debug trace --peer F6A3g32dwtdz --direction in --json",
		Args:    cobra.NoArgs,
	}, func(ctx context.Context, out io.Writer, s peerSource, o *adminOptions, _ []string) error {
		return t.run(ctx, out, s, o)
	})
	f := cmd.Flags()
	f.StringVar(&t.peer, "peer", "", "only what concerns the peer with this `ID`")
	f.StringSliceVar(&t.kinds, "kind", nil, "only messages of these `kinds`: request,piece,lack,attachments,signal,parents,...; can be repeated")
	f.StringVar(&t.direction, "direction", "", "only messages that come `in`, or go out")
	f.DurationVar(&t.duration, "duration", 0, "end after so long; 0: at Ctrl-C")
	f.Lookup("json").Usage = "print one JSON object a line and nothing else"
	return cmd
}

// check reports every fault of the options.
func (t *traceOptions) check() error {
	var f faults
	if t.direction != "" && t.direction != peer.DirectionIn && t.direction != peer.DirectionOut {
		f.add("direction", "%q: want in or out", t.direction)
	}
	if t.duration < 0 {
		f.add("duration", "%v: want 0 or more", t.duration)
	}
	for _, k := range t.kinds {
		if k == "" || strings.ContainsAny(k, " =") {
			f.add("kind", "%q: want the name of a message, e.g. request", k)
		}
	}
	return f.err()
}

// wants are the parameters of the stream.
func (t *traceOptions) wants(channel string) url.Values {
	q := url.Values{"type": {"message,link,state"}}
	if len(t.kinds) > 0 || t.direction != "" {
		q.Set("type", "message")
	}
	for name, value := range map[string]string{
		"channel": channel, "peer": t.peer, "direction": t.direction, "kind": strings.ToLower(strings.Join(t.kinds, ",")),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (t *traceOptions) run(ctx context.Context, out io.Writer, s peerSource, o *adminOptions) error {
	if err := t.check(); err != nil {
		return fail(exitUsage, "%w", err)
	}
	status, err := s.status(ctx, o.channel) // is it a peer, and is there such a channel?
	if err != nil {
		return err
	}
	tracks := 0
	for _, c := range status.Channels {
		tracks += max(1, len(c.Tracks))
	}
	if t.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.duration)
		defer cancel()
	}
	each := func(ev peer.Event) error {
		_, err := io.WriteString(out, traceLine(ev, tracks > 1)+"\n")
		return err
	}
	lost := func(n int64) error {
		_, err := fmt.Fprintf(out, "… %s lost\n", count(int(n), "event"))
		return err
	}
	if o.json {
		each = func(ev peer.Event) error { return writeJSON(out, ev) }
		lost = func(n int64) error { return writeJSON(out, traceLost{n}) }
	}
	err = s.events(ctx, t.wants(o.channel), each, lost)
	if errors.Is(err, errStreamEnded) {
		return fmt.Errorf("%s: %w", visible(s.base), err)
	}
	return err
}

// traceLost is what --json prints in place of events that were lost.
type traceLost struct {
	Lost int64 `json:"lost"`
}

// traceLine is an event as people read it; with the name of its channel where there
// are several.
func traceLine(ev peer.Event, named bool) string {
	how, who, direction, what := "link", short(ev.Peer, maxShown), "", ""
	switch {
	case ev.Message != nil:
		m := ev.Message
		how, direction = short(m.Via, 9), short(m.Direction, 3)
		what = fmt.Sprintf("%-14s %s", visible(m.Kind), messageText(m))
	case ev.Link != nil:
		what = "== link " + short(ev.Link.Event, 20)
		if ev.Link.Cause != "" {
			what += ": " + short(ev.Link.Cause, 200)
		}
	case ev.State != nil:
		how, what = "tracker", "== "+short(ev.State.Event, 20)
		if ev.State.PeerID != "" {
			what += " as " + short(ev.State.PeerID, maxShown)
		}
		if ev.State.Cause != "" {
			what += ": " + short(ev.State.Cause, 200)
		}
	default:
		what = short(ev.Type, 20)
	}
	line := fmt.Sprintf("%s  %-3s  %-9s  %-12s  %s", ev.At.Format("15:04:05.000"), direction, how, orDash(who), what)
	if named {
		line += "  (" + short(ev.Channel, 40) + ")"
	}
	return strings.TrimRight(line, " ")
}
