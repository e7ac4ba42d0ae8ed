package peer

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hlspeer/datachannel"
	"hlspeer/hls"
	"hlspeer/signaling"
	"hlspeer/signaling/access"
)

// EngineKind says how a channel's segments travel between peers.
type EngineKind string

// The engines.
const (
	EngineAuto       EngineKind = "auto"       // fastmesh for live channels, bittorrent for those on demand
	EngineFastmesh   EngineKind = "fastmesh"   // assigned parents and substreams; live only
	EngineBitTorrent EngineKind = "bittorrent" // neighbours that tell each other what they hold
	EngineNone       EngineKind = "none"       // a caching proxy without P2P
)

// ChannelConfig names one channel.
type ChannelConfig struct {
	// URL is the http(s) address of a media or master playlist.
	URL string
	// Backups are other addresses of the channel, asked in their order where the
	// one before does not go on.
	Backups []string
	// ID is the channel's identity at the tracker; empty: the URL without its
	// query (protocol 1.9).
	ID string
}

// Config is what an [Agent] is made of.
type Config struct {
	Channels []ChannelConfig

	// Schedulers are the tracker's scheduler sockets (ws or wss), backups
	// after the first; empty: no fastmesh. Announces are its BitTorrent trackers
	// (http or https; protocol 5.1); empty: no swarms. Signalers are the relays
	// beside them, one for each.
	Schedulers, Announces, Signalers []string
	Key                              string

	Engine      EngineKind
	Upload      int64         // total uplink offered, bit/s; 0: never upload
	CacheBytes  int64         // one budget over all channels, bytes
	MaxSegment  int64         // largest segment accepted, bytes
	MaxChildren int           // links as a parent, per track
	Substreams  int           // until the tracker says otherwise
	P2PDeadline time.Duration // longest wait for a peer; 0: min(5 s, segment)
	Verify      Verify        // of what peers send

	// HoldBack is the share, 0 to 1, of a channel's time, in stretches of half an
	// hour, in which no segment is taken from peers, to compare P2P with HTTP.
	// HoldBackSeed draws the stretches; 0: others each time.
	HoldBack     float64
	HoldBackSeed uint64

	Link   datachannel.Config
	Origin hls.OriginConfig
	Proxy  hls.ProxyConfig
	Signal signaling.Config      // timing and dialling; addresses come from above
	Swarm  signaling.SwarmConfig // the same for swarms
	// AdminToken is what [Agent.Admin] wants from who is not on this machine; empty:
	// nobody else may look.
	AdminToken string
	PlayBase   string               // where the proxy listens, e.g. http://127.0.0.1:8090; for status only
	Registry   *prometheus.Registry // nil: one of its own, with metrics of the process beside
	Logger     *slog.Logger
}

// DefaultConfig is a peer with the defaults of the command line and no
// channel.
func DefaultConfig() Config {
	return Config{
		Key:         "free",
		Engine:      EngineAuto,
		Upload:      4_194_304,
		CacheBytes:  64 << 20,
		MaxSegment:  64 << 20,
		MaxChildren: 16,
		Substreams:  4,
		Verify:      VerifyAudit,
		Link:        datachannel.DefaultConfig(),
		Signal:      signaling.DefaultConfig(),
		Swarm:       signaling.DefaultSwarmConfig(),
		Logger:      slog.New(slog.DiscardHandler),
	}
}

// Fault is one thing that is wrong with a [Config]. Key is the setting's name
// as the command line and the environment know it.
type Fault struct{ Key, Problem string }

func (f *Fault) Error() string { return f.Key + " " + f.Problem }

// Validate reports every fault at once, each a *[Fault].
func (c Config) Validate() error {
	var f faultList
	f.addresses(c)
	switch c.Engine {
	case EngineAuto, EngineFastmesh, EngineBitTorrent, EngineNone:
	default:
		f.add("engine", "%q: want auto, fastmesh, bittorrent or none", c.Engine)
	}
	switch c.Verify {
	case VerifyAudit, VerifyStrict, VerifyOff:
	default:
		f.add("verify", "%q: want audit, strict or off", c.Verify)
	}
	f.upload(c.Upload)
	f.between("cache", c.CacheBytes, 1<<20, 1<<40, " bytes")
	f.between("max-segment", c.MaxSegment, 1, 1<<30, " bytes")
	f.between("max-children", int64(c.MaxChildren), 0, 1024, "")
	f.between("substreams", int64(c.Substreams), 1, 32, "")
	if !(0 <= c.HoldBack && c.HoldBack <= 1) { // nor NaN
		f.add("holdback", "%g%%: want 0%% to 100%%", 100*c.HoldBack)
	}
	if c.P2PDeadline < 0 || c.P2PDeadline > 24*time.Hour {
		f.add("p2p-deadline", "%v: want 0 to 24h", c.P2PDeadline)
	}
	if n := len(c.AdminToken); n > 0 && n < access.MinToken {
		f.add("admin-token", "has less than %d characters", access.MinToken)
	}
	if err := c.Link.Validate(); err != nil {
		f.add("link", "%v", err)
	}
	return errors.Join(f...)
}

