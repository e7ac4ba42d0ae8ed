package tracker

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"time"

	"hlspeer/signaling"
)

// A swarmLink is one between two peers of a swarm. Neither is above the other: viewers
// are told that it leads from the one whose id is smaller to the other.
type swarmLink struct{ from, to signaling.PeerID }

func (l swarmLink) compare(m swarmLink) int {
	return cmp.Or(cmp.Compare(l.from, m.from), cmp.Compare(l.to, m.to))
}

// A swarmGraph is what viewers are shown of a swarm at one moment.
type swarmGraph struct {
	nodes  map[signaling.PeerID]signaling.NodeInfo
	links  map[swarmLink]struct{}
	totals signaling.Totals
}

// A shownPeer is what viewers are shown of a peer.
type shownPeer struct {
	id         signaling.PeerID
	info       signaling.NodeInfo
	totals     signaling.NodeTotals
	neighbours []signaling.PeerID // never changed, but replaced
}

// graph is what is to be seen of the swarm of a channel now. Peers that come and go
// do not wait for it: under the mutex it only takes notes.
func (s *swarms) graph(f *swarmFeed, now time.Time) swarmGraph {
	peers, sum := s.shown(f, now)
	g := swarmGraph{
		nodes: make(map[signaling.PeerID]signaling.NodeInfo, len(peers)), links: make(map[swarmLink]struct{}, len(f.told.links)),
		totals: signaling.Totals{Source: sum.source, P2P: sum.p2p, Nodes: make(map[signaling.PeerID]signaling.NodeTotals, len(peers))},
	}
	for _, p := range peers {
		g.nodes[p.id], g.totals.Nodes[p.id] = p.info, p.totals
	}
	for _, p := range peers {
		for _, other := range p.neighbours {
			if _, there := g.nodes[other]; there && other != p.id {
				g.links[swarmLink{min(p.id, other), max(p.id, other)}] = struct{}{}
			}
		}
	}
	return g
}

// shown are the peers of the swarm of a channel that viewers are shown, and the traffic
// of all.
func (s *swarms) shown(f *swarmFeed, now time.Time) ([]shownPeer, traffic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	w := s.named(f, now)
	if w == nil {
		return nil, traffic{}
	}
	some := w.open.peers[:min(len(w.open.peers), maxFed)]
	peers := make([]shownPeer, 0, len(some))
	for _, p := range some {
		peers = append(peers, shownPeer{p.id, p.info(), signaling.NodeTotals{Source: p.traffic.source, P2P: p.traffic.p2p}, p.neighbours})
	}
	return peers, w.traffic
}

// named finds the swarm of a channel: by its info_hash, which may be the channel
// itself, or by the name that its peers give it.
func (s *swarms) named(f *swarmFeed, now time.Time) *swarm {
	sum := sha1.Sum([]byte(f.room))
	for _, key := range []string{hex.EncodeToString(sum[:]), f.room, f.found} {
		if w := s.swarms[key]; w != nil && key != "" {
			return w
		}
	}
	if now.Sub(f.lookedAt) < feedNameEvery {
		return nil
	}
	f.lookedAt = now
	for key, w := range s.swarms {
		if w.title() == f.room {
			f.found = key
			return w
		}
	}
	return nil
}

// info describes a peer, without anything by which it could be reached.
func (p *swarmPeer) info() signaling.NodeInfo {
	info := signaling.NodeInfo{
		ISP: p.place.ISP, Country: p.place.Country, Province: p.place.Province, City: p.place.City,
		UplinkBW: max(0, p.uplink), Device: "PC", Engine: engineBitTorrent, Conns: int(p.conns),
	}
	if p.mobile {
		info.Device = "mobile"
	}
	return info
}
