package mesh

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// swarm is several engines on one virtual clock, with links between them and
// a scheduler that plans nothing: it passes requests to adopt on, and keeps
// account of the links that are reported. Each engine's promises are checked at
// each step.
type swarm struct {
	now    time.Duration
	mail   []letter // by time
	peers  map[PeerID]*checker
	fault  error                         // the first broken promise
	asks   func(self PeerID) []Candidate // answer to get-parents
	also   func(self PeerID, a Action)   // hears of each action; may be nil
	ends   map[[2]PeerID]*wire           // self, remote
	offers map[[2]PeerID]*wire           // the same, not answered yet
	edges  map[[2]PeerID]bool            // child, parent: as reported
	events int
	story  []string // newest events and actions
}

// wire is one connection, made by the child. An end that has forgotten it hears
// no more of it.
type wire struct{ child, parent PeerID }

// letter is an event on its way, over a wire if that is set.
type letter struct {
	at   time.Duration
	to   PeerID
	ev   Event
	wire *wire
	call func() // instead of an event
}

func newSwarm(asks func(PeerID) []Candidate) *swarm {
	return &swarm{
		asks: asks, peers: map[PeerID]*checker{}, edges: map[[2]PeerID]bool{},
		ends: map[[2]PeerID]*wire{}, offers: map[[2]PeerID]*wire{},
	}
}

// climbers makes engines with these uplinks. Each dials its candidates.
func climbers(uplinks map[PeerID]BitRate, asks map[PeerID][]Candidate) *swarm {
	s := newSwarm(func(self PeerID) []Candidate { return asks[self] })
	for _, id := range slices.Sorted(maps.Keys(uplinks)) {
		c := DefaultConfig()
		c.Substreams, c.Uplink, c.Climb = 3, uplinks[id], true
		s.join(id, c)
	}
	return s
}

func (s *swarm) join(id PeerID, c Config) {
	s.peers[id] = newChecker(c)
	s.post(0, id, Rated{Stream: 300})
	s.post(0, id, Entered{Self: id})
	s.post(0, id, RelayUp{})
}

// leave ends a peer. The others see its links end after a while.
func (s *swarm) leave(id PeerID, after time.Duration, failed bool) {
	delete(s.peers, id)
	for e, w := range s.ends {
		switch id {
		case e[0]:
			delete(s.ends, e)
		case e[1]:
			s.send(letter{at: s.now + after, to: e[0], ev: LinkDown{Peer: id, Failed: failed}, wire: w})
		}
	}
	maps.DeleteFunc(s.edges, func(e [2]PeerID, _ bool) bool { return e[0] == id || e[1] == id })
}

func (s *swarm) post(after time.Duration, to PeerID, ev Event) {
	s.send(letter{at: s.now + after, to: to, ev: ev})
}

// over sends an event of self over its wire to a remote.
func (s *swarm) over(self, remote PeerID, ev Event) {
	if w := s.ends[[2]PeerID{self, remote}]; w != nil {
		s.send(letter{at: s.now + hop, to: remote, ev: ev, wire: w})
	}
}

func (s *swarm) call(after time.Duration, f func()) {
	s.send(letter{at: s.now + after, call: f})
}

func (s *swarm) send(l letter) {
	i, _ := slices.BinarySearchFunc(s.mail, l.at, func(a letter, at time.Duration) int {
		if a.at <= at {
			return -1 // behind those of the same time
		}
		return 1
	})
	s.mail = slices.Insert(s.mail, i, l)
}

// run goes on until end, or until an engine breaks a promise.
func (s *swarm) run(end time.Duration) {
	for s.fault == nil {
		l := letter{at: Never}
		for _, p := range slices.Sorted(maps.Keys(s.peers)) {
			if w := s.peers[p].wake; w < l.at {
				l = letter{at: w, to: p, ev: Tick{}}
			}
		}
		mailed := len(s.mail) > 0 && s.mail[0].at <= l.at
		if mailed {
			l = s.mail[0]
		}
		if l.at > end {
			s.now = end
			return
		}
		if mailed {
			s.mail = s.mail[1:]
		}
		s.now = l.at
		s.deliver(l)
	}
}

