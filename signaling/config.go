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

// Config says where and how a [Client] connects. Start from [DefaultConfig].
type Config struct {
	// Schedulers are ws or wss URLs. The first is preferred; the others are
	// tried in turn when it fails. Key, Room and Mode are added as parameters
	// (protocol 2.1).
	Schedulers []string
	// Signalers are the relays, one for each scheduler and in the same order;
	// "" where there is none. Without a relay, signals travel on the scheduler
	// socket. The peer id is added as a parameter (protocol 2.2).
	Signalers []string

	Key  string // API key; never logged
	Room string // the channel: the playlist URL without its query
	Mode string // "live" or "vod"

	// Enter returns the first message of each connection. An empty Channel
	// becomes Room. It is called by Run's goroutine and must not block.
	Enter func() Enter

	DialTimeout   time.Duration // to open a scheduler socket
	AcceptTimeout time.Duration // from the open scheduler socket to accept
	RelayTimeout  time.Duration // to open a relay socket
	PingEvery     time.Duration // a socket that is silent for two of these is dead

	// MinBackoff is the pause after the first failure, lengthened by a random
	// part of up to as much again and by 1.3 each time. No pause exceeds
	// MaxBackoff.
	MinBackoff, MaxBackoff time.Duration

	// NetDial opens the network connections. Nil stands for the real network,
	// with the proxies that the environment names.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)

	// Unreadable, if not nil, is called for each message of a server that is
	// skipped as it cannot be read, from any goroutine. It must not block.
	Unreadable func()

	// Watch, if not nil, is called with each message that is handed to a connection
	// or read from it, from any goroutine, in the order of each direction of a
	// connection. It must return at once.
	Watch func(Passage)

	Logger *slog.Logger // nil discards
}

// DefaultConfig returns the timing of protocol 2.1 and 7.1 and the free key, for
// live channels. Schedulers, Room and Enter are left to the caller.
func DefaultConfig() Config {
	return Config{
		Key:           "free",
		Mode:          "live",
		DialTimeout:   4 * time.Second,
		AcceptTimeout: 10 * time.Second,
		RelayTimeout:  15 * time.Second,
		PingEvery:     30 * time.Second,
		MinBackoff:    5 * time.Second,
		MaxBackoff:    60 * time.Second,
	}
}

// Validate reports every fault of the configuration, joined.
func (c Config) Validate() error {
	var faults []error
	require := func(ok bool, fault string) {
		if !ok {
			faults = append(faults, errors.New(fault))
		}
	}
	require(len(c.Schedulers) > 0, "no scheduler")
	for i, s := range c.Schedulers {
		require(isSocketURL(s), fmt.Sprintf("scheduler %d: not a ws or wss URL", i+1))
	}
	require(len(c.Signalers) == 0 || len(c.Signalers) == len(c.Schedulers),
		fmt.Sprintf("%d signalers for %d schedulers", len(c.Signalers), len(c.Schedulers)))
	for i, s := range c.Signalers {
		require(s == "" || isSocketURL(s), fmt.Sprintf("signaler %d: not a ws or wss URL", i+1))
	}
	require(c.Room != "" && len(c.Room) <= MaxString, fmt.Sprintf("room must have 1 to %d bytes", MaxString))
	require(c.Mode == "live" || c.Mode == "vod", fmt.Sprintf("mode %q is neither live nor vod", c.Mode))
	require(c.Enter != nil, "no function for the enter message")
	require(c.DialTimeout > 0, "dial timeout must be positive")
	require(c.AcceptTimeout > 0, "accept timeout must be positive")
	require(c.RelayTimeout > 0, "relay timeout must be positive")
	require(c.PingEvery > 0, "ping interval must be positive")
	require(c.MinBackoff > 0, "minimum backoff must be positive")
	require(c.MaxBackoff >= c.MinBackoff, "maximum backoff is less than the minimum")
	return errors.Join(faults...)
}

// isSocketURL reports whether s can be dialled. Faults never quote an address:
// its query may hold a secret.
func isSocketURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "ws" || u.Scheme == "wss") &&
		u.Host != "" && u.User == nil && u.Fragment == ""
}
