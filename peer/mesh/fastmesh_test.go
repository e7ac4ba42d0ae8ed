package mesh

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fullConfig has everything on.
func fullConfig() Config {
	c := DefaultConfig()
	c.Standby, c.Climb, c.Uplink = true, true, 2e7
	return c
}

// FuzzStep takes scripts as sessions: whatever they contain, no promise is
// broken.
func FuzzStep(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, session string) {
		c := newChecker(fullConfig())
		for line := range strings.Lines(session) {
			now, ev, err := ParseEvent(line)
			if err != nil {
				continue
			}
			if err := c.step(now, ev); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestScriptsKeepPromises holds the scripts' sessions against the same account
// as random ones.
func TestScriptsKeepPromises(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := newChecker(fullConfig())
		for line := range strings.Lines(string(b)) {
			now, ev, err := ParseEvent(line)
			if err != nil {
				continue
			}
			if err := c.step(now, ev); err != nil {
				t.Errorf("%s: %v", file, err)
				break
			}
		}
	}
}

// TestSnapshotIsACopy: what a status page does with it is no matter.
func TestSnapshotIsACopy(t *testing.T) {
	t.Parallel()
	f := NewFastmesh(DefaultConfig())
	for _, ev := range []Event{
		Rated{Stream: 4e6},
		Entered{Self: "M"},
		RelayUp{},
		Parents{Nodes: []Candidate{{"A", 3e6}, {"B", 1e6}, {"C", 1e6}}},
		LinkUp{Peer: "A"},
		Offered{Peer: "K"},
		Offered{Peer: "L"},
		LinkUp{Peer: "L", Child: true},
		Offered{Peer: "X"},
		LinkDown{Peer: "X", Failed: true},
		Wanted{SN: 4, Duration: 4 * time.Second, PlayAt: time.Minute},
	} {
		f.Step(time.Second, ev)
	}
	s := f.Snapshot()
	switch {
	case s.Self != "M" || s.Standing != "joined" || s.Substreams != 4 || s.Free != 1 || s.Spares != 1 || s.Stream != 4e6:
		t.Errorf("snapshot %+v", s)
	case !slices.Equal(s.Parents, []ParentState{{Peer: "A", Substreams: 3, Since: time.Second, Requests: 1}}):
		t.Errorf("parents %+v", s.Parents)
	case !slices.Equal(s.Dialling, []PeerID{"B"}) || !slices.Equal(s.Accepted, []PeerID{"K"}) || !slices.Equal(s.Children, []PeerID{"L"}):
		t.Errorf("links %+v", s)
	case !slices.Equal(s.Quarantined, []QuarantineState{{Peer: "X", Until: time.Second + 5*time.Minute}}):
		t.Errorf("quarantined %+v", s.Quarantined)
	case len(s.Wanted) != 1 || s.Wanted[0].Source != "asked" || s.Wanted[0].Deadline != 5*time.Second:
		t.Errorf("wanted %+v", s.Wanted)
	}
	s.Parents[0].Peer, s.Children[0], s.Wanted[0].SN = "?", "?", 99
	if again := f.Snapshot(); again.Parents[0].Peer != "A" || again.Children[0] != "L" || again.Wanted[0].SN != 4 {
		t.Error("a snapshot reaches into the engine")
	}
}

// TestSwarmIsNotInStep: equal seeds, different ids.
func TestSwarmIsNotInStep(t *testing.T) {
	t.Parallel()
	wake := map[time.Duration]bool{}
	for _, id := range []PeerID{"A", "B", "C", "D"} {
		f := NewFastmesh(DefaultConfig())
		f.Step(0, Entered{Self: id})
		_, w := f.Step(0, RelayUp{})
		wake[w] = true
	}
	if len(wake) != 4 {
		t.Errorf("four peers ask again at %v", wake)
	}
}

// BenchmarkStep is one segment through a peer that is fed: wanted, first
// bytes, complete.
func BenchmarkStep(b *testing.B) {
	f := NewFastmesh(DefaultConfig())
	for _, ev := range []Event{
		Rated{Stream: 4e6},
		Entered{Self: "M"},
		RelayUp{},
		Parents{Nodes: []Candidate{{"A", 5e6}}},
		LinkUp{Peer: "A"},
	} {
		f.Step(0, ev)
	}
	now, sn := 10*time.Second, SN(0)
	b.ReportAllocs()
	for b.Loop() {
		f.Step(now, Wanted{SN: sn, Duration: 2 * time.Second, PlayAt: now + 6*time.Second})
		f.Step(now, Progress{SN: sn, Bytes: 1000, Size: 500_000})
		f.Step(now, Arrived{SN: sn, From: "A", Bytes: 500_000, Took: time.Second})
		now += 2 * time.Second
		sn++
	}
}

// TestThinStream: random seed 319. A rate that is next to nothing made the
// number of slots of an adopted parent no number.
func TestThinStream(t *testing.T) {
	t.Parallel()
	c := newChecker(DefaultConfig())
	for _, ev := range []Event{Rated{Stream: 5e-324}, Entered{Self: "M"}, RelayUp{}, Adopt{Parent: "A"}, LinkUp{Peer: "A"}} {
		if err := c.step(0, ev); err != nil {
			t.Fatal(err)
		}
	}
	if p := c.last.Parents; len(p) != 1 || p[0].Substreams != 4 {
		t.Errorf("parents %+v", p)
	}
}
