package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/datachannel"
	"hlspeer/peer"
)

// fetchOptions are those of `debug fetch`.
type fetchOptions struct {
	servers peerOptions // tracker, key, STUN and TURN
	from    string
	engine  string
	out     string
	timeout time.Duration
	json    bool

	url string
	sn  int64
}

func newDebugFetchCmd() *cobra.Command {
	o := &fetchOptions{servers: peerOptions{packet: sizeValue(datachannel.DefaultConfig().PacketSize), icePolicy: string(datachannel.PolicyAll)}}
	cmd := &cobra.Command{
		Use:   "fetch URL SN --tracker URL [--from ID]",
		Short: "Ask a peer of a channel for one segment, and say how that went",
		Long: "Ask a peer of a channel for one segment, and say how that went. It comes to the\n" +
			"tracker as a peer of its own that offers no uplink, makes a link to the peer that\n" +
			"--from names ('hlspeer debug topology' shows the ids), or to the one that the tracker\n" +
			"assigns, asks it for the segment, compares it with the source's, and leaves. URL is\n" +
			"that of the media playlist, with the token that the source may want.\n\n" +
			"Each step is printed with the time since the start: the tracker, the offer and the\n" +
			"answer, the way that ICE finds, DTLS, the open channel, the segment.\n\n" +
			"--json prints an object with room, sn, peer, ok, error, steps (at_ms, what, text),\n" +
			"phases in ms (tracker, signalling, ice, dtls, channel, piece, first_byte, last_byte,\n" +
			"each since the one before; null where it was not reached), bytes, bit_rate, source_bytes,\n" +
			"same (null: not compared) and differs_at (the first byte that differs).\n" +
			"Exit code 0: the segment came and is the source's; 1: it did not.",
		Example: "  hlspeer debug fetch https://example.com/live/index.m3u8 237 --tracker http://tracker.example.com:7070\n" +
			"  hlspeer debug fetch https://example.com/live/index.m3u8 237 --tracker http://127.0.0.1:7070 --from F6A3g32dwtdz --out 237.ts",
		Args: cobra.ExactArgs(2),
	}
	f := cmd.Flags()
	s := &o.servers
	f.StringSliceVar(&s.trackers, "tracker", nil, "tracker `URL`, http(s)://host:port")
	f.StringVar(&s.key, "key", peer.DefaultConfig().Key, "API key or token for the tracker")
	f.StringVar(&s.keyFile, "key-file", "", "`file` that holds the key")
	f.StringVar(&s.channel, "channel", "", "channel identity at the tracker (default: the URL without its query)")
	f.StringSliceVar(&s.stun, "stun", nil, "STUN server, stun:host:port")
	f.StringSliceVar(&s.turn, "turn", nil, "TURN server, turn:user:password@host:port")
	f.StringVar(&o.from, "from", "", "`ID` of the peer to ask; none: the one that the tracker assigns")
	f.StringVar(&o.engine, "engine", string(peer.EngineAuto), "auto (by playlist), fastmesh or bittorrent")
	f.StringVar(&o.out, "out", "", "write the segment to this `file`")
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, "give up after so long")
	f.BoolVar(&o.json, "json", false, "print one JSON object and nothing else")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := fromEnvironment(cmd); err != nil {
			return fail(exitUsage, "%w", err)
		}
		return o.run(cmd.Context(), cmd.OutOrStdout(), args)
	}
	return cmd
}

// config checks the options; every fault is listed.
func (o *fetchOptions) config(args []string) (peer.Config, error) {
	var f faults
	c := peer.DefaultConfig()
	o.url = args[0]
	if err := peer.CheckURL(o.url, "http", "https"); err != nil {
		f.list = append(f.list, fmt.Errorf("URL: %w", err))
	}
	var err error
	if o.sn, err = strconv.ParseInt(args[1], 10, 64); err != nil || o.sn < 0 {
		f.list = append(f.list, fmt.Errorf("SN: %q is no media sequence number", args[1]))
	}
	if len(o.servers.trackers) != 1 {
		f.add("tracker", "is to be given once: where the peers of the channel meet, e.g. http://127.0.0.1:7070")
	}
	switch peer.EngineKind(o.engine) {
	case peer.EngineAuto, peer.EngineFastmesh, peer.EngineBitTorrent:
	default:
		f.add("engine", "%q: want auto, fastmesh or bittorrent", o.engine)
	}
	if o.timeout <= 0 {
		f.add("timeout", "%v: want more than 0", o.timeout)
	}
	c.Key = o.servers.key
	o.servers.secret(&c, &f)
	o.servers.servers(&c, &f)
	o.servers.link(&c.Link, &f)
	if err := c.Link.Validate(); err != nil {
		f.list = append(f.list, err)
	}
	return c, f.err()
}

