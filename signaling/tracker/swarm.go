package tracker

import (
	"net/netip"
	"time"

	"hlspeer/signaling"
)

// A swarm is the peers of one info_hash. It is guarded by the mutex of [swarms].
type swarm struct {
	room   string // by which the hub knows it: swarmMark and the key
	key    string // the info_hash, as opaque as it is
	name   string // of the channel, for people; "" unknown
	proven bool   // the name is the one that the info_hash was made of

	members  int
	open     group
	regions  map[string]*group
	networks map[netip.Prefix]*group

	// recent are peers that were heard of lately, in a ring. Some may have gone.
	recent [16]*swarmPeer
	next   int

	traffic traffic // since the swarm began
}

// A swarmPeer is one announced peer.
type swarmPeer struct {
	id      signaling.PeerID
	swarm   *swarm
	address netip.Prefix // with which it is counted
	near    netip.Prefix // its vicinity
	place   Place
	region  string // ISP and province; "" unknown

	older, newer *swarmPeer // in the order in which they were heard of
	joined, seen time.Time

	uplink signaling.BitRate // -1 when it did not say
	mobile bool
	conns  uint16 // links, as it says
	// neighbours are whom it says to be linked with, at most maxNeighbours.
	neighbours []signaling.PeerID
	traffic    traffic // as it says
	mark       uint64  // the last choice that it was looked at for
	groups     [circles]*group
	places     [circles]int32 // in the groups
}

func newSwarm(key string) *swarm {
	room := swarmMark + key
	return &swarm{
		room: room, key: room[len(swarmMark):], open: group{circle: inSwarm},
		regions: make(map[string]*group), networks: make(map[netip.Prefix]*group),
	}
}

// show makes a peer one that others may be told of.
func (s *swarm) show(p *swarmPeer) {
	if p.groups[inSwarm] != nil {
		return
	}
	s.open.add(p)
	if p.region != "" {
		c := s.regions[p.region]
		if c == nil {
			c = &group{circle: inRegion}
			s.regions[p.region] = c
		}
		c.add(p)
	}
	if p.near.IsValid() {
		c := s.networks[p.near]
		if c == nil {
			c = &group{circle: inNetwork}
			s.networks[p.near] = c
		}
		c.add(p)
	}
}

// hide takes back what show did.
func (s *swarm) hide(p *swarmPeer) {
	for _, c := range p.groups {
		if c != nil {
			c.remove(p)
		}
	}
	if c := s.regions[p.region]; c != nil && len(c.peers) == 0 {
		delete(s.regions, p.region)
	}
	if c := s.networks[p.near]; c != nil && len(c.peers) == 0 {
		delete(s.networks, p.near)
	}
}

// heard notes a sign of life.
func (s *swarm) heard(p *swarmPeer, now time.Time) {
	p.seen = now
	if s.recent[s.next] != p {
		s.next = (s.next + 1) % len(s.recent)
		s.recent[s.next] = p
	}
}
