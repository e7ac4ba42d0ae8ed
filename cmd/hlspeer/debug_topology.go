package main

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/spf13/cobra"

	"hlspeer/peer"
)

type topologyOptions struct {
	tracker string
	channel string
	token   tokenFlags
	json    bool
	dot     bool
	follow  bool

	patience time.Duration // for each answer of the tracker
}

func newDebugTopologyCmd() *cobra.Command {
	o := &topologyOptions{patience: 10 * time.Second}
	cmd := &cobra.Command{
		Use:   "topology --tracker URL [--channel URL]",
		Short: "Show who feeds whom in a channel of a tracker, or its channels",
		Long: "Show who feeds whom in a channel of a tracker: the source on top, below it the\n" +
			"peers that feed on it, below each the peers that it feeds. A peer with several\n" +
			"parents stands below the one that gives it most; below the others it stands in\n" +
			"brackets. More than 12 levels down lines are no longer indented, and name their\n" +
			"parent after '<'. Without --channel: the channels, those with most peers first.\n\n" +
			"  LEVEL      links from the source on the longest way\n" +
			"  GETS       substreams that the parent above gives, of all there are\n" +
			"  ALSO FROM  other parents and what they give\n" +
			"  HTTP, P2P  KB of 1024 bytes since the peer came, as it says\n\n" +
			"--json prints one object:\n\n" +
			"  channel, engine        \"fastmesh\" or \"bittorrent\"; null: the tracker does not say\n" +
			"  substreams             that the stream is split into; 0 unknown\n" +
			"  peers, links, depth    depth is the highest level\n" +
			"  offload, bytes         share of P2P; bytes.http and bytes.p2p since the channel began\n" +
			"  orphans, cycles        ids of peers without parents, and of those that no way\n" +
			"                         leads to from a peer without parents\n" +
			"  nodes                  by id: id, role (root, child, orphan, cycle, or peer of a\n" +
			"                         swarm), level, parents (id, substreams; most first), children,\n" +
			"                         in a swarm neighbours (ids) in place of both,\n" +
			"                         substreams filled, uplink_bw in bit/s, isp, country,\n" +
			"                         province, city, device, address, bytes, offload\n\n" +
			"and without --channel an object with channels, a list of name, engine, peers,\n" +
			"links, substreams, depth, offload and bytes. What is unknown is null.",
		Example: "  hlspeer debug topology --tracker http://127.0.0.1:7070\n" +
			"  hlspeer debug topology --tracker http://127.0.0.1:7070 --channel https://example.com/live/index.m3u8\n" +
			"  hlspeer debug topology --tracker http://127.0.0.1:7070 --channel https://example.com/live/index.m3u8 --dot | dot -Tsvg > mesh.svg",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return runDebugTopology(cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.tracker, "tracker", "", "tracker `URL`, http(s)://host:port")
	f.StringVar(&o.channel, "channel", "", "`URL` or name of the channel; none: list the channels")
	o.token.register(f, "page `token` of the tracker, unless it runs on this machine")
	f.BoolVar(&o.json, "json", false, "print one JSON object and nothing else")
	f.BoolVar(&o.dot, "dot", false, "print a graph for Graphviz")
	f.BoolVar(&o.follow, "follow", false, "then print what changes, until Ctrl-C")
	return cmd
}

// source checks the options and returns where to ask. The error lists every
// fault, each with its flag.
func (o *topologyOptions) source() (meshSource, error) {
	var f faults
	if o.tracker == "" {
		f.add("tracker", "is missing: give the tracker's URL, e.g. http://127.0.0.1:7070")
	} else if err := peer.CheckURL(o.tracker, "http", "https"); err != nil {
		f.add("tracker", "%v", err)
	} else if strings.ContainsAny(o.tracker, "?#") {
		f.add("tracker", "wants a URL without a query; a token comes with --token")
	}
	channel, _, _ := strings.Cut(o.channel, "?") // as trackers do
	if channel == "" && o.channel != "" {
		f.add("channel", "%q has no name before the query", o.channel)
	}
	if o.json && o.dot {
		f.add("json", "cannot be given together with --dot")
	}
	if o.follow && (o.json || o.dot) {
		f.add("follow", "cannot be given together with --json or --dot")
	}
	if o.channel == "" && (o.dot || o.follow) {
		f.add("channel", "is missing: --dot and --follow show one channel")
	}
	token := o.token.read(&f)
	return newMeshSource(strings.TrimSuffix(o.tracker, "/"), channel, token, o.patience), f.err()
}

func runDebugTopology(cmd *cobra.Command, o *topologyOptions) error {
	source, err := o.source()
	if err != nil {
		return fail(exitUsage, "%w", err)
	}
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	if source.channel == "" {
		return o.showChannels(ctx, out, source)
	}
	feed, err := source.watch(ctx)
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	defer feed.close()
	mesh, err := feed.mesh(ctx)
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	switch {
	case o.json:
		err = writeJSON(out, mesh)
	case o.dot:
		_, err = io.WriteString(out, meshDot(mesh))
	default:
		_, err = io.WriteString(out, meshTree(mesh))
	}
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	if o.follow {
		if err := feed.follow(ctx, out); err != nil {
			return fail(exitFailed, "%w", err)
		}
	}
	return nil
}

func (o *topologyOptions) showChannels(ctx context.Context, out io.Writer, source meshSource) error {
	list, err := source.channels(ctx)
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	if o.json {
		err = writeJSON(out, list)
	} else {
		_, err = io.WriteString(out, list.table())
	}
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	return nil
}

// writeJSON prints a value on one line, with everything escaped that a terminal
// would not print.
func writeJSON(out io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	const hex = "0123456789abcdef"
	safe := make([]byte, 0, len(text)+1)
	for _, r := range string(text) {
		if unicode.IsPrint(r) {
			safe = append(safe, string(r)...)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			safe = append(safe, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
		}
	}
	_, err = out.Write(append(safe, '\n'))
	return err
}
