package peer

import (
	"context"
	"slices"
	"sync"
	"time"

	"hlspeer/datachannel"
)

const (
	// maxBerths is how many pieces leave at once for swarms, whatever the uplink.
	maxBerths = 16
	// berthWait is how long a REQUEST waits for one. Peers that ask expect the
	// first byte within 2.5 s.
	berthWait = 2 * time.Second
	// ackWait is how long a berth is kept for a PIECE_ACK (protocol 7.10).
	ackWait = 3 * time.Second
)

// berths are the places for pieces that leave to peers of swarms: as many at
// once as the uplink carries at the stream's rate, so that each of them comes in
// time. Places go to those in need first: requests for what is about to be
// played. They are shared by all links of the process and safe for concurrent
// use.
type berths struct {
	mu    sync.Mutex
	taken int
	queue []*berthing // the next one first
}

// berthing is a request that waits for a berth.
type berthing struct {
	urgent bool
	limit  int // berths there are for its stream
	ready  chan struct{}
}

// take waits for a berth; false if none is free in time.
func (b *berths) take(ctx context.Context, urgent bool, limit int) bool {
	w := &berthing{urgent: urgent, limit: limit, ready: make(chan struct{})}
	b.mu.Lock()
	b.enter(w)
	b.assign()
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, berthWait)
	defer cancel()
	select {
	case <-w.ready:
		return true
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.queue, w)
	if i < 0 {
		return true // at the last moment
	}
	b.queue = slices.Delete(b.queue, i, i+1)
	return false
}

// enter puts w behind its equals. The caller holds b.mu.
func (b *berths) enter(w *berthing) {
	at := len(b.queue)
	if w.urgent {
		if i := slices.IndexFunc(b.queue, func(o *berthing) bool { return !o.urgent }); i >= 0 {
			at = i
		}
	}
	b.queue = slices.Insert(b.queue, at, w)
}

// assign gives free berths away. The caller holds b.mu.
func (b *berths) assign() {
	for len(b.queue) > 0 && b.taken < b.queue[0].limit {
		close(b.queue[0].ready)
		b.queue = b.queue[1:]
		b.taken++
	}
}

// free gives a berth back.
func (b *berths) free() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken--
	b.assign()
}

// berths is how many pieces of this track may leave at once.
func (t *track) berths() int {
	stream := t.bits.Load()
	if stream == 0 {
		return maxBerths
	}
	return int(min(max(1, t.kit.claim.offer()/stream), maxBerths))
}

// berth waits until a piece may leave to a peer of a swarm; free is nil where
// that took too long. In fastmesh places are given away by the tracker.
func (u *uploader) berth(ctx context.Context, r datachannel.Request) (free func()) {
	switch {
	case !u.t.swarms():
		return func() {}
	case !u.t.gives() || !u.t.kit.berths.take(ctx, r.Urgent, u.t.berths()):
		return nil
	}
	select {
	case <-u.acked: // of the piece before, too late
	default:
	}
	return func() {
		u.awaitAck(ctx)
		u.t.kit.berths.free()
	}
}

// awaitAck waits until the remote has the piece, if it is one that says so.
func (u *uploader) awaitAck(ctx context.Context) {
	if !u.acks.Load() {
		return
	}
	timer := time.NewTimer(ackWait)
	defer timer.Stop()
	select {
	case <-u.acked:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// ack takes a PIECE_ACK.
func (u *uploader) ack() {
	select {
	case u.acked <- struct{}{}:
	default:
	}
}
