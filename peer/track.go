package peer

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hlspeer/cache"
	"hlspeer/datachannel"
	"hlspeer/hls"
	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

// track is one media playlist and all that P2P is about: its window, its ring,
// its brain and the loop that carries the brain's actions out.
//
// Everything below "loop" belongs to the goroutine of [track.run]; others
// reach it with post.
type track struct {
	name string // for logs and status: the channel's, and the rendition's
	room string // identity at the tracker
	kit  *kit
	log  *slog.Logger

	list   *poller
	win    *window
	ring   *cache.Ring
	doors  doors // into the ring
	ledger *ledger

	inbox chan func()
	ended chan struct{} // closed when the loop has ended
	began time.Time
	work  sync.WaitGroup // goroutines of run

	ahead    atomic.Int64                    // segments from here on will be fetched ahead
	position atomic.Int64                    // sn under the playhead, -1 before playback
	intro    atomic.Pointer[signaling.Enter] // what to say at the tracker next time
	claimed  atomic.Int64                    // bit/s of uplink, as last said there
	bits     atomic.Int64                    // bit/s of the stream, 0 while unknown
	sharing  atomic.Bool                     // as shares says
	versus   comparison

	// loop
	ctx       context.Context
	brain     mesh.Engine
	plan      planLog    // of the brain
	engine    EngineKind // "" before the first playlist
	held      holdings   // what the swarm has been told of
	queue     []mesh.Event
	stepping  bool
	deciding  mesh.Event // what its actions are about; nil between two steps
	wake      time.Duration
	fills     map[hls.SN]*fill
	backlog   []hls.SN // to be fetched ahead, one after another
	head      playhead
	private   bool  // nothing of it is for other peers; set before run
	reused    bool  // the source has given other bytes to numbers that were taken
	visit     visit // until it is chosen
	chosen    bool  // a player stays with it, or it is all there is
	live      bool
	alert     alert         // of those who got a false segment from us
	shareable bool          // segments of this kind may travel between peers
	segment   time.Duration // newest segment's duration
	level     int           // hops from the source, as the brain knows
	rate      rateMeter
	links     map[mesh.PeerID]*link
	connects  ConnectStatus
	offers    map[mesh.PeerID][]byte
	knocks    pace // of offers
	session   session
}

func newTrack(k *kit, name, room string, list *poller, log *slog.Logger) *track {
	ring := cache.NewRing(k.budget, k.cfg.MaxSegment)
	t := &track{
		name: name, room: room, kit: k, log: log,
		list: list, win: newWindow(ring), ring: ring, doors: newDoors(), ledger: &ledger{},
		inbox: make(chan func(), 256), ended: make(chan struct{}), began: time.Now(),
		wake: mesh.Never, session: newSession(), fills: map[hls.SN]*fill{},
		links: map[mesh.PeerID]*link{}, offers: map[mesh.PeerID][]byte{}, knocks: offerPace,
	}
	t.position.Store(-1)
	t.brain = t.newBrain()
	return t
}

// now is the engine's time.
func (t *track) now() time.Duration { return time.Since(t.began) }

// post hands f to the loop; false when the loop has ended. It may be called
// from any goroutine but the loop's own.
func (t *track) post(f func()) bool {
	select {
	case t.inbox <- f:
		return true
	case <-t.ended:
		return false
	}
}

// hint is post for what may be lost when the loop is busy; false: it is.
func (t *track) hint(f func()) bool {
	select {
	case t.inbox <- f:
		return true
	default:
		return false
	}
}

// query runs f in the loop and waits for it; false when the loop has ended.
func (t *track) query(f func()) bool {
	done := make(chan struct{})
	if !t.post(func() { f(); close(done) }) {
		return false
	}
	select {
	case <-done:
		return true
	case <-t.ended:
		return false
	}
}

