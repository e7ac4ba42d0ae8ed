package tracker

import (
	"fmt"
	"testing"
	"time"

	"hlspeer/signaling"
)

// TestManyParents: a child that claims everybody as its parent is not believed
// without end.
func TestManyParents(t *testing.T) {
	t.Parallel()
	r := testRoom(1)
	r.Step(0, Joined{Peer: "c", Enter: signaling.Enter{}})
	refused := 0
	for i := range maxParents + 10 {
		id := signaling.PeerID(fmt.Sprint("p", i))
		r.Step(0, Joined{Peer: id, Enter: signaling.Enter{UplinkBW: 4e6}})
		out, _ := r.Step(0, Message{"c", signaling.DCOpened{DCID: signaling.NewDCID("c", id), Substreams: 1}})
		if len(out) > 0 {
			refused++
		}
		check(t, r)
	}
	if n := len(r.peers["c"].parents); n != maxParents || refused != 10 {
		t.Errorf("%d parents, %d refused", n, refused)
	}
}

// TestManyFailures: failed pairs are remembered up to a limit, the latest ones,
// and each once.
func TestManyFailures(t *testing.T) {
	t.Parallel()
	r := testRoom(1)
	r.Step(0, Joined{Peer: "c", Enter: signaling.Enter{}})
	last := signaling.PeerID("")
	for i := range maxBad + 10 {
		last = signaling.PeerID(fmt.Sprint("p", i))
		r.Step(0, Joined{Peer: last, Enter: signaling.Enter{UplinkBW: 4e6}})
		for range 3 {
			r.Step(time.Second, Message{"c", signaling.DCFailed{DCID: signaling.NewDCID("c", last)}})
		}
		check(t, r)
	}
	bad := r.peers["c"].bad
	if len(bad) != maxBad || bad[maxBad-1].peer != last || bad[maxBad-2].peer == last {
		t.Errorf("bad pairs %v", bad)
	}
	if len(r.peers[last].bad) != 1 {
		t.Errorf("the other side remembers %v", r.peers[last].bad)
	}
}

// TestStrangers: what is said by or of peers that are not there is ignored.
func TestStrangers(t *testing.T) {
	t.Parallel()
	r := testRoom(1)
	r.Step(0, Joined{Peer: "a", Enter: signaling.Enter{UplinkBW: 4e6}})
	for _, ev := range []Event{
		Left{"x"},
		RelayUp{"x"},
		RelayDown{"x"},
		Message{"x", signaling.GetParents{}},
		Message{"a", signaling.DCOpened{DCID: "a-x", Substreams: 4}},
		Message{"a", signaling.DCClosed{DCID: "x-a"}},
		Message{"a", signaling.DCFailed{DCID: "a-"}},
		Joined{Peer: "a", Enter: signaling.Enter{}},
	} {
		if out, _ := r.Step(time.Second, ev); len(out) > 0 {
			t.Errorf("%#v: said %v", ev, out)
		}
		check(t, r)
	}
	if r.Len() != 1 || r.peers["a"].uplink != 4e6 {
		t.Errorf("room %+v", r.Snapshot())
	}
}

// TestTraffic: what peers report adds up, but for what no line carries.
func TestTraffic(t *testing.T) {
	t.Parallel()
	r := testRoom(1)
	r.Step(0, Joined{Peer: "a", Enter: signaling.Enter{}})
	for range 10_000 {
		r.Step(0, Message{"a", signaling.Statistics{Source: 1 << 40, P2P: 1}})
		r.Step(0, Message{"a", signaling.Statistics{Source: 1, P2P: 2}})
	}
	s := r.Snapshot()
	if s.SourceKB != 10_000 || s.P2PKB != 20_000 || s.Peers[0].SourceKB != 10_000 {
		t.Errorf("snapshot %+v", s)
	}
	for range 1000 { // each of them could be true
		r.Step(0, Message{"a", signaling.Statistics{Source: 10_000_000}})
	}
	if most := int64(maxTrafficRate * reportSlack.Seconds()); r.Snapshot().SourceKB > most || r.Snapshot().SourceKB < most/2 {
		t.Errorf("%d KB in no time", r.Snapshot().SourceKB)
	}
}
