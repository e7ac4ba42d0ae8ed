package datachannel

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"strings"
	"time"

	"github.com/pion/transport/v5"
)

// LevelOff is a TransportLogLevel above every message.
const LevelOff = slog.Level(math.MaxInt32)

// Config sets up a [Host] and its links. Start from [DefaultConfig].
type Config struct {
	// PacketSize is the number of bytes of one attachment sent (protocol 2.5). To
	// remotes that say they take more it may be up to 64 KiB, for a piece that is
	// whole and on a path that carries such a packet in 2 ms.
	PacketSize int
	// MaxMessage is the largest binary message accepted, in bytes. A larger one
	// ends the link.
	MaxMessage int
	// MaxPiece is the largest piece sent or accepted, in bytes.
	MaxPiece int64
	// HighWater is how many bytes may be sent and not acknowledged on a link at
	// most, whatever the path would carry. It bounds memory per link, and with it
	// the rate on a path to HighWater per round trip.
	HighWater uint64
	// TotalHighWater is the same for all links together: each gets an equal part,
	// but never less than 64 KiB.
	TotalHighWater uint64

	// ICEServers are the STUN and TURN servers.
	ICEServers []ICEServer
	// Policy says over which addresses links may run; "": all.
	Policy ICEPolicy
	// UDPPort is one port for all links, or 0: each link gets ports of its own
	// from the system. Of several links between two processes that both have a
	// fixed port all but one get a port of their own on one side: packets are told
	// apart by address.
	UDPPort int
	// Advertise are the IP addresses to announce in place of the local ones
	// behind a 1:1 NAT.
	Advertise []string
	// Loopback also offers loopback addresses, and accepts them from remotes.
	Loopback bool
	// Net replaces the real network, in tests. UDPPort must be 0 then.
	Net transport.Net

	// OpenTimeout is the time from the first signal to an open channel.
	OpenTimeout time.Duration
	// Grace is how long a connection may be without any sign of life, after the
	// two seconds that make it silent, before the link fails.
	Grace time.Duration

	// Watcher, if not nil, sees all that passes.
	Watcher Watcher

	// Logger may be nil.
	Logger *slog.Logger
	// TransportLogLevel is the lowest level of pion's own messages to log.
	TransportLogLevel slog.Level
}

// ICEServer is one STUN or TURN server.
type ICEServer struct {
	URLs       []string // "stun:host:port", "turn:host:port?transport=udp"
	Username   string   // TURN only
	Credential string   // TURN only
}

// DefaultConfig returns settings for the open network, without ICE servers.
func DefaultConfig() Config {
	return Config{
		PacketSize:        16 << 10,
		MaxMessage:        256 << 10,
		MaxPiece:          64 << 20,
		HighWater:         2 << 20,
		TotalHighWater:    16 << 20,
		OpenTimeout:       15 * time.Second,
		Grace:             8 * time.Second,
		TransportLogLevel: LevelOff,
	}
}

// Validate reports all faults of the configuration at once.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	check(c.PacketSize >= 1<<10 && c.PacketSize <= 256<<10, "packet size %d: want 1 KiB to 256 KiB", c.PacketSize)
	check(c.MaxMessage >= MaxText && c.MaxMessage <= 1<<20, "largest message %d: want 64 KiB to 1 MiB", c.MaxMessage)
	check(c.MaxPiece >= 1 && c.MaxPiece <= int64(c.PacketSize)*MaxAttachments,
		"largest piece %d: want 1 to %d packets", c.MaxPiece, MaxAttachments)
	check(c.HighWater >= 64<<10, "high water %d: want at least 64 KiB", c.HighWater)
	check(c.TotalHighWater >= c.HighWater, "total high water %d: want at least the high water of one link, %d", c.TotalHighWater, c.HighWater)
	check(c.UDPPort >= 0 && c.UDPPort <= math.MaxUint16, "UDP port %d: want 0 to 65535", c.UDPPort)
	check(c.UDPPort == 0 || c.Net == nil, "UDP port %d: not with a network of its own", c.UDPPort)
	check(c.OpenTimeout > 0, "open timeout %v: want more than 0", c.OpenTimeout)
	check(c.Grace > 0, "grace %v: want more than 0", c.Grace)
	for _, a := range c.Advertise {
		check(net.ParseIP(a) != nil, "advertised address %q: want an IP address", a)
	}
	c.policyFaults(check)
	for _, s := range c.ICEServers {
		check(len(s.URLs) > 0, "ICE server without a URL")
		for _, u := range s.URLs {
			check(isICEURL(u), "ICE server %q: want stun:, stuns:, turn: or turns:", u)
		}
	}
	return errors.Join(faults...)
}

func isICEURL(u string) bool {
	scheme, rest, _ := strings.Cut(u, ":")
	switch scheme {
	case "stun", "stuns", "turn", "turns":
		return rest != ""
	}
	return false
}
