package mesh

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// nobody is the answer of a scheduler that has no candidates.
func nobody(PeerID) []Candidate { return nil }

// TestParentLoss is T3 (protocol 9): A leaves, whose parent is B and whose
// child is C. The scheduler offers C its grandparent, and C connects to it.
func TestParentLoss(t *testing.T) {
	t.Parallel()
	s := climbers(
		map[PeerID]BitRate{"A": 500, "B": 500, "C": 500},
		map[PeerID][]Candidate{"A": {{"B", 300}}, "C": {{"A", 300}}},
	)
	s.run(30 * time.Second)
	if got := s.tree(); got != "A-B C-A" {
		t.Fatalf("before: %s", got)
	}
	s.asks = func(PeerID) []Candidate { return []Candidate{{"B", 300}} }
	s.leave("A", hop, false)
	s.run(32 * time.Second)
	up, down, _ := s.links()
	if got := s.tree(); got != "C-B" || down != got || up != got || s.fault != nil {
		t.Errorf("scheduler %s, children %s, parents %s, want C-B; %v", got, up, down, s.fault)
	}
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
			s := climbers(tt.uplinks, tt.asks)
			s.run(30 * time.Second)
			if got := s.tree(); got != tt.before {
				t.Fatalf("before: %s, want %s", got, tt.before)
			}
			s.asks = nobody
			s.run(4 * time.Minute)
			up, down, _ := s.links()
			if s.fault != nil {
				t.Fatal(s.fault)
			}
			if got := s.tree(); got != tt.after || down != tt.after || up != tt.after {
				t.Errorf("scheduler %s, children %s, parents %s, want %s\n%s",
					got, up, down, tt.after, strings.Join(s.story[max(0, len(s.story)-80):], "\n"))
			}
		})
	}
}

// depths is the level of each peer by the scheduler's account: the most hops to
// a root. ok is false if there is a cycle.
func (s *swarm) depths() (out map[PeerID]int, ok bool) {
	out = map[PeerID]int{}
	for range len(s.peers) + 1 {
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
		s.asks = nobody
		s.run(15 * time.Minute)
		if s.fault != nil {
			t.Fatalf("seed %d: %v", seed, s.fault)
		}
		last, ok := s.depths()
		up, down, _ := s.links()
		if tree := s.tree(); !ok || tree != down || tree != up {
			t.Errorf("seed %d: acyclic %v, scheduler %s, children %s, parents %s", seed, ok, tree, up, down)
		}
		for p := range s.peers {
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
	return climbers(uplinks, asks)
}