func (s *swarm) deliver(l letter) {
	if l.call != nil {
		l.call()
		return
	}
	c := s.peers[l.to]
	if c == nil {
		return
	}
	switch ev := l.ev.(type) {
	case Offered:
		s.offers[[2]PeerID{l.to, ev.Peer}] = l.wire
	case LinkDown:
		e := [2]PeerID{l.to, ev.Peer}
		if s.ends[e] != l.wire {
			return
		}
		delete(s.ends, e)
	default:
		if l.wire != nil && s.ends[[2]PeerID{l.to, l.wire.other(l.to)}] != l.wire {
			return
		}
	}
	s.step(l.to, l.ev)
}

func (s *swarm) step(id PeerID, ev Event) {
	c := s.peers[id]
	if c == nil {
		return
	}
	s.events++
	if err := c.step(s.now, ev); err != nil && s.fault == nil {
		s.fault = fmt.Errorf("%s: %w", id, err)
	}
	s.tell(string(id) + " " + FormatEvent(s.now, ev))
	for _, a := range c.done {
		s.tell(FormatAction(a))
		s.perform(id, a)
	}
}

func (s *swarm) tell(line string) {
	if s.story = append(s.story, line); len(s.story) > 200 {
		s.story = slices.Clone(s.story[100:])
	}
}

func (w *wire) other(id PeerID) PeerID {
	if id == w.child {
		return w.parent
	}
	return w.child
}

const hop = 20 * time.Millisecond

func (s *swarm) perform(self PeerID, a Action) {
	switch a := a.(type) {
	case Dial:
		w := &wire{child: self, parent: a.Peer}
		s.ends[[2]PeerID{self, a.Peer}] = w
		s.send(letter{at: s.now + hop, to: a.Peer, ev: Offered{Peer: self}, wire: w})
	case Accept:
		s.accept(self, a.Peer)
	case Drop:
		s.over(self, a.Peer, LinkDown{Peer: self})
		delete(s.ends, [2]PeerID{self, a.Peer})
	case GetParents:
		s.post(hop, self, Parents{Nodes: s.asks(self)})
	case AskAdopt:
		s.post(2*hop, a.Peer, Adopt{Parent: self, Residual: 550})
	case Displace:
		s.over(self, a.Peer, Displaced{From: self, Substreams: a.Substreams})
	case SendTransition:
		s.over(self, a.Peer, TransitionAsked{From: self, Origin: a.Origin, Uplink: a.Uplink, TTL: a.TTL, SourceTTL: a.SourceTTL})
	case SendGrant:
		s.over(self, a.Peer, Granted{From: self, Granter: a.Granter, To: a.To, Level: a.Level, TTL: a.TTL, Parents: a.Parents})
	case ReportOpened:
		s.edges[edge(self, a.Parent, a.Child)] = true
	case ReportClosed:
		delete(s.edges, edge(self, a.Parent, a.Child))
	case ReportFailed:
		delete(s.edges, edge(self, a.Parent, a.Child))
	}
	if s.also != nil {
		s.also(self, a)
	}
}

// accept answers an offer. The link opens for both if both still want it then.
func (s *swarm) accept(self, child PeerID) {
	up, down := [2]PeerID{child, self}, [2]PeerID{self, child}
	s.over(self, child, LinkDown{Peer: self}) // of an earlier link
	w := s.offers[down]
	s.ends[down] = w
	s.call(5*hop, func() {
		if s.ends[up] == w && s.ends[down] == w {
			s.step(child, LinkUp{Peer: self})
			s.step(self, LinkUp{Peer: child, Child: true})
		}
	})
}

func edge(self, parentID, childID PeerID) [2]PeerID {
	if childID != "" {
		return [2]PeerID{childID, self}
	}
	return [2]PeerID{self, parentID}
}

// tree is the links as the scheduler knows them, child first.
func (s *swarm) tree() string {
	var out []string
	for e := range s.edges {
		out = append(out, string(e[0]+"-"+e[1]))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// links is the links as the engines know them, child first: by those that are
// children, by those that are parents, and the same without standbys, which
// the scheduler does not hear of.
func (s *swarm) links() (up, down, fed string) {
	var ups, downs, feds []string
	for id, c := range s.peers {
		for _, p := range c.last.Parents {
			feds = append(feds, string(id+"-"+p.Peer))
		}
		if p := c.last.Standby; p != "" {
			ups = append(ups, string(id+"-"+p))
		}
		for _, k := range c.last.Children {
			downs = append(downs, string(k+"-"+id))
		}
	}
	ups = append(ups, feds...)
	for _, list := range [][]string{ups, downs, feds} {
		slices.Sort(list)
	}
	return strings.Join(ups, " "), strings.Join(downs, " "), strings.Join(feds, " ")
}
