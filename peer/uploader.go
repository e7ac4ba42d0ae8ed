package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"hlspeer/cache"
	"hlspeer/datachannel"
	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

var (
	errReplaced = errors.New("a new link took its place")
	errDropped  = errors.New("the link is not needed any more")
	errStuck    = fmt.Errorf("%w: none of a piece for half a minute", datachannel.ErrStalled)
)

const (
	// holdRequest is how long a REQUEST may wait for a segment to begin to
	// arrive at most.
	holdRequest = 1500 * time.Millisecond
	// maxQueued is how many REQUESTs of a child may wait (protocol 3.1).
	maxQueued = 4
	// stuckAfter is how long a remote may take nothing of a piece that it has
	// asked for. What was sent is held for it all the time, and in swarms a place
	// that others wait for.
	stuckAfter = 30 * time.Second
)

// uploader serves the REQUESTs of one link, first in first out. Segments that
// are still arriving are passed on as they come; the last attachment leaves
// when the segment has proved right.
type uploader struct {
	t      *track
	ctx    context.Context
	cancel context.CancelFunc
	sent   *atomic.Int64 // bytes of segments

	acks  atomic.Bool   // the remote says PIECE_ACK
	acked chan struct{} // it has

	mu       sync.Mutex
	queue    []datachannel.Request // the first one is being served
	serving  bool
	current  hls.SN             // what it asks for
	withdraw context.CancelFunc // ends that; nil while it is not known
}

func newUploader(ctx context.Context, cancel context.CancelFunc, t *track, sent *atomic.Int64) *uploader {
	return &uploader{t: t, ctx: ctx, cancel: cancel, sent: sent, acked: make(chan struct{}, 1)}
}

// take queues a REQUEST. One that is queued already is the same REQUEST; one
// too many is answered LACK.
func (u *uploader) take(dc *datachannel.Link, r datachannel.Request) {
	u.ack() // who asks on has what came before
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, q := range u.queue {
		if q.URL == r.URL && q.SN == r.SN {
			return
		}
	}
	if len(u.queue) > maxQueued {
		u.lack(dc, r)
		return
	}
	u.queue = append(u.queue, r)
	if !u.serving {
		u.serving = true
		u.t.work.Go(func() { u.serve(dc) })
	}
}

// serve answers what is queued and ends when nothing is left. The link waits
// for no one here: its reading goroutine goes on.
func (u *uploader) serve(dc *datachannel.Link) {
	for {
		u.mu.Lock()
		if len(u.queue) == 0 {
			u.serving = false
			u.mu.Unlock()
			return
		}
		r := u.queue[0]
		u.mu.Unlock()
		u.answer(dc, r)
		u.mu.Lock()
		u.queue = u.queue[1:]
		u.mu.Unlock()
	}
}

// forget drops what the remote has asked for and got by now from somebody else:
// it wants no answer any more. What is under way is broken off.
func (u *uploader) forget(sn datachannel.SN) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.queue) > 1 {
		waiting := slices.DeleteFunc(u.queue[1:], func(r datachannel.Request) bool { return r.SN == sn })
		u.queue = u.queue[:1+len(waiting)]
	}
	if u.withdraw != nil && u.current == hls.SN(sn) {
		u.withdraw()
	}
}

// begin lets the REQUEST that is being served be forgotten, until end is called.
func (u *uploader) begin(sn hls.SN) (ctx context.Context, end func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	ctx, u.withdraw = context.WithCancel(u.ctx)
	u.current = sn
	return ctx, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.withdraw()
		u.withdraw = nil
	}
}

// waiting is how many REQUESTs have no whole answer yet.
func (u *uploader) waiting() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.queue)
}

