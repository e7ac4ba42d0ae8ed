package tracker

import "math/rand/v2"

// A circle is one of the groups that a peer of a swarm can be in.
type circle int

const (
	inSwarm   circle = iota // with everybody
	inRegion                // with those of the same ISP and province
	inNetwork               // with those of near addresses
	circles
)

// A group holds the peers that may be given to others, so that some of them can
// be taken at random whatever their number.
type group struct {
	circle circle
	peers  []*swarmPeer
}

func (c *group) add(p *swarmPeer) {
	p.groups[c.circle], p.places[c.circle] = c, int32(len(c.peers))
	c.peers = append(c.peers, p)
}

func (c *group) remove(p *swarmPeer) {
	place, end := p.places[c.circle], len(c.peers)-1
	last := c.peers[end]
	c.peers[place], last.places[c.circle] = last, place
	c.peers[end] = nil
	c.peers = c.peers[:end]
	p.groups[c.circle] = nil
}

// some calls take for about n different ones at random, or for all if there are
// no more. It may call it twice for one.
func (c *group) some(n int, chance *rand.Rand, take func(*swarmPeer)) {
	if len(c.peers) <= n {
		for _, p := range c.peers {
			take(p)
		}
		return
	}
	for range n {
		take(c.peers[chance.IntN(len(c.peers))])
	}
}
