package peer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

// link is one remote peer of a track. Its handler methods are called by the
// data channel; they pass control to the loop and leave bytes where they are.
type link struct {
	t     *track
	peer  mesh.PeerID
	child bool // the remote dialled us, as our child; places may have changed since
	dc    *datachannel.Link

	expect expectations
	up     *uploader
	gate   floodgate
	opened time.Time   // loop; zero until open
	why    mesh.Reason // loop; the brain's for dropping it, "": it has not

	received, sent atomic.Int64 // bytes of segments
}

var _ datachannel.Handler = (*link)(nil)

func (t *track) newLink(peer mesh.PeerID, child bool) *link {
	ctx, cancel := context.WithCancel(t.ctx)
	l := &link{t: t, peer: peer, child: child, gate: newFloodgate()}
	l.up = newUploader(ctx, cancel, t, &l.sent)
	return l
}

// dial makes a link on which we are the child.
func (t *track) dial(peer mesh.PeerID) {
	l := t.newLink(peer, false)
	dc, err := t.kit.host.Offer(datachannel.PeerID(peer), t.signalTo(peer), l)
	t.enter(l, dc, err)
}

// accept answers an offer; the remote becomes our child.
func (t *track) accept(peer mesh.PeerID) {
	if old := t.links[peer]; old != nil {
		delete(t.links, peer)
		old.dc.Close(errReplaced)
	}
	l := t.newLink(peer, true)
	dc, err := t.kit.host.Answer(datachannel.PeerID(peer), t.offers[peer], t.signalTo(peer), l)
	t.enter(l, dc, err)
}

func (t *track) enter(l *link, dc *datachannel.Link, err error) {
	if err != nil {
		l.up.cancel()
		t.log.Debug("no link", "peer", l.peer, "error", err)
		t.step(mesh.LinkDown{Peer: l.peer, Failed: true})
		return
	}
	l.dc = dc
	t.links[l.peer] = l
	t.connects.Begun++
	t.work.Go(func() { <-dc.Done() })
}

// signalTo sends a link's signals through the relay. A signal that cannot be
// sent is lost: the link then runs into its timeout.
func (t *track) signalTo(peer mesh.PeerID) datachannel.SignalFunc {
	client := t.session.client
	return func(data []byte) {
		if err := client.Signal(signaling.PeerID(peer), data); err != nil {
			t.log.Debug("signal not sent", "peer", peer, "error", err)
		}
	}
}

// drop closes a link on the brain's order.
func (t *track) drop(peer mesh.PeerID, why mesh.Reason) {
	l := t.links[peer]
	if l == nil {
		return
	}
	t.log.Debug("link dropped", "peer", peer, "reason", why)
	t.kit.metrics.dropped.WithLabelValues(t.name, string(why)).Inc()
	delete(t.links, peer)
	l.why = why
	t.blame(peer, why)
	l.dc.Close(errDropped)
}

// Opened tells the loop that the link can be used.
func (l *link) Opened(*datachannel.Link) {
	l.t.post(func() {
		if l.t.links[l.peer] != l {
			return
		}
		l.opened = time.Now()
		l.t.connects.Opened++
		l.t.log.Debug("link open", "peer", l.peer, "child", l.child)
		l.tell("open", nil)
		if l.t.swarms() {
			l.t.send(l.peer, l.t.bitfield())
		}
		l.t.reportSoon()
		l.t.step(mesh.LinkUp{Peer: l.peer, Child: l.child})
	})
}

// Closed tells the loop that the link has ended.
func (l *link) Closed(_ *datachannel.Link, cause error) {
	l.tell("closed", cause)
	l.up.cancel()
	if errors.Is(cause, datachannel.ErrMisbehaved) || errors.Is(cause, datachannel.ErrStalled) { // answers to a burst pile up
		l.t.ignored(linkClosed)
	}
	l.t.post(func() {
		if l.opened.IsZero() {
			l.t.connects.unopened(cause, l.why)
		}
		if l.t.links[l.peer] != l {
			return
		}
		delete(l.t.links, l.peer)
		l.t.reportSoon()
		l.t.log.Debug("link closed", "peer", l.peer, "child", l.child, "cause", cause)
		l.t.step(mesh.LinkDown{Peer: l.peer, Failed: !datachannel.Deliberate(cause)})
	})
}

// Message takes a control message.
func (l *link) Message(dc *datachannel.Link, m datachannel.Message) {
	if l.floods(dc, m, time.Now()) {
		return
	}
	switch m := m.(type) {
	case datachannel.Request:
		l.up.take(dc, m)
	case datachannel.Lack:
		switch a, late := l.expect.lacked(m.URL); {
		case a != nil:
			l.t.post(func() { l.t.lacked(a) })
		case !late:
			l.t.ignored(string(mesh.NotAsked))
		}
	case datachannel.Keepalive:
		_ = dc.Send(datachannel.KeepaliveAck{Current: l.t.newest()})
		l.told(m.Current)
	case datachannel.KeepaliveAck:
		// We never begin with KEEPALIVE.
		l.t.ignored(string(mesh.NotAsked))
	case datachannel.Have:
		l.up.forget(m.SN)
		l.inform(m)
	case datachannel.Polluted:
		l.warned(m)
	case datachannel.PieceAck:
		l.up.ack()
	case datachannel.Ping:
		_ = dc.Send(datachannel.Pong{})
	case datachannel.Pong:
		// We never begin with PING.
		l.t.ignored(string(mesh.NotAsked))
	default:
		l.inform(m)
	}
}

