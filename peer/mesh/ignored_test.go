package mesh

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestCandidatesAreBounded: of a list that is too long the first ones are
// kept, and that is one offence.
func TestCandidatesAreBounded(t *testing.T) {
	t.Parallel()
	f := NewFastmesh(DefaultConfig())
	f.Step(0, Entered{Self: "M"})
	f.Step(0, RelayUp{})
	nodes := []Candidate{{"M", 1}, {"", 1}, {"M", 1}}
	for i := range 2000 {
		nodes = append(nodes, Candidate{Peer: PeerID(fmt.Sprint(i))}) // they have nothing to give
	}
	do, _ := f.Step(0, Parents{Nodes: nodes})
	if want := []Action{Ignored{What: OwnID}, Ignored{What: NoID}, Ignored{What: TooMany}}; !slices.Equal(do[:3], want) {
		t.Errorf("%v, want %v first", do, want)
	}
}

// TestRoutesAreBounded: children that flood us with TRANSITIONs are answered
// up to a bound, which ends with the routes.
func TestRoutesAreBounded(t *testing.T) {
	t.Parallel()
	f := NewFastmesh(DefaultConfig())
	f.Step(0, Entered{Self: "M"})
	f.Step(0, RelayUp{})
	f.Step(0, Offered{Peer: "K"})
	f.Step(0, LinkUp{Peer: "K", Child: true})
	ask := func(now time.Duration, i int) []Action {
		do, _ := f.Step(now, TransitionAsked{From: "K", Origin: PeerID(fmt.Sprint(i)), Uplink: 1, TTL: 1, SourceTTL: 2})
		return do
	}
	for i := range maxRoutes {
		if do := ask(0, i); len(do) > 0 {
			t.Fatalf("route %d: %v", i, do)
		}
	}
	if do := ask(0, maxRoutes); !slices.Equal(do, []Action{Ignored{From: "K", What: TooMany}}) {
		t.Errorf("one too many: %v", do)
	}
	if do := ask(routeFor, maxRoutes); slices.Contains(do, Action(Ignored{From: "K", What: TooMany})) {
		t.Errorf("later: %v", do)
	}
}
