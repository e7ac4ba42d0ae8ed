package mesh

import (
	"fmt"
	"slices"
)

// state compares what the engine says of itself with the account.
func (c *checker) state(s Snapshot) error {
	if c.wake <= c.now {
		return fmt.Errorf("wake-up at %v wanted at %v", c.wake, c.now)
	}
	if len(s.Wanted) != len(c.source) || len(s.Wanted) > maxWanted {
		return fmt.Errorf("%d segments in hand, %d wanted", len(s.Wanted), len(c.source))
	}
	for _, w := range s.Wanted {
		if err := c.segment(w); err != nil {
			return fmt.Errorf("segment %d: %w", w.SN, err)
		}
	}
	if err := c.roles(s); err != nil {
		return err
	}
	if n := len(c.brain.quarantine.sentences); n > maxSentences {
		return fmt.Errorf("%d in quarantine", n)
	}
	if s.Spares > maxSpares {
		return fmt.Errorf("%d spares", s.Spares)
	}
	return c.climbing(s)
}

// climbing holds what is kept about climbs against its bounds.
func (c *checker) climbing(s Snapshot) error {
	b := c.brain
	if len(b.routes) > maxRoutes || len(b.climb.grants) > maxGrants || len(b.climb.begun) > maxClimbs {
		return fmt.Errorf("%d routes, %d grants, %d climbs", len(b.routes), len(b.climb.grants), len(b.climb.begun))
	}
	for _, r := range b.routes {
		if len(r.granters) > maxGrants {
			return fmt.Errorf("%d granters", len(r.granters))
		}
	}
	if s.Climb != "resting" && (len(s.Adopting) > 0 || s.Standing != "joined") {
		return fmt.Errorf("%s while %s, adopting %q", s.Climb, s.Standing, s.Adopting)
	}
	if s.Climb != "moving" && len(s.ClimbLinks) > 0 {
		return fmt.Errorf("%s with links %v", s.Climb, s.ClimbLinks)
	}
	return nil
}

func (c *checker) segment(w SegmentState) error {
	want := sourceName(w.Parent)
	switch w.Source {
	case "queued":
		// What came before has ended, or is a silent parent's attempt, which
		// may go on until the request is sent.
		if want = c.source[w.SN]; want == sourceName("") {
			return fmt.Errorf("queued while %s is at it", want)
		}
	case "asked", "fetched":
	default:
		return fmt.Errorf("source %q", w.Source)
	}
	if got := c.source[w.SN]; got != want {
		return fmt.Errorf("source in flight %q, the engine thinks %q", got, want)
	}
	if c.wake > w.Deadline {
		return fmt.Errorf("wake-up at %v, deadline %v", c.wake, w.Deadline)
	}
	return nil
}

func (c *checker) roles(s Snapshot) error {
	filled, roles := 0, map[PeerID]linkState{}
	for _, p := range s.Parents {
		if p.Substreams < 1 || p.Requests > maxRequests {
			return fmt.Errorf("parent %+v", p)
		}
		filled += p.Substreams
		roles[p.Peer] = parent
	}
	if filled+s.Free != s.Substreams {
		return fmt.Errorf("%d slots filled, %d free, of %d", filled, s.Free, s.Substreams)
	}
	for state, peers := range map[linkState][]PeerID{dialling: append(slices.Clone(s.Dialling), s.Adopting...), accepted: s.Accepted, child: s.Children} {
		for _, p := range peers {
			roles[p] = state
		}
	}
	if s.Readying != "" {
		roles[s.Readying] = dialling
	}
	if len(s.Adopting) > maxSubstreams {
		return fmt.Errorf("%d adopted at once", len(s.Adopting))
	}
	if s.Standby != "" {
		roles[s.Standby] = spare
	}
	if len(s.ClimbLinks) > maxDials {
		return fmt.Errorf("%d links to climb with", len(s.ClimbLinks))
	}
	for _, p := range s.ClimbLinks {
		if roles[p] = c.links[p]; roles[p] != dialling && roles[p] != spare {
			return fmt.Errorf("link %s is to climb with: %v", p, roles[p])
		}
	}
	if s.Standby != "" && s.Readying != "" {
		return fmt.Errorf("two standbys")
	}
	if len(roles) != len(c.links) {
		return fmt.Errorf("links %v, want %v", roles, c.links)
	}
	for p, state := range c.links {
		if roles[p] != state {
			return fmt.Errorf("link %s: %v, want %v", p, roles[p], state)
		}
	}
	if len(s.Dialling) > maxDials || len(s.Dialling)+len(s.Parents) > c.cfg.MaxParents {
		return fmt.Errorf("%d dialled, %d parents", len(s.Dialling), len(s.Parents))
	}
	if len(s.Accepted)+len(s.Children) > c.cfg.MaxChildren {
		return fmt.Errorf("%d children", len(s.Accepted)+len(s.Children))
	}
	return nil
}

func (s linkState) String() string {
	switch s {
	case dialling:
		return "dialling"
	case parent:
		return "parent"
	case accepted:
		return "accepted"
	case spare:
		return "spare"
	case child:
		return "child"
	default:
		return "no link"
	}
}
