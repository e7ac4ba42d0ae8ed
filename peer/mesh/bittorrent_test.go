package mesh

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBitTorrentConfigValidate(t *testing.T) {
	t.Parallel()
	if err := DefaultBitTorrentConfig().Validate(); err != nil {
		t.Errorf("default: %v", err)
	}
	bad := BitTorrentConfig{Neighbours: 65, CacheBytes: -1, P2PDeadline: -1, Quarantine: time.Hour, MaxQuarantine: time.Minute}
	err := bad.Validate()
	if err == nil {
		t.Fatal("a bad configuration passes")
	}
	for _, name := range []string{
		"neighbours 65", "ahead 0", "cache of -1", "P2P deadline", "answer timeout", "dial timeout", "max quarantine",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q is not named in %q", name, err)
		}
	}
}

func TestNewBitTorrentWantsAValidConfig(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	NewBitTorrent(BitTorrentConfig{})
}

// meet makes an engine with open links.
func meet(t testing.TB, ids ...PeerID) *swarmChecker {
	t.Helper()
	c := newSwarmChecker(DefaultBitTorrentConfig())
	feed(t, c, Entered{Self: "M"}, RelayUp{}, Peers{IDs: ids})
	for _, id := range ids {
		feed(t, c, LinkUp{Peer: id})
	}
	return c
}

