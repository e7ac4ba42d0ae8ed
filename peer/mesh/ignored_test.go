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

// TestGrantsAreBounded: so are the peers that may answer one TRANSITION.
func TestGrantsAreBounded(t *testing.T) {
	t.Parallel()
	f := NewFastmesh(DefaultConfig())
	for _, ev := range []Event{
		Entered{Self: "M"},
		RelayUp{},
		Rated{Stream: 1},
		Parents{Nodes: []Candidate{{"A", 1}}},
		LinkUp{Peer: "A"},
		Offered{Peer: "K"},
		LinkUp{Peer: "K", Child: true},
		TransitionAsked{From: "K", Origin: "R", Uplink: 1, TTL: 2, SourceTTL: 2},
	} {
		f.Step(0, ev)
	}
	var parents []GrantParent
	for i := range 2 * maxGrants {
		parents = append(parents, GrantParent{Peer: PeerID(fmt.Sprint(i))})
	}
	for i := range maxGrants + 1 {
		do, _ := f.Step(0, Granted{From: "A", Granter: PeerID(fmt.Sprint("G", i)), To: "R", TTL: 2, Parents: parents})
		grant, passed := do[0].(SendGrant)
		if passed != (i < maxGrants) || passed && len(grant.Parents) != maxGrants {
			t.Errorf("grant %d: %+v", i, do)
		}
		if !passed && do[0] != Action(Ignored{From: "A", What: TooMany}) {
			t.Errorf("grant %d: %+v", i, do)
		}
	}
}
