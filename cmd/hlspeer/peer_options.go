package main

import (
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/datachannel"
	"hlspeer/hls"
	"hlspeer/peer"
)

type peerOptions struct {
	settings
	trackers, schedulers, signalers []string
	announces                       []string
	key, keyFile, channel           string
	engine, verify                  string
	listen, admin                   string
	adminToken, adminTokenFile      string
	upload                          rateValue
	cache, packet                   sizeValue
	maxChildren, substreams         int
	deadline                        autoDuration
	holdback                        shareValue
	stun, turn                      []string
	icePolicy                       string
	udpPort                         int
	advertise                       []string
	backups                         []string
	headers                         []string
	userAgent, httpProxy            string
	log                             logFlags
	transportLog                    string
	player                          string
	json                            bool
}

func newPeerCmd() *cobra.Command {
	cmd, _ := peerCommand()
	return cmd
}

func peerCommand() (*cobra.Command, *peerOptions) {
	d := peer.DefaultConfig()
	o := &peerOptions{upload: rateValue(4_000_000), cache: sizeValue(d.CacheBytes), packet: sizeValue(d.Link.PacketSize)}
	cmd := &cobra.Command{
		Use:   "peer [URL...]",
		Short: "Join channels and serve them to players on this machine",
		Long: "Join each channel, take its segments from other peers where they have them, pass\n" +
			"them on, and serve it to players on this machine, until SIGINT or SIGTERM. The\n" +
			"first lines of output say where: play, tracker (without --tracker one is started\n" +
			"here, for this machine only) and admin (status and metrics; 'hlspeer top' shows them).\n" +
			"Several URLs are several channels with one cache.\n\n" +
			"Rates are written as 4Mbps or 500kbps, sizes as 64MiB or 16KiB, durations as 3s or\n" +
			"1m30s. Each flag is also a variable, --max-children is HLSPEER_MAX_CHILDREN, and a\n" +
			"key of the file of --config. Flags win over variables, and these over the file.",
		GroupID: groupRun,
		Example: "  hlspeer peer https://example.com/live/index.m3u8 --tracker http://tracker.example.com:7070\n" +
			"  hlspeer peer https://example.com/live/index.m3u8 --player mpv\n" +
			"  hlspeer peer --config peer.yaml",
		Args: cobra.ArbitraryArgs, // the channels may be in a file
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.example {
				return printExample(cmd.OutOrStdout(), &o.settings)
			}
			o.resolve()
			return runPeer(cmd, o, args)
		},
	}
	o.addFlags(cmd, d)
	o.register(cmd, "peer", &o.log)
	return cmd, o
}