// faultList collects faults.
type faultList []error

func (f *faultList) add(key, format string, args ...any) {
	*f = append(*f, &Fault{key, fmt.Sprintf(format, args...)})
}

func (f *faultList) between(key string, value, low, high int64, unit string) {
	if value < low || value > high {
		f.add(key, "%d: want %d to %d%s", value, low, high, unit)
	}
}

func (f *faultList) upload(bits int64) { f.between("upload", bits, 0, 10_000_000_000, " bit/s") }

// channels checks the channels' URLs.
func (f *faultList) channels(channels []ChannelConfig) {
	if len(channels) == 0 {
		f.add("URL", "is missing: give the address of a playlist")
	}
	seen := map[string]bool{}
	for _, ch := range channels {
		f.url("URL", ch.URL, "http", "https")
		if seen[ch.URL] {
			f.add("URL", "%s is given twice", redact(ch.URL))
		}
		seen[ch.URL] = true
		for i, b := range ch.Backups {
			f.url("backup", b, "http", "https")
			if b == ch.URL || slices.Contains(ch.Backups[:i], b) {
				f.add("backup", "%s is given twice", redact(b))
			}
		}
	}
}

// addresses checks the channels' URLs and the tracker's.
func (f *faultList) addresses(c Config) {
	f.channels(c.Channels)
	for _, u := range c.Schedulers {
		f.server("scheduler", u, "ws", "wss")
	}
	for _, u := range c.Signalers {
		f.server("signaler", u, "ws", "wss")
	}
	for _, u := range c.Announces {
		f.server("announce", u, "http", "https")
	}
	switch n := len(c.Signalers); {
	case len(c.Announces) > 0 && n != len(c.Announces):
		f.add("signaler", "is given %d times: want one for each of %d announce URLs", n, len(c.Announces))
	case n > 0 && n != len(c.Schedulers) && (len(c.Schedulers) > 0 || len(c.Announces) == 0):
		f.add("signaler", "is given %d times: want one for each of %d schedulers, or none", n, len(c.Schedulers))
	}
}

func (f *faultList) url(key, raw string, schemes ...string) {
	if err := CheckURL(raw, schemes...); err != nil {
		f.add(key, "%v", err)
	}
}

func (f *faultList) server(key, raw string, schemes ...string) {
	if err := CheckServer(raw, schemes...); err != nil {
		f.add(key, "%v", err)
	}
}

// CheckURL says whether raw is an absolute URL with a host and one of the
// schemes. Its error names the URL without query and user.
func CheckURL(raw string, schemes ...string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return fmt.Errorf("%q is not a URL", redact(raw))
	}
	for _, s := range schemes {
		if u.Scheme == s && u.Host != "" {
			return nil
		}
	}
	return fmt.Errorf("%q: want an address that begins with %s://", hls.Redact(u), strings.Join(schemes, ":// or "))
}

// CheckServer is CheckURL for trackers and relays. They know peers by keys, not by
// users, and a password that is not sent would only be shown.
func CheckServer(raw string, schemes ...string) error {
	if err := CheckURL(raw, schemes...); err != nil {
		return err
	}
	if u, _ := url.Parse(raw); u.User != nil || u.Fragment != "" { // it has just been read
		return fmt.Errorf("%q: want an address without user, password and #; what the tracker knows peers by is --key", redact(raw))
	}
	return nil
}

// redact is what may be told of an address, even one that cannot be read.
func redact(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		return hls.Redact(u)
	}
	raw, _, _ = strings.Cut(raw, "?")
	return raw[strings.LastIndexByte(raw, '@')+1:]
}