// answer sends the segment or LACK: no REQUEST is left unanswered.
func (u *uploader) answer(dc *datachannel.Link, r datachannel.Request) {
	seg, e, size := u.find(mesh.PeerID(dc.Remote()), r)
	if seg == nil || size > u.t.kit.cfg.Link.MaxPiece {
		u.lack(dc, r)
		return
	}
	ctx, end := u.begin(e.SN)
	defer end()
	free := u.berth(ctx, r)
	if free == nil {
		if ctx.Err() == nil {
			u.lack(dc, r)
		}
		return
	}
	defer free()
	p := datachannel.Piece{
		URL: e.name, SN: datachannel.SN(e.SN), Size: size,
		Current: u.t.newest(), Hops: u.t.ledger.hopsOf(e.SN),
	}
	src := &paced{ctx: ctx, kit: u.t.kit, seg: seg, size: p.Size, from: seg.Reader(ctx, 0, cache.Arriving)}
	src.stuck = time.AfterFunc(stuckAfter, func() { dc.Close(errStuck) })
	defer src.stuck.Stop()
	err := dc.SendPiece(ctx, p, src)
	u.sent.Add(src.sent)
	u.t.ledger.uploaded(src.sent)
	u.t.kit.metrics.uploaded(u.t.name, src.sent)
	if err != nil {
		u.t.log.Debug("piece broken off", "sn", e.SN, "to", dc.Remote(), "error", err)
	}
}

// hold is how long a REQUEST waits where segments last so long. Old clients
// want an answer within a segment's duration, the way there and back included,
// or never ask again on this link (protocol 16.12).
func hold(segment time.Duration) time.Duration {
	if segment <= 0 {
		return holdRequest
	}
	return min(holdRequest, segment*3/4)
}

// find is the segment that is asked for, once its size is known, bytes; nil
// where it is not here and not about to come. A remote's wish never makes us
// fetch; but the brain hears of it, to know what children take.
func (u *uploader) find(from mesh.PeerID, r datachannel.Request) (seg *cache.Segment, e entry, size int64) {
	ctx, cancel := context.WithTimeout(u.ctx, hold(u.t.win.duration()))
	defer cancel()
	e, ok := u.t.win.wait(ctx, r.URL, hls.SN(r.SN))
	if ok {
		u.t.hint(func() { u.t.step(mesh.Asked{From: from, SN: mesh.SN(e.SN)}) })
	}
	if !ok || !e.travels() || !u.t.awaited(e.SN) {
		return nil, e, 0
	}
	seg, err := u.t.ring.Wait(ctx, cache.SN(e.SN))
	if err != nil {
		return nil, e, 0
	}
	if size, err = seg.WaitSize(ctx); err != nil {
		return nil, e, 0
	}
	if now, ok := u.t.win.segment(e.SN); ok && now.name != e.name {
		return nil, e, 0 // the source gave the number to another one meanwhile
	}
	return seg, e, size
}

func (u *uploader) lack(dc *datachannel.Link, r datachannel.Request) {
	_ = dc.Send(datachannel.Lack{URL: r.URL, SN: r.SN, Current: datachannel.SN(u.t.position.Load())})
}

// paced keeps a piece within the uplink, which all links of the process share.
type paced struct {
	ctx  context.Context
	kit  *kit
	seg  *cache.Segment
	size int64 // announced
	from *cache.Reader
	sent int64
	// stuck runs while the link has all that it was given: then the remote is the
	// one to act.
	stuck *time.Timer
}

// offer lets so much leave from now on, bit/s.
func (k *kit) offer(bits int64) {
	k.claim.set(bits)
	k.uplink.SetLimit(rate.Limit(bits) / 8)
}

// pace waits until n bytes to a child may leave.
func (k *kit) pace(ctx context.Context, n int) error {
	k.queued.Add(1)
	defer k.queued.Add(-1)
	if err := k.uplink.WaitN(ctx, n); err != nil {
		return err
	}
	k.served.Add(int64(n))
	return nil
}

// errResized breaks a piece off: the source of our copy, and with it the size,
// turned out wrong after the piece had begun.
var errResized = errors.New("the size has changed")

var _ datachannel.WholeSource = (*paced)(nil)

// Whole implements [datachannel.WholeSource].
func (p *paced) Whole() bool { return p.seg.Sealed() }

func (p *paced) Next(n int) ([]byte, error) {
	p.stuck.Stop()
	defer p.stuck.Reset(stuckAfter)
	b, err := p.from.Next(n)
	if err != nil {
		return nil, err
	}
	if p.seg.Size() != p.size {
		return nil, errResized
	}
	if err := p.kit.pace(p.ctx, len(b)); err != nil {
		return nil, err
	}
	p.sent += int64(len(b))
	return b, nil
}
