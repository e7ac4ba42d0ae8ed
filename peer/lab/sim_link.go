package lab

import (
	"hash/fnv"
	"slices"
	"time"

	"hlspeer/peer/mesh"
)

// The delays of mesh 4.
const (
	// signalDelay is the way to the tracker or back: asking it takes twice as
	// long, and so does a signal that it relays.
	signalDelay = 150 * time.Millisecond
	// connectLeast and connectMost bound the time from an accepted offer to an
	// open link.
	connectLeast = 500 * time.Millisecond
	connectMost  = 1500 * time.Millisecond
	// connectFails is how long it takes to see that a link cannot be made.
	connectFails = 4 * time.Second
	// hopDelay is the way over a link.
	hopDelay = 57 * time.Millisecond
	// leaveDelay and crashDelay are after what time others notice that a peer
	// has left, or is just gone.
	leaveDelay = 200 * time.Millisecond
	crashDelay = 8 * time.Second
	// silentLeast and silentMost bound the time after which a link is seen to be
	// silent.
	silentLeast = 2 * time.Second
	silentMost  = 3 * time.Second
)

// A simLink is a data channel between two peers. Both hold it while they think
// that it exists.
type simLink struct {
	world         *world
	child, parent *simPeer

	open       bool
	closed     bool
	substreams int           // that the child says the parent fills
	since      time.Duration // so many
}

// live says whether bytes can flow.
func (l *simLink) live() bool { return l.open && !l.closed && l.child.alive && l.parent.alive }

// other is the peer at the far end.
func (l *simLink) other(p *simPeer) *simPeer {
	if l.child == p {
		return l.parent
	}
	return l.child
}

// link is the link that p holds with a peer, or nil.
func (p *simPeer) link(peer mesh.PeerID) *simLink {
	for _, l := range p.links {
		if l.other(p).id == peer {
			return l
		}
	}
	return nil
}

func (p *simPeer) holds(l *simLink) bool { return slices.Contains(p.links, l) }

func (p *simPeer) forget(l *simLink) {
	p.links = slices.DeleteFunc(p.links, func(x *simLink) bool { return x == l })
}

// dial sends an offer through the relay. A peer that is gone without the relay
// knowing does not answer.
func (p *simPeer) dial(peer mesh.PeerID) {
	w := p.world
	q := w.peers[peer]
	if q == nil {
		w.after(2*signalDelay, func() { p.step(mesh.Unreachable{Peer: peer}) })
		return
	}
	if old := p.link(peer); old != nil {
		p.end(old)
	}
	l := &simLink{world: w, child: p, parent: q}
	p.links = append(p.links, l)
	w.after(2*signalDelay, func() {
		q.offer = l
		q.step(mesh.Offered{Peer: p.id})
		q.offer = nil
	})
}

// accept answers the offer in hand.
func (p *simPeer) accept() {
	l := p.offer
	if l == nil {
		return
	}
	if old := p.link(l.child.id); old != nil {
		p.end(old)
	}
	p.links = append(p.links, l)
	w := p.world
	if w.cannotConnect(l.child, l.parent) {
		w.after(connectFails-2*signalDelay, func() {
			l.closed = true
			l.down(l.child, true)
			l.down(l.parent, true)
		})
		return
	}
	w.after(w.between(connectLeast, connectMost), l.connected)
}

// send carries a message over the link to a peer.
func (p *simPeer) send(peer mesh.PeerID, ev mesh.Event) {
	if l := p.link(peer); l != nil && l.live() {
		q := l.other(p)
		p.world.after(hopDelay, func() {
			if q.holds(l) {
				q.step(ev)
			}
		})
	}
}

// displace turns a link round: the parent becomes the child.
func (p *simPeer) displace(a mesh.Displace) {
	if l := p.link(a.Peer); l != nil && l.child == p {
		p.send(a.Peer, mesh.Displaced{From: p.id, Substreams: a.Substreams})
		l.child, l.parent = l.parent, l.child
		l.substreams, l.since = a.Substreams, p.world.now()
		p.world.figures.moved += p.world.ifMeasured(a.Substreams)
	}
}

func (l *simLink) connected() {
	if l.closed || !l.child.alive || !l.parent.alive {
		return
	}
	l.open = true
	l.child.step(mesh.LinkUp{Peer: l.parent.id})
	l.parent.step(mesh.LinkUp{Peer: l.child.id, Child: true})
}

// drop closes a link on the brain's order.
func (p *simPeer) drop(peer mesh.PeerID) {
	if l := p.link(peer); l != nil {
		p.end(l)
	}
}

// end closes a link from p's side. The other learns of it soon.
func (p *simPeer) end(l *simLink) {
	p.forget(l)
	l.lose(p, hopDelay, false)
}

// lose closes a link of which the other side learns after some time. Of one
// that was not open yet, it learns only if it was closed on purpose.
func (l *simLink) lose(by *simPeer, notice time.Duration, crashed bool) {
	l.closed = true
	if crashed && !l.open {
		return
	}
	l.world.after(notice, func() { l.down(l.other(by), crashed) })
	if crashed {
		l.world.after(l.world.between(silentLeast, silentMost), func() { l.hush(l.other(by)) })
	}
}

// hush tells one side that nothing comes any more.
func (l *simLink) hush(at *simPeer) {
	if at.holds(l) {
		at.step(mesh.Silent{Peer: l.other(at).id})
	}
}

// down tells one side that the link has ended.
func (l *simLink) down(at *simPeer, failed bool) {
	if !at.holds(l) {
		return
	}
	at.forget(l)
	at.step(mesh.LinkDown{Peer: l.other(at).id, Failed: failed})
}

// The part of all pairs that cannot connect, and how places change it.
const (
	pairFails    = 0.10
	withinISP    = 0.8
	acrossISPs   = 1.5
	fateFraction = 1.0 / (1 << 53)
)

// cannotConnect is the same for a pair whenever it tries.
func (w *world) cannotConnect(a, b *simPeer) bool {
	first, second := min(a.id, b.id), max(a.id, b.id)
	h := fnv.New64a()
	_, _ = h.Write([]byte(first + "-" + second))
	// The hash of short texts is uneven in its high bits: mix it.
	mixed := (h.Sum64() ^ w.config.Seed) * 0x9E3779B97F4A7C15
	mixed = (mixed ^ mixed>>29) * 0xBF58476D1CE4E5B9
	chance := float64((mixed^mixed>>32)>>11) * fateFraction
	limit := w.config.PairFails * acrossISPs
	if a.isp == b.isp {
		limit = w.config.PairFails * withinISP
	}
	return chance < limit
}
