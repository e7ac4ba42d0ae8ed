package peer

import (
	"context"
	"errors"
	"slices"
	"testing"

	"hlspeer/peer/mesh"
)

// told is what is to be remembered of an attempt; when is not compared.
type told struct {
	source  string
	from    mesh.PeerID
	offset  int64 // packets
	brought int64 // packets
	outcome Outcome
	reason  mesh.Reason
}

func tells(t *testing.T, p Provenance, want ...told) {
	t.Helper()
	var got []told
	for _, s := range p.Attempts {
		got = append(got, told{s.Source, s.From, s.Offset / 188, s.Bytes / 188, s.Outcome, s.Reason})
		if (s.First == nil) != (s.Bytes == 0) || (s.First == nil) != (s.Last == nil) || (s.Ended == nil) != (s.Outcome == Running) || s.Asked < 0 {
			t.Errorf("odd times: %+v", s)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the story is\n%+v, want\n%+v", got, want)
	}
}

// stepped is a segment that is about to be brought.
func stepped(t *testing.T) (*track, *fill) {
	t.Helper()
	tr, f := testTrack(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what is begun anew comes to nothing
	tr.ctx, tr.fills[7] = ctx, f
	tr.links["A"], tr.links["B"] = &link{}, &link{}
	return tr, f
}

// TestSteps: one parent is too slow, the next one breaks off, and the source goes on
// from the middle.
func TestSteps(t *testing.T) {
	t.Parallel()
	tr, f := stepped(t)
	tr.begin(f, "A", func() {})
	tr.deciding = mesh.Tick{}
	b := tr.begin(f, "B", func() {})
	tr.deciding = nil
	if err := b.SetSize(100 * 188); err != nil {
		t.Fatal(err)
	}
	brings(t, b, 10)
	flying := tr.flying()
	if len(flying) != 1 || flying[0].Why != string(mesh.TimedOut) || flying[0].P2P != 10*188 {
		t.Fatalf("in flight: %+v", flying)
	}
	tells(t, flying[0],
		told{"p2p", "A", 0, 0, Superseded, mesh.TimedOut},
		told{"p2p", "B", 0, 10, Running, ""})
	tr.ctx = t.Context()
	tr.tried(b, errors.New("reset"))
	source := tr.begin(f, "", func() {})
	brings(t, source, 90)
	tr.tried(source, nil)
	list := tr.ledger.list()
	if len(list) != 1 || len(tr.flying()) != 0 {
		t.Fatalf("%d stories, %d in flight", len(list), len(tr.flying()))
	}
	tells(t, list[0],
		told{"p2p", "A", 0, 0, Superseded, mesh.TimedOut},
		told{"p2p", "B", 0, 10, Failed, mesh.Broken},
		told{"http", "", 10, 90, Complete, ""})
}

// TestStepsOfLosses: a parent that lacks the segment, and one that goes.
func TestStepsOfLosses(t *testing.T) {
	t.Parallel()
	tr, f := stepped(t)
	a := tr.begin(f, "A", func() {})
	tr.lacked(a)
	tr.begin(f, "B", func() {})
	delete(tr.links, "B")
	tr.begin(f, "", func() {})
	tr.giveUp(7, mesh.NotFound)
	list := tr.ledger.list()
	if len(list) != 1 || list[0].Failed != string(mesh.NotFound) {
		t.Fatalf("%+v", list)
	}
	tells(t, list[0],
		told{"p2p", "A", 0, 0, Failed, mesh.Lack},
		told{"p2p", "B", 0, 0, Failed, mesh.LinkLost},
		told{"http", "", 0, 0, Superseded, ""})
}

// TestStepsOfDivided: the source brings the end beside the peer, which is done first
// or last.
func TestStepsOfDivided(t *testing.T) {
	t.Parallel()
	t.Run("head last", func(t *testing.T) {
		t.Parallel()
		tr, _, head, tail := divided(t)
		brings(t, tail, 40)
		tr.tried(tail, nil)
		brings(t, head, 50)
		tr.tried(head, nil)
		tells(t, tr.ledger.list()[0], told{"p2p", "A", 0, 60, Met, ""}, told{"http", "", 60, 40, Tail, ""})
	})
	t.Run("head first", func(t *testing.T) {
		t.Parallel()
		tr, _, head, tail := divided(t)
		brings(t, tail, 5)
		brings(t, head, 50)
		tr.tried(head, late(t, head))
		brings(t, tail, 35)
		tr.tried(tail, nil)
		tells(t, tr.ledger.list()[0], told{"p2p", "A", 0, 60, Met, ""}, told{"http", "", 60, 40, Tail, ""})
	})
	t.Run("the source says something else", func(t *testing.T) {
		t.Parallel()
		tr, f, _, tail := divided(t)
		brings(t, tail, 5)
		tr.tried(tail, tail.SetSize(101*188))
		tells(t, f.story, told{"p2p", "A", 0, 10, Failed, mesh.BadContent}, told{"http", "", 60, 5, Failed, mesh.BadSize})
	})
}

// TestStepsAreBounded: the first and the last attempts are kept, by when they were
// asked.
func TestStepsAreBounded(t *testing.T) {
	t.Parallel()
	var p Provenance
	for i := range 100 {
		p.add(Step{Asked: float64(i)})
	}
	p.add(Step{Asked: 0.5})
	var asked []float64
	for _, s := range p.Attempts {
		asked = append(asked, s.Asked)
	}
	if want := []float64{0, 0.5, 1, 2, 96, 97, 98, 99}; !slices.Equal(asked, want) || p.Dropped != 93 {
		t.Errorf("%v and %d dropped, want %v", asked, p.Dropped, want)
	}
}
