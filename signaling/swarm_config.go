package signaling

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"
)

// SwarmConfig says where and how a [Swarm] joins. Start from
// [DefaultSwarmConfig].
type SwarmConfig struct {
	// Announces are http or https URLs of BitTorrent trackers, to which the names
	// of the endpoints are added (protocol 5.1). The first is preferred; the others
	// are tried in turn when it fails. Where the path ends with a slash, the
	// endpoints do as well, as with the browser's client of old.
	Announces []string
	// Signalers are the ws or wss URLs of the relays, one for each tracker and in
	// the same order. The peer id is added as a parameter (protocol 2.2).
	Signalers []string

	Key  string // API key; never logged
	Room string // the channel: the playlist URL without its query

	// Enter says what to tell the trackers of the peer, anew for each announce:
	// Browser, Device, OS, UplinkBW, ISP, Province, and in Resume the id that it
	// held before. It is called by Run's goroutine and must not block.
	Enter func() Enter

	DialTimeout    time.Duration // to open a connection
	RequestTimeout time.Duration // of a request, from dialling to the end of the answer
	RelayTimeout   time.Duration // to open a relay socket
	PingEvery      time.Duration // a relay socket that is silent for two of these is dead

	// MinBackoff is the pause after the first failure, lengthened by a random
	// part of up to as much again and by 1.3 each time. No pause exceeds
	// MaxBackoff.
	MinBackoff, MaxBackoff time.Duration

	// NetDial opens the network connections. Nil stands for the real network,
	// with the proxies that the environment names.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)

	// Unreadable, if not nil, is called for each message of a relay and each answer
	// of a tracker that cannot be read, from any goroutine. It must not block.
	Unreadable func()

	// Watch, if not nil, is called with each message of the relay and each request and
	// answer of a tracker, as that of a [Config] is.
	Watch func(Passage)

	Logger *slog.Logger // nil discards
}

// DefaultSwarmConfig returns the timing of protocol 2.1 and 7.1 and the free key.
// Announces, Signalers, Room and Enter are left to the caller.
func DefaultSwarmConfig() SwarmConfig {
	d := DefaultConfig()
	return SwarmConfig{
		Key:            d.Key,
		DialTimeout:    d.DialTimeout,
		RequestTimeout: 10 * time.Second,
		RelayTimeout:   d.RelayTimeout,
		PingEvery:      d.PingEvery,
		MinBackoff:     d.MinBackoff,
		MaxBackoff:     d.MaxBackoff,
	}
}

// Validate reports every fault of the configuration, joined.
func (c SwarmConfig) Validate() error {
	var faults []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	require(len(c.Announces) > 0, "no announce URL")
	for i, s := range c.Announces {
		require(isWebURL(s), "announce URL %d: not an http or https URL", i+1)
	}
	require(len(c.Signalers) == len(c.Announces), "%d signalers for %d announce URLs", len(c.Signalers), len(c.Announces))
	for i, s := range c.Signalers {
		require(isSocketURL(s), "signaler %d: not a ws or wss URL", i+1)
	}
	require(c.Room != "" && len(c.Room) <= MaxString, "room must have 1 to %d bytes", MaxString)
	require(c.Enter != nil, "no function for what to tell of the peer")
	require(c.DialTimeout > 0, "dial timeout must be positive")
	require(c.RequestTimeout > 0, "request timeout must be positive")
	require(c.RelayTimeout > 0, "relay timeout must be positive")
	require(c.PingEvery > 0, "ping interval must be positive")
	require(c.MinBackoff > 0, "minimum backoff must be positive")
	require(c.MaxBackoff >= c.MinBackoff, "maximum backoff is less than the minimum")
	return errors.Join(faults...)
}

// relays is the part that a relay needs.
func (c SwarmConfig) relays() Config {
	return Config{
		DialTimeout: c.DialTimeout, RelayTimeout: c.RelayTimeout, PingEvery: c.PingEvery,
		MinBackoff: c.MinBackoff, MaxBackoff: c.MaxBackoff,
		NetDial: c.NetDial, Unreadable: c.Unreadable, Watch: c.Watch, Logger: c.Logger,
	}
}

func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") &&
		u.Host != "" && u.User == nil && u.Fragment == ""
}
