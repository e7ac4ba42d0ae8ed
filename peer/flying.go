package peer

import (
	"cmp"
	"slices"
	"time"
)

// Why no peer was asked for a segment, in [Provenance.NoPeer].
const (
	NotShared   = "not shared"   // such segments do not travel between peers, or by configuration
	NoTracker   = "no tracker"   // there is none
	NotJoined   = "not joined"   // at the tracker, which may be out of reach
	Unwatched   = "unwatched"    // no player stays with it yet
	IsRoot      = "root"         // the tracker wants us to feed on the source
	NoParent    = "no parent"    // nobody feeds us
	NoTime      = "no time"      // no parent could bring it in time, or none has its substream
	HeldBack    = "held back"    // the channel goes without peers for a while, to compare
	NoNeighbour = "no neighbour" // nobody else is in the swarm
	OwnTurn     = "own turn"     // no neighbour has it in time, or it is ours to bring it into the swarm
)

// noPeer is why the HTTP source is asked before any peer.
func (t *track) noPeer(f *fill) string {
	if !t.shares() {
		return NotShared
	}
	switch {
	case f.alone:
		return HeldBack
	case !t.chosen:
		return Unwatched
	}
	snap := t.brain.Snapshot()
	switch {
	case len(snap.Neighbours) > 0:
		return OwnTurn
	case snap.Root:
		return IsRoot
	case len(snap.Parents) > 0:
		return NoTime
	case t.session.state() == "off":
		return NoTracker
	case snap.Standing != "joined":
		return NotJoined
	case t.swarms():
		return NoNeighbour
	}
	return NoParent
}

// flying are the stories of the segments that are being brought in, so far,
// by sn. It runs in the loop, or after it.
func (t *track) flying() []Provenance {
	out := make([]Provenance, 0, len(t.fills))
	for _, f := range t.fills {
		p := f.story
		p.Attempts = slices.Clone(p.Attempts)
		p.Took = time.Since(f.began).Seconds()
		for _, a := range []*attempt{f.try, f.tail} {
			if a == nil || a.noticed {
				continue
			}
			s := a.step(f.began)
			if p.add(s); s.Source == "http" {
				p.HTTP += s.Bytes
			} else {
				p.P2P += s.Bytes
			}
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Provenance) int { return cmp.Compare(a.SN, b.SN) })
	return out
}
