package tracker

import (
	"cmp"
	"context"
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

// A swarmFeed tells those who watch a channel that has no room about the swarm of
// that name, if there is one: it looks at it every second, as long as somebody
// watches. Nobody knows the moment at which a link of a swarm is made.
type swarmFeed struct {
	room  string
	ended atomic.Bool // for good; whoever wants to know more needs another feed
	moved atomic.Bool // it has told of changes

	mu     sync.Mutex
	begun  bool // follow looks after it
	looked bool // there is something told
	told   swarmGraph
	seq    uint64

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

	mu    sync.Mutex // taken within the hub's or a feed's, never held with another's
	feeds map[string]*swarmFeed
}

// of returns the feed of a channel, which is made if need be. The caller holds the
// hub's mutex and knows that there is no room, so that one that begins finds the feed
// and stops it.
func (s *swarmFeeds) of(room string) *swarmFeed {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[room]
	if f == nil {
		f = &swarmFeed{room: room, seq: firstSeq}
		s.feeds[room] = f
	}
	return f
}

// serve answers what viewers of a channel want, and looks after them from then on. It
// is false if the feed has ended meanwhile: then a room or another feed answers.
func (s *swarmFeeds) serve(f *swarmFeed) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended.Load() {
		return false
	}
	if !s.tell(f, !f.looked) || f.begun {
		return true
	}
	f.begun = true
	if !s.start(func(ctx context.Context) { s.follow(ctx, f) }) {
		s.end(f)
	}
	return true
}

// stop ends the feed of a channel, which has a room from now on. It is true if
// viewers were told something. It waits for nothing: what the feed may be telling
// at the moment, tell takes back.
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

// end ends a feed. Who has begun to watch since finds that it has ended, or none.
func (s *swarmFeeds) end(f *swarmFeed) {
	f.ended.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feeds[f.room] == f {
		delete(s.feeds, f.room)
	}
}

// follow tells of what changes until the feed ends.
func (s *swarmFeeds) follow(ctx context.Context, f *swarmFeed) {
	tick := time.NewTicker(feedEvery)
	defer tick.Stop()
	look := func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return !f.ended.Load() && s.tell(f, true)
	}
	for {
		select {
		case <-ctx.Done():
			s.end(f)
			return
		case <-tick.C:
		}
		if !look() {
			return
		}
	}
}

// tell answers what is asked; if it is to look, it publishes first what has changed.
// Who asks costs no look of his own, and is told what is a second old at most. It is
// false when nobody watches, with which the feed ends, or when that has ended. It
// wants f.mu held.
func (s *swarmFeeds) tell(f *swarmFeed, look bool) bool {
	d := s.audience.demand(f.room)
	if !d.changes {
		s.end(f)
		return false
	}
	if look {
		now := s.swarms.graph(f, time.Now())
		if changes := f.changes(now); len(changes) > 0 {
			f.moved.Store(true)
			s.audience.publish(f.room, changes)
		}
		f.told, f.looked = now, true
	}
	if d.topology {
		t := f.topology()
		if len(t.Nodes) == 0 {
			t.TotalStreams = s.substreams // whoever comes may make a mesh
		}
		s.audience.show(f.room, t)
	}
	if d.totals {
		totals := f.told.totals
		totals.Seq = f.seq
		s.audience.showTotals(f.room, totals)
	}
	if f.ended.Load() {
		s.audience.astray(f.room) // a room has begun, and this was none of it
		return false
	}
	return true
}

// changes are what leads from what was told to now, each with its number.
func (f *swarmFeed) changes(now swarmGraph) (changes []signaling.Message) {
	next := func() uint64 {
		f.seq++
		return f.seq
	}
	for _, l := range missing(f.told.links, now.links, swarmLink.compare) {
		changes = append(changes, signaling.EdgeDown{From: l.from, To: l.to, Seq: next()})
	}
	for _, id := range missing(f.told.nodes, now.nodes, cmp.Compare) {
		changes = append(changes, signaling.NodeLeave{ID: id, Seq: next()})
	}
	for _, id := range missing(now.nodes, f.told.nodes, cmp.Compare) {
		changes = append(changes, signaling.NodeJoin{Node: signaling.Node{ID: id, Info: now.nodes[id]}, Seq: next()})
	}
	for _, l := range missing(now.links, f.told.links, swarmLink.compare) {
		changes = append(changes, signaling.EdgeUp{From: l.from, To: l.to, Seq: next()})
	}
	return changes
}

// missing returns in order what is in one map and not in the other.
func missing[K comparable, V any](in, other map[K]V, order func(a, b K) int) (keys []K) {
	for k := range in {
		if _, there := other[k]; !there {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, order)
	return keys
}

// topology is the snapshot of what was told.
func (f *swarmFeed) topology() signaling.Topology {
	t := signaling.Topology{Seq: f.seq, Nodes: make([]signaling.Node, 0, len(f.told.nodes))}
	parents := make(map[signaling.PeerID][]signaling.NodeParent)
	for _, l := range slices.SortedFunc(maps.Keys(f.told.links), swarmLink.compare) {
		parents[l.to] = append(parents[l.to], signaling.NodeParent{ID: l.from})
	}
	for _, id := range slices.Sorted(maps.Keys(f.told.nodes)) {
		t.Nodes = append(t.Nodes, signaling.Node{ID: id, Info: f.told.nodes[id], Parents: parents[id]})
	}
	return t
}
