package mesh

import (
	"math/rand/v2"
	"slices"
)

// acquaintances are the peers that the tracker named, at most maxKnown.
type acquaintances []acquaintance

type acquaintance struct {
	peer  PeerID
	tried bool // dialled since it was last named
}

const (
	maxKnown = 256
	// maxNamed is how many peers of one answer are looked at.
	maxNamed = 1024
)

// meet takes in that peer is there now. If there are too many, it takes the
// place of one by chance.
func (a *acquaintances) meet(peer PeerID, random *rand.Rand) {
	switch i := slices.IndexFunc(*a, func(k acquaintance) bool { return k.peer == peer }); {
	case i >= 0:
		(*a)[i].tried = false
	case len(*a) < maxKnown:
		*a = append(*a, acquaintance{peer: peer})
	default:
		(*a)[random.IntN(maxKnown)] = acquaintance{peer: peer}
	}
}

// pick is one by chance that was not tried and is fit, or "". It counts as
// tried.
func (a acquaintances) pick(fit func(PeerID) bool, random *rand.Rand) PeerID {
	chosen, seen := -1, 0
	for i, k := range a {
		if k.tried || !fit(k.peer) {
			continue
		}
		if seen++; random.IntN(seen) == 0 {
			chosen = i
		}
	}
	if chosen < 0 {
		return ""
	}
	a[chosen].tried = true
	return a[chosen].peer
}
