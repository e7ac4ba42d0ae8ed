package lab

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hlspeer/peer"
)

// SwarmConfig is what a [Swarm] is made of.
type SwarmConfig struct {
	Peers      int           // at a time; as many as there are, or Stays says who comes
	Uplinks    []int64       // bit/s, given to the peers in turn; none: the agent's default
	JoinEvery  time.Duration // between two peers that join
	Stays      []Stay        // of the first peers, in place of JoinEvery; may be more than Peers
	CacheBytes int64         // of each peer
	Engine     peer.EngineKind
	HoldBack   float64 // share of the peers, 0 to 1, that take nothing from others; the last of each ten, say
	Seed       *uint64 // of what is left to chance, for the report

	// Source is the channel of somebody else, in place of an own one, whose
	// playlist is live or, with Film, has ended. Check fetches each of its segments
	// once more to compare; otherwise nobody knows whether peers got the right bytes.
	Source string
	Check  bool
	Origin OriginConfig
	Film   bool

	// Tracker is the base URL of somebody else's, in place of an own one; Key is
	// for it.
	Tracker, Key string
	Channel      string // identity of the channel at the tracker; empty: the URL without its query

	// Virtual lets data channels go over a network inside the process: no other
	// process reaches these peers. Lines are given to them in turn.
	Virtual bool
	Lines   []Line

	// LookEvery is the time between two looks at all peers, for the history and
	// the figures of the mesh; 0: none.
	LookEvery time.Duration
	Logger    *slog.Logger

	// pipes is what HTTP of a virtual swarm goes over, in place of sockets, and
	// keep holds the agents that have gone. For tests.
	pipes, keep bool
	// adjust changes the configuration of peer i before it is made; nil: no
	// changes. For tests.
	adjust func(i int, c *peer.Config)
	// rendition is what viewers watch, if not [RenditionMain]. For tests.
	rendition string
	// start is the segment of a film at which the viewer of peer i begins; nil:
	// the first. For tests.
	start func(i int) int64
	// backup is a second source that peers fall back to; nil: there is none. For
	// tests.
	backup *OriginConfig
}

// MaxSwarmPeers is how many peers a swarm may have at a time, MaxSwarmStays how
// many may come in all.
const (
	MaxSwarmPeers = 1000
	MaxSwarmStays = 3000
)

// Validate reports every fault at once.
func (c SwarmConfig) Validate() error {
	var faults []error
	add := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.Peers < 1 || c.Peers > MaxSwarmPeers {
		add("%d peers: want 1 to %d", c.Peers, MaxSwarmPeers)
	}
	if len(c.Stays) > MaxSwarmStays {
		add("%d peers come and go: want %d at most", len(c.Stays), MaxSwarmStays)
	}
	if !(0 <= c.HoldBack && c.HoldBack <= 1) { // nor NaN
		add("a share of %g held back: want 0 to 1", c.HoldBack)
	}
	if c.JoinEvery < 0 {
		add("a peer joins every %v: want 0 or more", c.JoinEvery)
	}
	for i, s := range c.Stays {
		if err := s.validate(); err != nil {
			add("peer %d: %w", i+1, err)
		}
		if s.Crash && !c.Virtual {
			add("peer %d: crashes, which the real network cannot do", i+1)
			break
		}
	}
	for i, l := range c.Lines {
		if err := l.validate(); err != nil {
			add("line %d: %w", i+1, err)
		}
	}
	if len(c.Lines) > 0 && !c.Virtual {
		add("lines are for a virtual network")
	}
	if c.Tracker != "" && c.Virtual {
		add("peers on a virtual network cannot be reached by others of a foreign tracker")
	}
	if c.Check && c.Source == "" {
		add("checking against a source is for foreign ones: segments of the own one are always checked")
	}
	return errors.Join(faults...)
}

// count is how many peers come in all.
func (c SwarmConfig) count() int { return max(c.Peers, len(c.Stays)) }

// engine is how segments travel, by what most of the peers say.
func (c SwarmConfig) engine(rows []Row) string {
	count, best := map[peer.EngineKind]int{}, peer.EngineKind("")
	for _, r := range rows {
		if r.Engine != "" {
			if count[r.Engine]++; count[r.Engine] > count[best] {
				best = r.Engine
			}
		}
	}
	switch {
	case best != "":
		return string(best)
	case c.Engine != "" && c.Engine != peer.EngineAuto:
		return string(c.Engine)
	}
	return string(peer.EngineFastmesh)
}