func (o *peerOptions) addFlags(cmd *cobra.Command, d peer.Config) {
	f := cmd.Flags()
	f.StringSliceVar(&o.trackers, "tracker", nil, "tracker `URL`, http(s)://host:port; more of them are backups (default: start one here)")
	f.StringSliceVar(&o.schedulers, "scheduler", nil, "scheduler socket `URL` (ws or wss), in place of --tracker")
	f.StringSliceVar(&o.announces, "announce", nil, "BitTorrent tracker `URL` (http or https), in place of --tracker; one that ends in / is asked at paths that do so too")
	f.StringSliceVar(&o.signalers, "signaler", nil, "signal relay `URL` (ws or wss), beside --scheduler or --announce")
	f.StringVar(&o.key, "key", d.Key, "API `key` or token for the tracker")
	f.StringVar(&o.keyFile, "key-file", "", "`file` that holds the key, so that it is not seen in the list of processes")
	f.StringVar(&o.channel, "channel", "", "`name` of the channel at the tracker (default: its URL without query)")
	f.StringArrayVar(&o.backups, "backup", nil, "another `URL` of the channel, asked where the ones before do not go on; repeatable")
	f.StringVar(&o.engine, "engine", string(d.Engine), "auto, fastmesh (live), bittorrent (films, and live with some delay), or none: a caching proxy")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8090", "`HOST:PORT` of the proxy for players; port 0 picks a free one")
	f.StringVar(&o.admin, "admin", "127.0.0.1:8091", "`HOST:PORT` of status and metrics, or off")
	f.StringVar(&o.adminToken, "admin-token", "", "`token` for which status and metrics are shown to other machines; none: only to this one")
	f.StringVar(&o.adminTokenFile, "admin-token-file", "", "`file` that holds that token")
	f.Var(&o.upload, "upload", "total uplink offered to other peers; 0: never upload")
	f.Var(&o.cache, "cache", "memory for segments, over all channels")
	f.Var(&o.packet, "packet-size", "attachment size sent to other peers")
	f.IntVar(&o.maxChildren, "max-children", d.MaxChildren, "peers served at once, per channel")
	f.IntVar(&o.substreams, "substreams", d.Substreams, "how many parts a stream is split into, until the tracker says")
	f.Var(&o.deadline, "p2p-deadline", "longest wait for a peer before the HTTP source, or auto")
	f.StringVar(&o.verify, "verify", string(d.Verify), "what other peers send is compared with the HTTP source: audit (samples), strict (samples of every segment) or off")
	f.Var(&o.holdback, "holdback", "share of the time, in half-hours of a channel, without segments from peers, to compare: see hlspeer_player_ metrics")
	f.StringSliceVar(&o.stun, "stun", nil, "STUN `server`, stun:host:port; repeatable")
	f.StringSliceVar(&o.turn, "turn", nil, "TURN `server`, turn:user:password@host:port; repeatable")
	f.StringVar(&o.icePolicy, "ice-policy", string(datachannel.PolicyAll), "addresses for connections to peers: all, lan (only private ones) or relay (only by --turn, so that no peer learns yours)")
	f.IntVar(&o.udpPort, "udp-port", 0, "one UDP `port` for the connections to all peers; 0: ports from the system for each")
	f.StringSliceVar(&o.advertise, "advertise", nil, "IP `address` to announce to peers, where this machine is behind NAT; repeatable")
	f.StringArrayVar(&o.headers, "header", nil, "`header` for the HTTP source, 'Name: value'; repeatable")
	f.StringVar(&o.userAgent, "user-agent", "", "`name` that the HTTP source is told as User-Agent")
	f.StringVar(&o.httpProxy, "http-proxy", "", "proxy `URL` for the HTTP source, http://host:port")
	f.StringVar(&o.player, "player", "", "start this player on the play URL: ffplay, mpv, vlc or any `command`")
	f.BoolVar(&o.json, "json", false, "print the addresses as one JSON object a line")
	f.StringVar(&o.transportLog, "transport-log-level", "off", "`level` of the WebRTC stack's log: debug, info, warn, error, or off")
	o.log.register(f)
}

// check says what is wrong with the settings. Channels are no part of them: a
// file without any is for channels that the command line names.
func (o *peerOptions) check() []error {
	o.unsure = true
	_, f := o.config(nil)
	o.log.logger(io.Discard, &f)
	return f.sorted()
}

// config turns options into a configuration and lists every fault, each by the
// name that the user has given. Arguments win over the channels of a file.
func (o *peerOptions) config(args []string) (peer.Config, faults) {
	c := peer.DefaultConfig()
	f := o.faults()
	urls := o.channels
	if o.named = len(args) > 0; o.named {
		urls = nil
		delete(o.sources, "URL")
	}
	for _, a := range args {
		urls = append(urls, channelArg{a, origin{name: "URL"}})
	}
	for _, u := range urls {
		if err := peer.CheckURL(u.url, "http", "https"); err != nil {
			f.list = append(f.list, u.fault("%v", err))
			continue // told once
		}
		c.Channels = append(c.Channels, peer.ChannelConfig{URL: u.url, ID: o.channel, Backups: o.backups})
	}
	if len(urls) == 0 && !o.unsure {
		f.list = append(f.list, errors.New("no channel: give the URL of a playlist, e.g. hlspeer peer https://example.com/live.m3u8"))
	}
	if o.channel != "" && len(urls) > 1 {
		f.add("channel", "%q names one channel, but %d URLs are given", o.channel, len(urls))
	}
	if len(o.backups) > 0 && len(urls) > 1 {
		f.add("backup", "stands for one channel, but %d URLs are given", len(urls))
	}
	c.Key, c.Engine, c.Upload, c.CacheBytes = o.key, peer.EngineKind(o.engine), int64(o.upload), int64(o.cache)
	c.MaxChildren, c.Substreams, c.P2PDeadline = o.maxChildren, o.substreams, time.Duration(o.deadline)
	c.Verify = peer.Verify(o.verify)
	c.HoldBack = float64(o.holdback)
	if o.transportLog != "off" {
		level, err := parseLevel(o.transportLog)
		if err != nil {
			f.add("transport-log-level", "%v, or off", err)
		}
		c.Link.TransportLogLevel = level
	}
	o.secret(&c, &f)
	o.servers(&c, &f)
	o.link(&c.Link, &f)
	o.origin(&c.Origin, &f)
	o.checkAddresses(&f)
	o.adminAccess(&c, &f)
	f.join(c.Validate(), len(c.Channels) > 0)
	return c, f
}