// inform tells the brain of a message that is for it.
func (l *link) inform(m datachannel.Message) {
	var ev mesh.Event
	if l.t.swarms() {
		ev = l.gossip(m)
	} else {
		ev = l.climbing(m)
	}
	if ev == nil {
		return
	}
	l.t.post(func() {
		if l.t.links[l.peer] != l {
			return
		}
		if _, ok := ev.(mesh.Holds); ok {
			l.greeted()
		}
		l.t.step(ev)
	})
}

// Piece begins a transfer. A piece that nobody asked for is a strike; one that
// comes too late is not.
func (l *link) Piece(dc *datachannel.Link, p datachannel.Piece) datachannel.Sink {
	sink := l.piece(dc, p)
	if l.t.swarms() {
		return &acking{sink, dc, p}
	}
	return sink
}

func (l *link) piece(dc *datachannel.Link, p datachannel.Piece) datachannel.Sink {
	a, late := l.expect.take(p.URL)
	if a == nil {
		if !late {
			dc.Strike(datachannel.Unasked)
		}
		return nil
	}
	l.told(p.Current)
	a.hops = p.Hops + 1
	l.t.ledger.setHops(a.sn, a.hops)
	if err := a.SetSize(p.Size); err != nil {
		a.Finish(err)
		return nil
	}
	l.t.post(func() { l.t.beginAudit(a) })
	return a
}

// told takes the remote's word about its newest segment. Some do not give it.
func (l *link) told(theirs datachannel.SN) {
	ours := l.t.newest()
	if theirs == datachannel.NoSN || ours == datachannel.NoSN {
		return
	}
	l.t.hint(func() {
		if l.t.links[l.peer] == l {
			l.t.step(mesh.Newest{From: l.peer, Theirs: mesh.SN(theirs), Ours: mesh.SN(ours)})
		}
	})
}

// Silent tells the loop whether anything comes over the link.
func (l *link) Silent(_ *datachannel.Link, silent bool) {
	l.t.post(func() {
		switch {
		case l.t.links[l.peer] != l:
		case silent:
			l.t.step(mesh.Silent{Peer: l.peer})
		default:
			l.t.step(mesh.Heard{Peer: l.peer})
		}
	})
}

// Struck counts what the data channel did not heed.
func (l *link) Struck(_ *datachannel.Link, v datachannel.Violation) { l.t.ignored(string(v)) }

// lacked takes a LACK.
func (t *track) lacked(a *attempt) {
	if f := t.fills[a.sn]; f != nil && f.try == a {
		f.story.Why, a.fault = string(mesh.Lack), mesh.Lack
		t.step(mesh.Lacked{SN: mesh.SN(a.sn), From: a.from})
	}
}

// request asks the remote for a segment.
func (l *link) request(e entry, a *attempt, urgent bool) {
	l.expect.add(e.name, a)
	m := datachannel.Request{URL: e.name, SN: datachannel.SN(e.SN), BitRate: int64(l.t.rate.bits()), Urgent: urgent}
	if err := l.dc.Send(m); err != nil {
		l.t.step(mesh.Failed{SN: mesh.SN(e.SN), From: l.peer, Reason: mesh.LinkLost})
	}
}

// lateFor is how long after its request a piece may still come (protocol 3.2).
const lateFor = time.Minute

// expectations are the requests of a link that have no answer yet, by their url.
// Safe for concurrent use.
type expectations struct {
	mu   sync.Mutex
	open map[string]*attempt
	past map[string]time.Time // answered or given up
}

func (e *expectations) add(url string, a *attempt) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open == nil {
		e.open, e.past = map[string]*attempt{}, map[string]time.Time{}
	}
	e.open[url] = a
	for u, at := range e.past {
		if time.Since(at) > lateFor {
			delete(e.past, u)
		}
	}
}

// late says that nobody waits for url any more.
func (e *expectations) late(url string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.open[url]; ok {
		delete(e.open, url)
		e.past[url] = time.Now()
	}
}

// take is the attempt that a piece answers. Without one, late says whether the
// piece had been asked for lately.
func (e *expectations) take(url string) (a *attempt, late bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if a = e.open[url]; a != nil {
		delete(e.open, url)
		e.past[url] = time.Now()
		return a, false
	}
	at, ok := e.past[url]
	return nil, ok && time.Since(at) <= lateFor
}

// lacked is the attempt that a LACK answers: by URL, or the only one there is,
// since remotes may escape differently (protocol 3.3). Without one, late says
// the same as in take.
func (e *expectations) lacked(url string) (a *attempt, late bool) {
	a, late = e.take(url)
	if a != nil || late {
		return a, late
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.open) != 1 {
		return nil, false
	}
	for u, only := range e.open {
		delete(e.open, u)
		e.past[u] = time.Now()
		a = only
	}
	return a, false
}
