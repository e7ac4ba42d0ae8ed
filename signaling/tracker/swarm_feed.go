package tracker

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hlspeer/signaling"
)

const (
	// feedEvery is how often a watched swarm is compared with what its viewers have
	// been told.
	feedEvery = time.Second
	// maxFed is how many peers of a swarm viewers are shown.
	maxFed = 2000
	// maxNeighbours is how many links of a peer are known.
	maxNeighbours = 64
	// feedNameEvery is how often a swarm is looked for by the name that its peers
	// give it.
	feedNameEvery = 5 * time.Second
)

// A swarmLink is one between two peers of a swarm. Neither is above the other: viewers
// are told that it leads from the one whose id is smaller to the other.
type swarmLink struct{ from, to signaling.PeerID }

// A swarmGraph is what viewers are shown of a swarm at one moment.
type swarmGraph struct {
	nodes  map[signaling.PeerID]signaling.NodeInfo
	links  map[swarmLink]struct{}
	totals signaling.Totals
}

// A swarmFeed tells those who watch a channel that has no room about the swarm of
// that name, if there is one: it looks at it every second, as long as somebody
// watches. Nobody knows the moment at which a link of a swarm is made.
type swarmFeed struct {
	room  string
	ended atomic.Bool
	moved atomic.Bool // it has told of changes

	mu   sync.Mutex
	told swarmGraph
	seq  uint64

	found    string // info_hash by which the swarm was found last; "" not yet
	lookedAt time.Time
}

// swarmFeeds are those of all watched channels without a room. The methods may be
// called by any goroutine.
type swarmFeeds struct {
	swarms     *swarms
	audience   *audience
	substreams int                                   // of a channel with a room
	start      func(work func(context.Context)) bool // in a goroutine; false when shutting down

	mu    sync.Mutex // taken within the hub's, never held with another's
	feeds map[string]*swarmFeed
}

// ask answers what viewers of a channel want, and looks after them from then on.
func (s *swarmFeeds) ask(room string) {
	s.mu.Lock()
	f := s.feeds[room]
	begun := f != nil
	if !begun {
		f = &swarmFeed{room: room, seq: firstSeq}
		s.feeds[room] = f
	}
	s.mu.Unlock()
	if watched := s.tell(f); begun {
		return
	} else if !watched || !s.start(func(ctx context.Context) { s.follow(ctx, f) }) {
		s.forget(f)
	}
}

// stop ends the feed of a channel, which has a room from now on. It is true if
// viewers were told something. It waits for nothing: what the feed may be telling
// at the moment has numbers that do not follow the room's, by which viewers notice.
func (s *swarmFeeds) stop(room string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[room]
	if f == nil {
		return false
	}
	delete(s.feeds, room)
	f.ended.Store(true)
	return f.moved.Load()
}

func (s *swarmFeeds) forget(f *swarmFeed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feeds[f.room] == f {
		delete(s.feeds, f.room)
	}
}

// follow tells of what changes until nobody watches.
func (s *swarmFeeds) follow(ctx context.Context, f *swarmFeed) {
	defer s.forget(f)
	tick := time.NewTicker(feedEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !s.tell(f) {
			return
		}
	}
}

// tell publishes what has changed and answers what is asked. It is false when
// nobody watches, or the feed has ended.
func (s *swarmFeeds) tell(f *swarmFeed) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := s.audience.demand(f.room)
	if f.ended.Load() || !d.changes {
		return false
	}
	now := s.swarms.graph(f, time.Now())
	if changes := f.changes(now); len(changes) > 0 {
		f.moved.Store(true)
		s.audience.publish(f.room, changes)
	}
	f.told = now
	if d.topology {
		t := f.topology()
		if len(t.Nodes) == 0 {
			t.TotalStreams = s.substreams // whoever comes may make a mesh
		}
		s.audience.show(f.room, t)
	}
	if d.totals {
		now.totals.Seq = f.seq
		s.audience.showTotals(f.room, now.totals)
	}
	return true
}

// changes are what leads from what was told to now, each with its number.
func (f *swarmFeed) changes(now swarmGraph) (changes []signaling.Message) {
	add := func(m func(seq uint64) signaling.Message) {
		f.seq++
		changes = append(changes, m(f.seq))
	}
	for _, l := range sortedLinks(f.told.links) {
		if _, still := now.links[l]; !still {
			add(func(seq uint64) signaling.Message { return signaling.EdgeDown{From: l.from, To: l.to, Seq: seq} })
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.told.nodes)) {
		if _, still := now.nodes[id]; !still {
			add(func(seq uint64) signaling.Message { return signaling.NodeLeave{ID: id, Seq: seq} })
		}
	}
	for _, id := range slices.Sorted(maps.Keys(now.nodes)) {
		if _, before := f.told.nodes[id]; !before {
			add(func(seq uint64) signaling.Message {
				return signaling.NodeJoin{Node: signaling.Node{ID: id, Info: now.nodes[id]}, Seq: seq}
			})
		}
	}
	for _, l := range sortedLinks(now.links) {
		if _, before := f.told.links[l]; !before {
			add(func(seq uint64) signaling.Message { return signaling.EdgeUp{From: l.from, To: l.to, Seq: seq} })
		}
	}
	return changes
}

func sortedLinks(links map[swarmLink]struct{}) []swarmLink {
	return slices.SortedFunc(maps.Keys(links), func(a, b swarmLink) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
}

// topology is the snapshot of what was told.
func (f *swarmFeed) topology() signaling.Topology {
	t := signaling.Topology{Seq: f.seq, Nodes: make([]signaling.Node, 0, len(f.told.nodes))}
	parents := make(map[signaling.PeerID][]signaling.NodeParent)
	for _, l := range sortedLinks(f.told.links) {
		parents[l.to] = append(parents[l.to], signaling.NodeParent{ID: l.from})
	}
	for _, id := range slices.Sorted(maps.Keys(f.told.nodes)) {
		t.Nodes = append(t.Nodes, signaling.Node{ID: id, Info: f.told.nodes[id], Parents: parents[id]})
	}
	return t
}

// graph is what is to be seen of the swarm of a channel now.
func (s *swarms) graph(f *swarmFeed, now time.Time) swarmGraph {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	g := swarmGraph{nodes: make(map[signaling.PeerID]signaling.NodeInfo), links: make(map[swarmLink]struct{})}
	w := s.named(f, now)
	if w == nil {
		return g
	}
	g.totals = signaling.Totals{
		Source: w.traffic.source, P2P: w.traffic.p2p, Nodes: make(map[signaling.PeerID]signaling.NodeTotals),
	}
	for _, p := range w.open.peers[:min(len(w.open.peers), maxFed)] {
		g.nodes[p.id] = p.info()
		g.totals.Nodes[p.id] = signaling.NodeTotals{Source: p.traffic.source, P2P: p.traffic.p2p}
	}
	for id := range g.nodes {
		for _, other := range s.peers[id].neighbours {
			if _, shown := g.nodes[other]; shown && other != id {
				g.links[swarmLink{min(id, other), max(id, other)}] = struct{}{}
			}
		}
	}
	return g
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