// checkAddresses looks at where the peer is to listen.
func (o *peerOptions) checkAddresses(f *faults) {
	f.address("listen", o.listen)
	if o.admin != "off" {
		f.address("admin", o.admin)
	}
}

// secret sets the key from the file that holds it.
func (o *peerOptions) secret(c *peer.Config, f *faults) {
	if o.keyFile == "" {
		return
	}
	key, err := os.ReadFile(o.keyFile)
	if err != nil {
		f.add("key-file", "%s: %v", o.keyFile, reason(err))
	}
	c.Key = strings.TrimSpace(string(key))
}

// servers sets where the tracker is.
func (o *peerOptions) servers(c *peer.Config, f *faults) {
	if len(o.trackers) == 0 {
		c.Schedulers, c.Announces, c.Signalers = o.schedulers, o.announces, o.signalers
		return
	}
	if len(o.schedulers)+len(o.announces)+len(o.signalers) > 0 {
		f.add("tracker", "cannot be given together with --scheduler, --announce or --signaler")
	}
	for _, t := range o.trackers {
		if err := peer.CheckServer(t, "http", "https"); err != nil {
			f.add("tracker", "%v", err)
			continue
		}
		useTracker(c, t)
	}
}

// useTracker adds a tracker of ours, by its base URL.
func useTracker(c *peer.Config, base string) {
	base = strings.TrimSuffix(base, "/")
	c.Schedulers = append(c.Schedulers, websocketURL(base, "/ws"))
	c.Announces = append(c.Announces, base)
	c.Signalers = append(c.Signalers, websocketURL(base, "/signal"))
}

// link sets how other peers are reached.
func (o *peerOptions) link(c *datachannel.Config, f *faults) {
	c.PacketSize = int(o.packet)
	if c.UDPPort = o.udpPort; c.UDPPort < 0 || c.UDPPort > math.MaxUint16 {
		f.add("udp-port", "%d: want 0 to 65535", c.UDPPort)
		c.UDPPort = 0 // told once
	}
	for _, a := range o.advertise {
		if net.ParseIP(a) == nil {
			f.add("advertise", "%q is not an IP address", a)
			continue
		}
		c.Advertise = append(c.Advertise, a)
	}
	c.Loopback = true // peers on one machine find each other without any other network
	for _, s := range o.stun {
		c.ICEServers = append(c.ICEServers, datachannel.ICEServer{URLs: []string{s}})
	}
	for _, s := range o.turn {
		scheme, rest, _ := strings.Cut(s, ":")
		login, host, ok := strings.Cut(rest, "@")
		user, password, ok2 := strings.Cut(login, ":")
		if !ok || !ok2 {
			f.add("turn", "wants turn:user:password@host:port")
			continue
		}
		c.ICEServers = append(c.ICEServers, datachannel.ICEServer{URLs: []string{scheme + ":" + host}, Username: user, Credential: password})
	}
	o.policy(c, f)
}

// origin sets how the HTTP source is asked.
func (o *peerOptions) origin(c *hls.OriginConfig, f *faults) {
	c.UserAgent, c.Header = o.userAgent, http.Header{}
	for _, h := range o.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" {
			f.add("header", "wants 'Name: value'")
			continue
		}
		c.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if o.httpProxy == "" {
		return
	}
	if err := peer.CheckURL(o.httpProxy, "http", "https"); err != nil {
		f.add("http-proxy", "%v", err)
		return
	}
	c.ProxyURL, _ = url.Parse(o.httpProxy) // it has just been checked
}

// join takes over the faults of a configuration and names their flags; those of
// its channels only where there are any.
func (f *faults) join(err error, channels bool) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			f.join(e, channels)
		}
		return
	}
	switch fault, ok := errors.AsType[*peer.Fault](err); {
	case !ok && err != nil:
		f.list = append(f.list, err)
	case ok && fault.Key == "URL" && !channels:
	case ok && fault.Key == "link": // this is no flag
		f.list = append(f.list, fault)
	case ok:
		f.add(fault.Key, "%s", fault.Problem)
	}
}
