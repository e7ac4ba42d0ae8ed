package tracker

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"hlspeer/signaling"
)

const (
	// maxListed is how many peers an answer names at most.
	maxListed = 32
	// Of how many peers at random an answer is chosen, whatever the number of the
	// swarm's peers.
	sampleRegion  = 24
	sampleNetwork = 24
	sampleSwarm   = 3 * maxListed
	// mixEvery is how often a place in an answer goes to chance alone, so that a
	// swarm does not fall into islands.
	mixEvery = 4
)

// A chooser finds peers for others. Its memory serves one choice after the other.
type chooser struct {
	rand   *rand.Rand
	within time.Duration // of which a peer has last been heard
	mark   uint64
	found  []option
}

type option struct {
	peer  *swarmPeer
	score float64
}

// choose returns peers for one that asks, best first: near ones, capable ones,
// those that were heard of recently. It takes as long in a swarm of any size, and
// never names who asks or who cannot be reached.
func (c *chooser) choose(asker *swarmPeer, now time.Time) []signaling.PeerID {
	s := asker.swarm
	c.mark++
	asker.mark = c.mark
	c.found = c.found[:0]
	take := func(p *swarmPeer) {
		if p.mark != c.mark {
			p.mark = c.mark
			c.found = append(c.found, option{p, c.score(asker, p, now)})
		}
	}
	if near := s.regions[asker.region]; near != nil {
		near.some(sampleRegion, c.rand, take)
	}
	if near := s.networks[asker.near]; near != nil {
		near.some(sampleNetwork, c.rand, take)
	}
	for _, p := range s.recent {
		if p != nil && p.groups[inSwarm] == &s.open {
			take(p)
		}
	}
	s.open.some(sampleSwarm, c.rand, take)
	return c.best()
}

// best lists what was found.
func (c *chooser) best() []signaling.PeerID {
	found := c.found
	slices.SortFunc(found, func(a, b option) int { return cmp.Compare(b.score, a.score) })
	if len(found) > maxListed {
		for i := mixEvery - 1; i < maxListed; i += mixEvery {
			j := i + c.rand.IntN(len(found)-i)
			found[i], found[j] = found[j], found[i]
		}
		found = found[:maxListed]
	}
	ids := make([]signaling.PeerID, len(found))
	for i, o := range found {
		ids[i] = o.peer.id
	}
	clear(c.found)
	return ids
}

// score says how good p is for asker. Nearness counts most, and chance enough that
// not everybody is sent to the same ones.
func (c *chooser) score(asker, p *swarmPeer, now time.Time) float64 {
	score := 2 * c.rand.Float64()
	switch {
	case asker.region != "" && p.region == asker.region:
		score += 3
	case asker.near.IsValid() && p.near == asker.near:
		score += 2
	}
	score -= float64(now.Sub(p.seen)) / float64(c.within)
	if p.mobile {
		score -= 0.5
	}
	return score + capability(p.uplink)
}

// capability is what an uplink counts: 0 for none, 1 for who did not say, 1.2 for
// 4 Mbit/s and 2 for 30 Mbit/s and more.
func capability(uplink signaling.BitRate) float64 {
	switch {
	case uplink < 0:
		return 1
	case uplink == 0:
		return 0
	}
	return min(0.5+0.3*math.Log2(1+float64(uplink)/1e6), 2)
}