func feed(t testing.TB, c *swarmChecker, events ...Event) {
	t.Helper()
	for _, ev := range events {
		if err := c.step(c.now, ev); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHoldingsAreBounded: a million entries, dense or far apart, before the list
// is known and after.
func TestHoldingsAreBounded(t *testing.T) {
	t.Parallel()
	var dense, sparse []SN
	for i := range SN(1_000_000) {
		dense, sparse = append(dense, i), append(sparse, i<<20)
	}
	c := meet(t, "A")
	b := c.brain
	b.Step(0, Holds{From: "A", SNs: sparse})
	n := b.neighbours.open("A")
	if len(n.held) != maxWords || n.held.count() != maxWords {
		t.Errorf("%d words", len(n.held))
	}
	for sn := range SN(100_000) {
		b.Step(0, Has{From: "A", SN: sn << 30})
	}
	if len(n.held) != maxWords {
		t.Errorf("%d words", len(n.held))
	}
	b.Step(0, Listed{First: 0, Last: 29, Duration: time.Second})
	if len(n.held) != 1 {
		t.Errorf("%d words around a list of one", len(n.held))
	}
	b.Step(0, Holds{From: "A", SNs: dense})
	if got := n.held.count(); got != 30+keptAfter {
		t.Errorf("%d segments around a list of 30", got)
	}
	b.Step(0, Listed{First: 0, Last: maxSN, Duration: time.Second})
	if l := b.list; l.first != maxSN-maxListed+1 {
		t.Errorf("list %+v", l)
	}
}

// TestHaveFlood: what a neighbour says is not worth a look at everything each
// time. HAVEs of what is far away, or known, do nothing at all.
func TestHaveFlood(t *testing.T) {
	t.Parallel()
	cfg := DefaultBitTorrentConfig()
	cfg.CacheBytes = 1 << 40
	c := newSwarmChecker(cfg)
	feed(t, c, Rated{Stream: 1e6}, Listed{First: 0, Last: 599, Duration: time.Second}, Demanded{SN: 0})
	for sn := range SN(10) {
		feed(t, c, Arrived{SN: sn})
	}
	feed(t, c, Entered{Self: "M"}, RelayUp{}, Peers{IDs: []PeerID{"A"}}, LinkUp{Peer: "A"}, Holds{From: "A"})
	fetches := 0
	for i := range SN(500) {
		do, wake := c.brain.Step(time.Second+time.Duration(i), Has{From: "A", SN: 10 + i%590})
		if fetches += len(do); i > 0 && wake > time.Second+rareEvery {
			t.Fatalf("wake-up at %v", wake)
		}
	}
	if fetches > 2 { // one segment, and the question who else is there
		t.Errorf("%d actions within a millisecond", fetches)
	}
}

// TestAcquaintancesAreBounded: the tracker names ten thousand, again and again.
func TestAcquaintancesAreBounded(t *testing.T) {
	t.Parallel()
	c := meet(t)
	for round := range 5 {
		ids := []PeerID{"", "M"}
		for i := range 10_000 {
			ids = append(ids, PeerID(fmt.Sprint(round, " ", i)))
		}
		feed(t, c, Peers{IDs: ids})
		if !slices.Contains(c.done, Action(Ignored{What: TooMany})) {
			t.Error("nobody notices")
		}
	}
	newest := 0
	for _, k := range c.brain.known {
		if strings.HasPrefix(string(k.peer), "4 ") {
			newest++
		}
	}
	if newest < maxKnown/2 {
		t.Errorf("%d of %d are from the newest answer", newest, maxKnown)
	}
}

// TestWantedIsBounded: what is played last is given up.
func TestWantedIsBounded(t *testing.T) {
	t.Parallel()
	c := meet(t)
	for i := range SN(maxWanted) {
		feed(t, c, Wanted{SN: i, Duration: time.Second, PlayAt: time.Duration(i) * time.Second})
	}
	feed(t, c, Wanted{SN: 1000, Duration: time.Second, PlayAt: time.Hour})
	if !slices.Contains(c.done, Action(GiveUp{SN: 1000, Reason: Full})) {
		t.Errorf("%v", c.done)
	}
	feed(t, c, Wanted{SN: 1001, Duration: time.Second, PlayAt: time.Second})
	if !slices.Contains(c.done, Action(GiveUp{SN: maxWanted - 1, Reason: Full})) {
		t.Errorf("%v", c.done)
	}
}

// TestSwarmSnapshotIsACopy: what a status page does with it is no matter.
func TestSwarmSnapshotIsACopy(t *testing.T) {
	t.Parallel()
	c := meet(t, "A", "B")
	feed(
		t, c, Rated{Stream: 4e6}, Offered{Peer: "K"}, Peers{IDs: []PeerID{"D"}},
		Offered{Peer: "X"}, LinkDown{Peer: "X", Failed: true}, Holds{From: "A", SNs: []SN{4, 5}},
		Wanted{SN: 4, Duration: 4 * time.Second, PlayAt: time.Minute},
	)
	s := c.brain.Snapshot()
	switch {
	case s.Self != "M" || s.Standing != "joined" || s.Stream != 4e6 || s.HTTPTime != time.Second || s.SearchAt == Never:
		t.Errorf("snapshot %+v", s)
	case !slices.Equal(s.Neighbours, []NeighbourState{{Peer: "A", Listed: true, Holds: 2, Requests: 1}, {Peer: "B"}}):
		t.Errorf("neighbours %+v", s.Neighbours)
	case !slices.Equal(s.Dialling, []PeerID{"D"}) || !slices.Equal(s.Accepted, []PeerID{"K"}):
		t.Errorf("links %+v", s)
	case !slices.Equal(s.Quarantined, []QuarantineState{{Peer: "X", Until: time.Minute}}):
		t.Errorf("quarantined %+v", s.Quarantined)
	case len(s.Wanted) != 1 || s.Wanted[0].Source != "asked" || s.Wanted[0].Deadline != 20*time.Second:
		t.Errorf("wanted %+v", s.Wanted)
	}
	s.Neighbours[0].Peer, s.Wanted[0].SN = "?", 99
	if again := c.brain.Snapshot(); again.Neighbours[0].Peer != "A" || again.Wanted[0].SN != 4 {
		t.Error("a snapshot reaches into the engine")
	}
}

// TestTurns: all peers put each other in the same order, which is another one
// for each segment, and fair.
func TestTurns(t *testing.T) {
	t.Parallel()
	first := map[PeerID]int{}
	for sn := range SN(10_000) {
		var best PeerID
		for i := range 10 {
			if p := PeerID(fmt.Sprintf("P%d", i)); best == "" || weight(p, p, sn) > weight(best, best, sn) {
				best = p
			}
		}
		first[best]++
	}
	for p, n := range first {
		if n < 850 || n > 1150 {
			t.Errorf("%s is first %d times of 10000", p, n)
		}
	}
}

// BenchmarkSwarmStep is one segment through a peer with twelve neighbours.
func BenchmarkSwarmStep(b *testing.B) {
	e := NewBitTorrent(DefaultBitTorrentConfig())
	e.Step(0, Entered{Self: "M"})
	e.Step(0, RelayUp{})
	for i := range 12 {
		id := PeerID(fmt.Sprintf("P%d", i))
		e.Step(0, Offered{Peer: id})
		e.Step(0, LinkUp{Peer: id, Child: true})
		e.Step(0, Holds{From: id})
	}
	now, sn := 10*time.Second, SN(0)
	b.ReportAllocs()
	for b.Loop() {
		e.Step(now, Listed{First: max(0, sn-9), Last: sn, Duration: 2 * time.Second, Live: true})
		for i := range 12 {
			e.Step(now, Has{From: PeerID(fmt.Sprintf("P%d", i)), SN: sn})
		}
		do, _ := e.Step(now, Wanted{SN: sn, Duration: 2 * time.Second, PlayAt: now + 20*time.Second})
		e.Step(now, Progress{SN: sn, Bytes: 1000, Size: 500_000})
		ask, ok := do[0].(AskParent)
		if !ok {
			b.Fatalf("%v", do)
		}
		e.Step(now, Arrived{SN: sn, From: ask.Peer, Bytes: 500_000, Took: time.Second})
		now += 2 * time.Second
		sn++
	}
}
