package tracker

import (
	"fmt"
	"testing"
	"time"

	"hlspeer/signaling"
)

// crowdedSwarm is one of as many open peers as n, each of which names as many
// neighbours.
func crowdedSwarm(n, neighbours int) *swarms {
	w := newSwarm(testHash)
	s := &swarms{within: time.Hour, swarms: map[string]*swarm{w.key: w}, peers: make(map[signaling.PeerID]*swarmPeer)}
	s.order.older, s.order.newer = &s.order, &s.order
	id := func(i int) signaling.PeerID { return signaling.PeerID(fmt.Sprintf("peer%08d", i%n)) }
	for i := range n {
		p := &swarmPeer{id: id(i), swarm: w, seen: time.Now()}
		for k := range neighbours {
			p.neighbours = append(p.neighbours, id(i+1+k*k))
		}
		s.peers[p.id] = p
		s.append(p)
		w.show(p)
		w.members++
	}
	return s
}

// BenchmarkSwarmFeed is what a watched swarm costs each second.
func BenchmarkSwarmFeed(b *testing.B) {
	for _, c := range []struct{ peers, neighbours int }{{100, 12}, {1000, 12}, {20000, 12}, {20000, maxNeighbours}} {
		b.Run(fmt.Sprintf("peers=%d/neighbours=%d", c.peers, c.neighbours), func(b *testing.B) {
			s := crowdedSwarm(c.peers, c.neighbours)
			f := &swarmFeed{room: testHash, seq: firstSeq}
			f.told = s.graph(f, time.Now())
			b.ReportAllocs()
			for b.Loop() {
				now := s.graph(f, time.Now())
				if changes := f.changes(now); len(changes) > 0 {
					b.Fatalf("%d changes of nothing", len(changes))
				}
				f.told = now
			}
		})
	}
}
