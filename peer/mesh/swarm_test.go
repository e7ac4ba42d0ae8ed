package mesh

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// swarm is several engines on one virtual clock, with links between them and
// a scheduler that plans nothing: it passes requests to adopt on, and keeps
// account of the links that are reported.
type swarm struct {
	now    time.Duration
	mail   []letter // by time
	brains map[PeerID]*Fastmesh
	wakes  map[PeerID]time.Duration
	asks   map[PeerID][]Candidate // answer to get-parents
	edges  map[[2]PeerID]bool     // child, parent: as reported
	story  []string
}

// letter is an event on its way.
type letter struct {
	at time.Duration
	to PeerID
	ev Event
}

// newSwarm makes engines with these uplinks. Each dials its candidates.
func newSwarm(uplinks map[PeerID]BitRate, asks map[PeerID][]Candidate) *swarm {
	s := &swarm{
		brains: map[PeerID]*Fastmesh{}, wakes: map[PeerID]time.Duration{},
		asks: asks, edges: map[[2]PeerID]bool{},
	}
	for _, id := range slices.Sorted(maps.Keys(uplinks)) {
		c := DefaultConfig()
		c.Substreams, c.Uplink, c.Climb = 3, uplinks[id], true
		s.brains[id] = NewFastmesh(c)
		s.post(0, id, Rated{Stream: 300})
		s.post(0, id, Entered{Self: id})
		s.post(0, id, RelayUp{})
	}
	return s
}

func (s *swarm) post(after time.Duration, to PeerID, ev Event) {
	s.mail = append(s.mail, letter{s.now + after, to, ev})
	slices.SortStableFunc(s.mail, func(a, b letter) int { return cmp.Compare(a.at, b.at) })
}

func (s *swarm) run(end time.Duration) {
	for {
		next, id := Never, PeerID("")
		for _, p := range slices.Sorted(maps.Keys(s.wakes)) {
			if s.wakes[p] < next {
				next, id = s.wakes[p], p
			}
		}
		l := letter{next, id, Tick{}}
		if len(s.mail) > 0 && s.mail[0].at <= next {
			l, s.mail = s.mail[0], s.mail[1:]
		}
		if l.at > end {
			s.now = end
			return
		}
		s.now = l.at
		s.deliver(l)
	}
}

func (s *swarm) deliver(l letter) {
	b := s.brains[l.to]
	var do []Action
	s.story = append(s.story, string(l.to)+" "+FormatEvent(s.now, l.ev))
	do, s.wakes[l.to] = b.Step(s.now, l.ev)
	for _, a := range do {
		s.story = append(s.story, FormatAction(a))
		s.perform(l.to, a)
	}
}

const hop = 20 * time.Millisecond

