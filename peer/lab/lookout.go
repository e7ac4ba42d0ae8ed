package lab

import (
	"context"
	"sync"
	"time"

	"hlspeer/peer"
	"hlspeer/peer/mesh"
)

// lookout looks at all peers of a swarm now and then. What happens and is undone
// between two looks it does not see. Safe for concurrent use.
type lookout struct {
	mu      sync.Mutex
	history history
	level   spreadMean
	shares  levelShares
	seen    map[int]*seen

	looks         int
	demand, unfed int64 // (peer, substream) at a look
	reparents     float64
	lost, again   int64 // parents; connections to the tracker
}

// seen is how a peer was at the last look.
type seen struct {
	parents  map[mesh.PeerID]int // substreams of each
	assigned int                 // substreams that ever got a parent
	tracker  string
}

// watchOver looks until ctx ends.
func (s *Swarm) watchOver(ctx context.Context) {
	tick := time.NewTicker(s.config.LookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.lookout.look(s.elapsed(), s.Rows())
		case <-ctx.Done():
			return
		}
	}
}

func (w *lookout) look(at time.Duration, rows []Row) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen = map[int]*seen{}
	}
	w.looks++
	var levels []float64
	sample := Sample{At: at.Seconds(), HTTP: new(int64), P2P: new(int64), Stalls: new(int64)}
	for _, r := range rows {
		*sample.HTTP += r.Bytes.HTTP
		*sample.P2P += r.Bytes.P2P
		*sample.Stalls += int64(r.Viewer.Stalls)
		if !r.Joined || r.Left {
			delete(w.seen, r.Peer)
			continue
		}
		sample.Peers++
		if r.Level != nil {
			levels = append(levels, float64(*r.Level))
		}
		w.compare(r)
	}
	w.level.add(levels)
	w.shares.add(levels)
	sample.Level = spread(levels).Mean
	w.history.add(sample)
}

// compare looks at what has changed at a peer.
func (w *lookout) compare(r Row) {
	old := w.seen[r.Peer]
	if old == nil {
		old = &seen{}
		w.seen[r.Peer] = old
	}
	if r.Tracker == "online" && old.tracker == "offline" {
		w.again++
	}
	old.tracker = r.Tracker
	if r.Engine != peer.EngineFastmesh || r.Substreams == 0 || r.Standing == "outside" {
		return
	}
	if !r.Root || r.Unfed < r.Substreams {
		w.demand += int64(r.Substreams)
		w.unfed += int64(r.Unfed)
	}
	parents := map[mesh.PeerID]int{}
	before := max(old.assigned, r.Substreams)
	for _, p := range r.Parents {
		parents[p.PeerID] = p.Substreams
		old.assigned += max(0, p.Substreams-old.parents[p.PeerID])
	}
	w.reparents += float64(max(0, old.assigned-before)) / float64(r.Substreams)
	for id := range old.parents {
		if _, still := parents[id]; !still {
			w.lost++
		}
	}
	old.parents = parents
}

// enter writes into a report what was seen.
func (w *lookout) enter(r *Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.History = w.history.samples()
	if w.looks == 0 {
		return
	}
	r.Level, r.LevelShares, r.Missing = w.level.value(), w.shares.value(), share(w.unfed, w.demand)
	r.Reconnects = &w.again
	if r.Engine != string(peer.EngineFastmesh) {
		return
	}
	r.ParentsLost = &w.lost
	if r.Departures > 0 {
		v := w.reparents / float64(r.Departures)
		r.Reparents = &v
	}
}
