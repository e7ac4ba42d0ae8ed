package tracker

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hlspeer/signaling"
	"hlspeer/signaling/access"
)

// Config says what a [Server] tells its peers and what it bears. Start from
// [DefaultConfig].
type Config struct {
	ReportSpan int // seconds between two reports of a peer, 5 to 3600
	// HeartbeatInterval is how many seconds may lie between two requests of a
	// swarm's peer, 1 to 3600. Who is silent for two and a half of these has left.
	HeartbeatInterval int

	Substreams int               // a stream is split into, 1 to 32
	StreamRate signaling.BitRate // of a whole stream, until peers report it

	// Plan lets rooms improve a mesh that works: they send strong peers up and
	// deep ones to shallower parents. Without it peers stay where they were placed
	// until their parents go. CompactShare is how many peers, at most, a departure
	// lets a room send to shallower parents, 0 to 1.
	Plan         bool
	CompactShare float64
	// Standby names a second candidate to every peer that is fed, to which it
	// keeps a link for the moment in which a parent is lost.
	Standby bool

	// SpeedTest lets peers measure their uplink at /speed_test, and tells them so.
	SpeedTest bool

	// Keys are those that peers may come with (protocol 2.1); none: everybody may
	// come. Who has another one is rejected, and stays away for ten minutes.
	Keys []string
	// KeySecrets are what keys that expire are signed with (see [Token]); the first
	// is for new ones, and each is good for those it has signed. None: there are no
	// such keys.
	KeySecrets []string

	// AllowedOrigins are the web origins whose pages may connect and read:
	// "https://example.com", or "*" for all. Clients that are no browsers send
	// no origin and are always allowed.
	AllowedOrigins []string

	MaxPeersPerChannel int // 0 for no limit
	MaxChannels        int // rooms and swarms together; 0 for no limit
	// MaxViewers and MaxViewersPerChannel limit who watches the topology feed, 0
	// for no limit.
	MaxViewers, MaxViewersPerChannel int
	// MaxPerAddress is how many sockets one IPv4 address or one IPv6 /64 network
	// may hold; a peer has two. As many peers of swarms may be announced from
	// there. 0 for no limit, as behind a reverse proxy, where everybody has the
	// proxy's address.
	MaxPerAddress int
	// MaxRequestsPerAddress is how many requests of swarms' peers a second such an
	// address may make, and four seconds' worth at once. The viewers behind one
	// NAT share it: a thousand make about 50 a second. 0 for no limit, as behind a
	// reverse proxy.
	MaxRequestsPerAddress int

	// PageToken is what the topology page, its feed and /api/v1/channels want from
	// who is not on this machine; none: nobody else may look. ShowAddresses has the
	// feed tell the addresses of peers.
	PageToken     string
	ShowAddresses bool

	// Locator tells where peers are that do not say so, by the address from which
	// they come; nil for none. ISP and province count when parents are chosen, and
	// all is shown in the topology feed.
	Locator Locator

	// ForeignIDs lets ids that this server has not given out register at the
	// relay. They reach only each other.
	ForeignIDs bool

	// IdleTimeout is how long a socket may be silent. It is pinged twice in that
	// time.
	IdleTimeout time.Duration

	Logger   *slog.Logger         // nil discards
	Seed     uint64               // makes ids and jitter repeatable, for tests; 0 for chance
	Registry *prometheus.Registry // for the metrics; nil for one of its own, with those of the process beside
}

// DefaultConfig returns limits for a server of ordinary size.
func DefaultConfig() Config {
	return Config{
		ReportSpan:         60,
		HeartbeatInterval:  30,
		Substreams:         4,
		StreamRate:         2_500_000,
		Plan:               true,
		CompactShare:       0.22,
		Standby:            true,
		SpeedTest:          true,
		AllowedOrigins:     []string{anyOrigin},
		MaxPeersPerChannel: 20_000,
		MaxChannels:        10_000,
		MaxPerAddress:      4096,
		IdleTimeout:        time.Minute,

		MaxRequestsPerAddress: 500,

		MaxViewers:           1000,
		MaxViewersPerChannel: 100,
	}
}

// Fault is one thing that is wrong with a [Config]. Key is the setting's name
// as a command line would have it.
type Fault struct{ Key, Problem string }

func (f *Fault) Error() string { return f.Problem }

// Validate reports every fault of the configuration, each a *[Fault], joined.
func (c Config) Validate() error {
	var faults []error
	require := func(ok bool, key, format string, args ...any) {
		if !ok {
			faults = append(faults, &Fault{key, fmt.Sprintf(format, args...)})
		}
	}
	require(5 <= c.ReportSpan && c.ReportSpan <= 3600, "report-span", "report span of %d s is not from 5 to 3600", c.ReportSpan)
	require(1 <= c.HeartbeatInterval && c.HeartbeatInterval <= 3600, "heartbeat-interval", "heartbeat interval of %d s is not from 1 to 3600", c.HeartbeatInterval)
	require(1 <= c.Substreams && c.Substreams <= 32, "substreams", "%d substreams are not from 1 to 32", c.Substreams)
	require(1000 <= c.StreamRate && c.StreamRate <= 1e9, "stream-rate", "stream rate of %.0f bit/s is not from 1 kbit/s to 1 Gbit/s", float64(c.StreamRate))
	require(0 <= c.CompactShare && c.CompactShare <= 1, "compact-share", "%v compactions per departure are not from 0 to 1", c.CompactShare)
	for _, o := range c.AllowedOrigins {
		require(o == anyOrigin || isOrigin(o), "allowed-origins", "allowed origin %q is neither * nor like https://example.com", o)
	}
	require(c.MaxPeersPerChannel >= 0, "max-peers-per-channel", "limit of peers per channel is negative")
	require(c.MaxChannels >= 0, "max-channels", "limit of channels is negative")
	require(c.MaxViewers >= 0 && c.MaxViewersPerChannel >= 0, "max-viewers", "limit of viewers is negative")
	require(c.PageToken == "" || len(c.PageToken) >= access.MinToken, "page-token", "page token has less than %d characters", access.MinToken)
	for _, secret := range c.KeySecrets {
		require(len(secret) >= MinSecret, "key-secret-file", "key secret has less than %d characters", MinSecret)
	}
	require(c.MaxPerAddress >= 0, "max-per-address", "limit of sockets per address is negative")
	require(c.MaxRequestsPerAddress >= 0, "max-requests-per-address", "limit of requests per address is negative")
	require(c.IdleTimeout >= time.Second, "idle-timeout", "idle timeout is less than a second")
	return errors.Join(faults...)
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && u.Host != "" && s == u.Scheme+"://"+u.Host
}