func (s *swarm) perform(self PeerID, a Action) {
	switch a := a.(type) {
	case Dial:
		s.post(hop, a.Peer, Offered{Peer: self})
	case Accept:
		s.post(5*hop, a.Peer, LinkUp{Peer: self})
		s.post(5*hop, self, LinkUp{Peer: a.Peer, Child: true})
	case Drop:
		s.post(hop, a.Peer, LinkDown{Peer: self})
	case GetParents:
		s.post(hop, self, Parents{Nodes: s.asks[self]})
	case AskAdopt:
		s.post(2*hop, a.Peer, Adopt{Parent: self, Residual: 550})
	case Displace:
		s.post(hop, a.Peer, Displaced{From: self, Substreams: a.Substreams})
	case SendTransition:
		s.post(hop, a.Peer, TransitionAsked{From: self, Origin: a.Origin, Uplink: a.Uplink, TTL: a.TTL, SourceTTL: a.SourceTTL})
	case SendGrant:
		s.post(hop, a.Peer, Granted{From: self, Granter: a.Granter, To: a.To, Level: a.Level, TTL: a.TTL, Parents: a.Parents})
	case ReportOpened:
		s.edges[edge(self, a.Parent, a.Child)] = true
	case ReportClosed:
		delete(s.edges, edge(self, a.Parent, a.Child))
	case ReportFailed:
		delete(s.edges, edge(self, a.Parent, a.Child))
	}
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

// links is the links as the engines know them, from both ends.
func (s *swarm) links() (down, up string) {
	var children, parents []string
	for id, b := range s.brains {
		snap := b.Snapshot()
		for _, p := range snap.Parents {
			parents = append(parents, string(id+"-"+p.Peer))
		}
		for _, c := range snap.Children {
			children = append(children, string(c+"-"+id))
		}
	}
	slices.Sort(children)
	slices.Sort(parents)
	return strings.Join(children, " "), strings.Join(parents, " ")
}

// TestClimbs lets strong peers climb. When all is quiet, both ends of each link
// and the scheduler agree.
func TestClimbs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		uplinks map[PeerID]BitRate
		asks    map[PeerID][]Candidate
		before  string
		after   string
	}{
		{
			"T1 one parent",
			map[PeerID]BitRate{"A": 500, "B": 550, "C": 500},
			map[PeerID][]Candidate{"A": {{"C", 500}}, "B": {{"A", 500}}},
			"A-C B-A", "A-C C-B",
		},
		{
			"T2 two parents",
			map[PeerID]BitRate{"A": 800, "B": 800, "C": 800, "D": 850},
			map[PeerID][]Candidate{"A": {{"C", 500}}, "B": {{"C", 500}}, "D": {{"A", 200}, {"B", 100}}},
			"A-C B-C D-A D-B", "A-C B-C C-D",
		},
		{
			"15.3 direct root parent",
			map[PeerID]BitRate{"A": 500, "B": 550, "X": 500},
			map[PeerID][]Candidate{"B": {{"A", 200}}, "X": {{"A", 300}}},
			"B-A X-A", "A-B X-A",
		},
		{
			"granter with parents, then the root",
			map[PeerID]BitRate{"A": 900, "B": 950, "C": 900, "D": 900},
			map[PeerID][]Candidate{"A": {{"C", 500}}, "B": {{"A", 500}}, "C": {{"D", 500}}},
			"A-C B-A C-D", "A-C C-B D-B",
		},
		{
			"nobody is stronger",
			map[PeerID]BitRate{"A": 500, "B": 500, "C": 500},
			map[PeerID][]Candidate{"A": {{"C", 500}}, "B": {{"A", 500}}},
			"A-C B-A", "A-C B-A",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSwarm(tt.uplinks, tt.asks)
			s.run(30 * time.Second)
			if got := s.tree(); got != tt.before {
				t.Fatalf("before: %s, want %s", got, tt.before)
			}
			s.asks = nil
			s.run(4 * time.Minute)
			down, up := s.links()
			if got := s.tree(); got != tt.after || down != tt.after || up != tt.after {
				t.Errorf("scheduler %s, parents %s, children %s, want %s\n%s",
					got, down, up, tt.after, strings.Join(s.story[max(0, len(s.story)-80):], "\n"))
			}
		})
	}
}

// depths is the level of each peer by the scheduler's account: the most hops to
// a root. ok is false if there is a cycle.
func (s *swarm) depths() (out map[PeerID]int, ok bool) {
	out = map[PeerID]int{}
	for range len(s.brains) + 1 {
		changed := false
		for e := range s.edges {
			if d := out[e[1]] + 1; d > out[e[0]] {
				out[e[0]], changed = d, true
			}
		}
		if !changed {
			return out, true
		}
	}
	return nil, false
}

// TestClimbingSwarms: whoever climbs, at the same time as others, there is no
// cycle in the end, both ends of each link agree, and the tree is not deeper.
func TestClimbingSwarms(t *testing.T) {
	t.Parallel()
	before, after := 0, 0
	for seed := range uint64(30) {
		s := randomSwarm(rand.New(rand.NewPCG(seed, 2)))
		s.run(30 * time.Second)
		first, _ := s.depths()
		s.asks = nil
		s.run(15 * time.Minute)
		last, ok := s.depths()
		down, up := s.links()
		if tree := s.tree(); !ok || tree != down || tree != up {
			t.Errorf("seed %d: acyclic %v, scheduler %s, parents %s, children %s", seed, ok, tree, up, down)
		}
		for p := range s.brains {
			before, after = before+first[p], after+last[p]
		}
	}
	if after >= before {
		t.Errorf("sum of levels %d, before %d", after, before)
	}
}

// randomSwarm is 12 peers, each below one or two of those before it.
func randomSwarm(r *rand.Rand) *swarm {
	uplinks, asks := map[PeerID]BitRate{}, map[PeerID][]Candidate{}
	for i := range 12 {
		id := PeerID('A' + rune(i))
		uplinks[id] = BitRate(400 + r.IntN(1600))
		if i == 0 {
			continue
		}
		a, b := PeerID('A'+rune(r.IntN(i))), PeerID('A'+rune(r.IntN(i)))
		asks[id] = []Candidate{{a, 300}}
		if a != b && r.IntN(2) == 0 {
			asks[id] = []Candidate{{a, 200}, {b, 100}}
		}
	}
	return newSwarm(uplinks, asks)
}
