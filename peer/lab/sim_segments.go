package lab

import (
	"time"

	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

const (
	// segmentTime is T of the mesh notes.
	segmentTime = 4 * time.Second
	// holdTime is how long a parent keeps a request for what it does not have.
	holdTime = 1500 * time.Millisecond
	// httpLeast and httpMore make the time of the HTTP source: so long at least,
	// and so much more on average.
	httpLeast = 150 * time.Millisecond
	httpMore  = 150 * time.Millisecond
	// kept is how many segments a peer remembers.
	kept = 32

	segmentBytes = streamRate / 8 * int64(segmentTime/time.Second)
)

// segmentStats count what all peers got.
type segmentStats struct {
	http, p2p, late, lost int64
	lateTime              time.Duration
	requests              int64 // at the HTTP source
}

// tally counts one, once figures count.
func (w *world) tally(n *int64) {
	if w.measured() {
		*n++
	}
}

// pieces are a peer's latest segments.
type pieces struct {
	ring   [kept]piece
	behind time.Duration // its playhead, after the listing of a segment

	source, p2p int64 // bytes since the last report
}

// A piece is a segment at a peer.
type piece struct {
	sn      mesh.SN
	wanted  bool // the brain was told to get it
	begun   bool // bytes are there
	done    bool // all of them
	attempt int  // what belongs to an earlier one comes to nothing
	since   time.Duration
	playAt  time.Duration
	waiting []request
}

// A request is a child's that waits for what its parent has not got yet.
type request struct {
	link    *simLink
	attempt int // of the child
}

func (w *world) httpTime() time.Duration {
	return httpLeast + time.Duration(w.chance.ExpFloat64()*float64(httpMore))
}

// piece finds the place of a segment; nil if it is too old.
func (p *simPeer) piece(sn mesh.SN) *piece {
	c := &p.pieces.ring[sn%kept]
	if c.sn == sn {
		return c
	}
	if c.sn > sn {
		return nil
	}
	if old := *c; old.wanted && !old.done {
		p.world.after(0, func() { p.step(mesh.Unwanted{SN: old.sn}) })
	}
	*c = piece{sn: sn, attempt: c.attempt + 1}
	return c
}

// watch makes p play, from the newest segment on.
func (p *simPeer) watch() {
	p.pieces = &pieces{behind: p.world.between(2*segmentTime, 3*segmentTime)}
	p.poll(mesh.SN(p.world.now()/segmentTime) + 1)
}

// poll finds segment sn listed, and comes back for the next one. The first
// segment is number 1, listed at the time 0.
func (p *simPeer) poll(sn mesh.SN) {
	if !p.alive {
		return
	}
	w, listed := p.world, time.Duration(sn-1)*segmentTime
	if c := p.piece(sn); c != nil {
		c.wanted, c.playAt = true, listed+p.pieces.behind
		p.step(mesh.Wanted{SN: sn, Duration: segmentTime, PlayAt: c.playAt})
	}
	w.queue.add(listed+segmentTime+w.between(0, segmentTime/4), func() { p.poll(sn + 1) })
}

// askOrigin fetches a segment by HTTP.
func (p *simPeer) askOrigin(a mesh.AskOrigin) {
	c := p.piece(a.SN)
	if c == nil {
		return
	}
	w, took := p.world, p.world.httpTime()
	c.attempt++
	attempt := c.attempt
	w.after(a.Delay, func() {
		if c.attempt == attempt && p.alive {
			c.since = w.now()
			w.tally(&w.stats.requests)
		}
	})
	w.after(a.Delay+took/2, func() { p.begins(c, attempt) })
	w.after(a.Delay+took, func() { p.completes(c, attempt, nil) })
}

// askParent sends a request to a parent. One that is gone does not answer.
func (p *simPeer) askParent(a mesh.AskParent) {
	c := p.piece(a.SN)
	if c == nil {
		return
	}
	w := p.world
	c.attempt++
	c.since = w.now()
	attempt := c.attempt
	l := p.link(a.Peer)
	switch {
	case l == nil || !l.open || l.child != p:
		w.after(0, func() { p.step(mesh.Failed{SN: a.SN, From: a.Peer, Reason: mesh.LinkLost}) })
		return
	case !l.live():
		return
	}
	w.after(hopDelay, func() { l.parent.step(mesh.Asked{From: p.id, SN: a.SN}) })
	lacks := func() {
		if c.sn == a.SN && c.attempt == attempt && l.live() {
			p.step(mesh.Lacked{SN: a.SN, From: a.Peer})
		}
	}
	from := l.parent.piece(a.SN)
	switch {
	case from == nil:
		w.after(hopDelay, lacks)
	case from.done:
		w.after(hopDelay, func() { p.completes(c, attempt, l) })
	default:
		from.waiting = append(from.waiting, request{l, attempt})
		if from.begun {
			w.after(hopDelay, func() { p.begins(c, attempt) })
			return
		}
		w.after(holdTime, func() {
			if from.sn == a.SN && !from.begun && !from.done {
				lacks()
			}
		})
	}
}

// begins says that the first bytes are there. Children get them at once.
func (p *simPeer) begins(c *piece, attempt int) {
	if !p.alive || c.attempt != attempt || c.done {
		return
	}
	first := !c.begun
	c.begun = true
	p.step(mesh.Progress{SN: c.sn, Bytes: 1, Size: segmentBytes})
	if !first {
		return
	}
	p.pass(c, func(child *simPeer, r request) {
		if at := child.piece(c.sn); at != nil {
			child.begins(at, r.attempt)
		}
	})
}

// completes says that a segment is there, over a link or from the HTTP source.
func (p *simPeer) completes(c *piece, attempt int, over *simLink) {
	if !p.alive || c.attempt != attempt || c.done || over != nil && (over.closed || !over.parent.alive) {
		return
	}
	w := p.world
	c.begun, c.done = true, true
	if late := w.now() - c.playAt; late > 0 {
		w.tally(&w.stats.late)
		if w.measured() {
			w.stats.lateTime += late
		}
	}
	ev := mesh.Arrived{SN: c.sn, Bytes: segmentBytes, Took: w.now() - c.since}
	if over == nil {
		w.tally(&w.stats.http)
		p.pieces.source += segmentBytes
	} else {
		ev.From = over.parent.id
		w.tally(&w.stats.p2p)
		p.pieces.p2p += segmentBytes
	}
	p.step(ev)
	p.pass(c, func(child *simPeer, r request) {
		if at := child.piece(c.sn); at != nil {
			child.completes(at, r.attempt, r.link)
		}
	})
	c.waiting = nil
}

// pass tells the children that wait for a segment, one hop later.
func (p *simPeer) pass(c *piece, tell func(child *simPeer, r request)) {
	for _, r := range c.waiting {
		if r.link.live() {
			p.world.after(hopDelay, func() { tell(r.link.child, r) })
		}
	}
}

func (p *simPeer) giveUp(sn mesh.SN) {
	p.world.tally(&p.world.stats.lost)
	if c := p.piece(sn); c != nil {
		c.attempt++
	}
}

// report sends statistics (protocol 4.8).
func (p *simPeer) report() {
	if !p.alive {
		return
	}
	p.tell(signaling.Statistics{Source: p.pieces.source / 1024, P2P: p.pieces.p2p / 1024})
	p.pieces.source, p.pieces.p2p = 0, 0
	p.world.after(reportSpan, p.report)
}
