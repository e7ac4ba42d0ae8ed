package lab

import (
	"time"

	"hlspeer/peer"
	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

// A simPeer is a peer of a [world]: a brain, and the links that it holds.
type simPeer struct {
	world *world
	id    mesh.PeerID
	index int // in world.alive
	person

	brain *mesh.Fastmesh
	alarm alarm
	links []*simLink
	offer *simLink // that the brain is deciding on

	alive   bool
	entered time.Duration // at the tracker; -1: not yet
	diedAt  time.Duration

	assigned int           // slots that ever got a parent
	movedAt  time.Duration // when the tracker last moved it
	over     time.Duration // since when it carries more than its slots; -1: it does not

	root  bool // at the last look
	level int
	seen  int // the look that counted level

	pieces *pieces // nil: topology only
}

// A person is what is drawn for a peer.
type person struct {
	uplink        signaling.BitRate
	slots         int // what the uplink can carry, in substreams
	isp, province string
	stay          time.Duration
	crashes       bool // it will not say goodbye
}

func (w *world) newPeer(who person) *simPeer {
	w.count++
	p := &simPeer{
		world: w, id: peerName(w.count), index: len(w.alive), person: who,
		alive: true, entered: -1, over: -1, movedAt: -1,
	}
	c := mesh.DefaultConfig()
	c.Substreams, c.Seed = w.config.Substreams, w.config.Seed
	c.Standby = w.config.Standby && w.planned()
	c.Uplink, c.Climb = mesh.BitRate(who.uplink), w.config.Climb && who.uplink > 0
	if who.uplink == 0 {
		c.MaxChildren = 0
	}
	p.brain = mesh.NewFastmesh(c)
	w.peers[p.id] = p
	w.alive = append(w.alive, p)
	return p
}

// step feeds the brain and carries out what it says. What follows from that
// comes later, as moments of their own.
func (p *simPeer) step(ev mesh.Event) {
	if !p.alive {
		return
	}
	do, wake := p.brain.Step(p.world.now(), ev)
	for _, a := range do {
		p.perform(a)
	}
	p.world.wake(&p.alarm, wake, func() { p.step(mesh.Tick{}) })
}

// perform carries out one action. Those that it does not know, it ignores.
func (p *simPeer) perform(a mesh.Action) {
	switch a := a.(type) {
	case mesh.AskParent:
		p.askParent(a)
	case mesh.AskOrigin:
		p.askOrigin(a)
	case mesh.GiveUp:
		p.giveUp(a.SN)
	case mesh.Dial:
		p.dial(a.Peer)
	case mesh.Accept:
		p.accept()
	case mesh.Drop:
		p.drop(a.Peer)
	case mesh.ReportOpened:
		p.opened(a)
	case mesh.SendTransition:
		p.send(a.Peer, mesh.TransitionAsked{From: p.id, Origin: a.Origin, Uplink: a.Uplink, TTL: a.TTL, SourceTTL: a.SourceTTL})
	case mesh.SendGrant:
		p.send(a.Peer, mesh.Granted{From: p.id, Granter: a.Granter, To: a.To, Level: a.Level, TTL: a.TTL, Parents: a.Parents})
	case mesh.Displace:
		p.displace(a)
	default:
		p.say(a)
	}
}

// say tells the tracker what an action asks for, if that is for the tracker.
func (p *simPeer) say(a mesh.Action) {
	if m := peer.Said(p.id, a); m != nil {
		p.tell(m)
	}
}

// opened notes how many slots a parent fills from now on.
func (p *simPeer) opened(a mesh.ReportOpened) {
	p.say(a)
	l := p.link(a.Parent)
	if l == nil || l.child != p {
		return
	}
	if more := a.Substreams - l.substreams; more > 0 {
		before := max(p.assigned, p.world.config.Substreams)
		p.assigned += more
		p.world.figures.moved += p.world.ifMeasured(p.assigned - before)
	}
	if l.substreams != a.Substreams {
		l.substreams, l.since = a.Substreams, p.world.now()
	}
	p.world.checkCycle(p)
}

// die ends a peer. Others learn of it when it says so, or when they miss it.
func (p *simPeer) die() {
	w := p.world
	p.alive, p.diedAt = false, w.now()
	last := w.alive[len(w.alive)-1]
	w.alive[p.index], last.index = last, p.index
	w.alive = w.alive[:len(w.alive)-1]
	w.figures.departed += w.ifMeasured(1)
	notice := leaveDelay
	if p.crashes {
		notice = crashDelay
	}
	for _, l := range p.links {
		l.lose(p, notice, p.crashes)
	}
	w.after(notice, func() {
		delete(w.peers, p.id)
		w.left(p)
	})
}