// run polls the playlist, joins the mesh and serves until ctx ends. All
// goroutines of the track have ended when it returns.
func (t *track) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	t.ctx = ctx
	t.work.Go(func() { t.list.run(ctx) })
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(t.sleep())
		select {
		case f := <-t.inbox:
			f()
		case m := <-t.list.fresh:
			t.listed(m)
		case ev, ok := <-t.session.events:
			t.signaled(ev, ok)
		case <-timer.C:
		case <-ctx.Done():
			t.stop(cancel)
			return
		}
		t.due()
	}
}

// sleep is the time until something is due.
func (t *track) sleep() time.Duration {
	next := min(t.wake, t.session.nextReport(), t.session.joinBy, t.session.testAt)
	if next == mesh.Never {
		return time.Hour
	}
	return max(0, next-t.now())
}

// due does what the clock asks for.
func (t *track) due() {
	now := t.now()
	if now >= t.wake {
		t.step(mesh.Tick{})
	}
	if now >= t.session.joinBy {
		t.join()
	}
	if now >= t.session.nextReport() {
		t.report()
	}
	if now >= t.session.testAt {
		t.testSpeed()
	}
	t.tellLost()
}

// stop closes what is open, in the order in which others see it: links first,
// then the tracker, then the segments that players wait for.
func (t *track) stop(cancel context.CancelFunc) {
	for id, l := range t.links {
		delete(t.links, id)
		l.dc.Close(errStopping)
	}
	t.report()
	cancel()
	t.session.leave()
	close(t.ended)
	t.ring.Close()
	t.session.drain()
	t.work.Wait()
}

// step feeds the brain and carries out what it says. Events that come up while
// doing so are queued, so that each is decided on its own.
func (t *track) step(ev mesh.Event) {
	t.queue = append(t.queue, ev)
	if t.stepping {
		return
	}
	t.stepping = true
	for len(t.queue) > 0 {
		next := t.queue[0]
		t.queue = t.queue[1:]
		var do []mesh.Action
		t.deciding = next
		now := t.now()
		do, t.wake = t.brain.Step(now, next)
		t.plan.note(now, next, do)
		for _, a := range do {
			t.perform(a)
		}
	}
	t.queue, t.stepping, t.deciding = nil, false, nil
}

// perform carries out one action.
func (t *track) perform(a mesh.Action) {
	switch a := a.(type) {
	case mesh.AskParent:
		t.askParent(hls.SN(a.SN), a.Peer, a.Urgent)
	case mesh.AskOrigin:
		t.askOrigin(hls.SN(a.SN), a.Delay)
	case mesh.AskTail:
		t.askTail(hls.SN(a.SN), a.From)
	case mesh.Fetch:
		t.fetchFor(a.SN)
	case mesh.GetPeers:
		t.tell(signaling.GetPeers{})
	case mesh.GiveUp:
		t.giveUp(hls.SN(a.SN), a.Reason)
	case mesh.Dial:
		t.dial(a.Peer)
	case mesh.Accept:
		t.accept(a.Peer)
	case mesh.Refuse:
		t.log.Debug("offer refused", "peer", a.Peer, "reason", a.Reason)
	case mesh.Drop:
		t.drop(a.Peer, a.Reason)
	case mesh.Ignored:
		t.log.Debug("message ignored", "from", a.From, "reason", a.What)
		t.ignored(string(a.What))
	case mesh.Displace:
		t.send(a.Peer, datachannel.Displace{Substreams: a.Substreams})
	case mesh.SendTransition:
		t.send(a.Peer, transitionOf(a))
	case mesh.SendGrant:
		t.send(a.Peer, grantOf(a))
	default:
		t.tell(Said(mesh.PeerID(t.session.self), a))
	}
}

// newest is the highest sn that is here whole, for PIECE and KEEPALIVE.
func (t *track) newest() datachannel.SN {
	if sn, ok := t.ring.Newest(); ok {
		return datachannel.SN(sn)
	}
	return datachannel.NoSN
}

// awaited says whether sn is here or will be without anybody asking.
func (t *track) awaited(sn hls.SN) bool {
	return int64(sn) >= t.ahead.Load() || t.ring.Lookup(cache.SN(sn)) != nil
}