func (o *fetchOptions) run(ctx context.Context, out io.Writer, args []string) error {
	c, err := o.config(args)
	if err != nil {
		return fail(exitUsage, "%w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("not done within %v", o.timeout))
	defer cancel()
	fetch := newFetch(o, c)
	if !o.json {
		fetch.tell = func(s fetchStep) { fmt.Fprintf(out, "%8.0f ms  %s\n", s.At, s.Text) }
	}
	fetch.run(ctx)
	r := &fetch.report
	if r.data != nil && o.out != "" {
		if err := os.WriteFile(o.out, r.data, 0o644); err != nil {
			r.fault(fmt.Errorf("writing the segment: %w", err))
		}
	}
	if o.json {
		err = writeJSON(out, r)
	} else {
		_, err = io.WriteString(out, r.summary())
	}
	switch {
	case err != nil:
		return fail(exitFailed, "%w", err)
	case !r.OK:
		return fail(exitFailed, "%s", r.why())
	}
	return nil
}

// fetchStep is one step that was reached.
type fetchStep struct {
	At   float64 `json:"at_ms"` // since the start
	What string  `json:"what"`
	Text string  `json:"text"`
}

// fetchReport is what --json prints.
type fetchReport struct {
	Room        string      `json:"room"`
	SN          int64       `json:"sn"`
	Peer        string      `json:"peer,omitempty"`
	OK          bool        `json:"ok"`
	Error       *string     `json:"error"`
	Steps       []fetchStep `json:"steps"`
	Phases      fetchPhases `json:"phases"`
	Bytes       int64       `json:"bytes"`
	BitRate     *int64      `json:"bit_rate"` // from the first to the last byte
	SourceBytes *int64      `json:"source_bytes"`
	Same        *bool       `json:"same"`
	DiffersAt   *int64      `json:"differs_at"`

	data []byte
}

// fetchPhases are how long each phase took, ms.
type fetchPhases struct {
	Tracker    *float64 `json:"tracker"`    // from the start until signals can be sent
	Signalling *float64 `json:"signalling"` // from the offer to the answer
	ICE        *float64 `json:"ice"`        // until packets pass
	DTLS       *float64 `json:"dtls"`       // until they are encrypted
	Channel    *float64 `json:"channel"`    // until the channel is open
	Piece      *float64 `json:"piece"`      // from REQUEST to PIECE
	FirstByte  *float64 `json:"first_byte"`
	LastByte   *float64 `json:"last_byte"`
}

func (r *fetchReport) fault(err error) {
	text := visible(err.Error())
	r.OK, r.Error = false, &text
}

func (r *fetchReport) why() string {
	if r.Error != nil {
		return *r.Error
	}
	return "the segment is not the source's"
}

// summary says in a few lines what came of it.
func (r *fetchReport) summary() string {
	var parts []string
	for _, p := range []struct {
		name string
		took *float64
	}{
		{"tracker", r.Phases.Tracker},
		{"signalling", r.Phases.Signalling},
		{"ICE", r.Phases.ICE},
		{"DTLS", r.Phases.DTLS},
		{"channel", r.Phases.Channel},
		{"REQUEST to PIECE", r.Phases.Piece},
		{"first byte", r.Phases.FirstByte},
		{"last byte", r.Phases.LastByte},
	} {
		if p.took != nil {
			parts = append(parts, fmt.Sprintf("%s %.0f ms", p.name, *p.took))
		}
	}
	text := "\n"
	if len(parts) > 0 {
		text += strings.Join(parts, ", ") + "\n"
	}
	switch {
	case r.Same == nil && r.OK:
		text += "The segment came; it was not compared, as the source does not give it.\n"
	case r.Same == nil:
	case *r.Same:
		text += fmt.Sprintf("The segment is the same as the source's: %d bytes.\n", r.Bytes)
	default:
		text += fmt.Sprintf("The segment is not the source's: it has %d bytes, the source's %d, and they differ from byte %d on.\n", r.Bytes, *r.SourceBytes, *r.DiffersAt)
	}
	return text
}
