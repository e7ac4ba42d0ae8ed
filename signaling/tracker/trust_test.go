package tracker

import (
	"fmt"
	"testing"
	"time"

	"hlspeer/signaling"
)

// A feed is a parent and its children, who report every minute.
type feed struct {
	t    *testing.T
	room *Room
	now  time.Duration
}

func newFeed(t *testing.T, uplink signaling.BitRate, children int) *feed {
	f := &feed{t: t, room: testRoom(1), now: time.Second}
	f.join("q", uplink)
	for i := range children {
		id := signaling.PeerID(fmt.Sprint("c", i))
		f.join(id, 0)
		f.step(Message{id, signaling.DCOpened{DCID: signaling.NewDCID(id, "q"), Substreams: 4, StreamRate: 625_000}})
	}
	return f
}

func (f *feed) join(id signaling.PeerID, uplink signaling.BitRate) {
	f.step(Joined{Peer: id, Enter: signaling.Enter{UplinkBW: uplink, Resume: id}}) // as after a restart of the tracker
	f.step(RelayUp{id})
	f.step(Message{id, signaling.GetParents{}})
}

func (f *feed) step(ev Event) {
	f.room.Step(f.now, ev)
	check(f.t, f.room)
}

// minute lets a minute pass, and children report so much percent from the source.
func (f *feed) minute(source ...int64) {
	f.now += time.Minute
	for i, s := range source {
		f.step(Message{signaling.PeerID(fmt.Sprint("c", i)), signaling.Statistics{Source: s, P2P: 100 - s}})
	}
}

func (f *feed) slots() int { return f.room.peers["q"].slots }

// TestTrust follows what is believed of an uplink (T5).
func TestTrust(t *testing.T) {
	t.Parallel()
	t.Run("proof", func(t *testing.T) {
		t.Parallel()
		f := newFeed(t, 40e6, 3)
		if f.slots() != 14 {
			t.Fatalf("%d slots are believed at once", f.slots())
		}
		f.minute(0, 0, 0) // the first report begins before the links
		f.minute(0, 0, 0)
		if f.slots() != 57 {
			t.Errorf("%d slots after two clean minutes", f.slots())
		}
	})
	t.Run("not full", func(t *testing.T) {
		t.Parallel()
		f := newFeed(t, 40e6, 2)
		for range 10 {
			f.minute(0, 0)
		}
		if f.slots() != 14 {
			t.Errorf("%d slots without proof", f.slots())
		}
	})
	t.Run("overload", func(t *testing.T) {
		t.Parallel()
		f := newFeed(t, 8e6, 2) // 11 slots
		f.minute(50, 50)        // from before the links were old enough
		if f.slots() != 11 {
			t.Fatalf("judged at once: %d slots", f.slots())
		}
		for _, want := range []int{9, 7, 5, 4, 4} { // never less than a stream
			f.minute(50, 50)
			if f.slots() != want {
				t.Fatalf("%d slots, want %d", f.slots(), want)
			}
		}
		for range 60 {
			f.minute(0, 0)
		}
		if f.slots() != 11 {
			t.Errorf("%d slots after an hour without complaints", f.slots())
		}
	})
	t.Run("one of three", func(t *testing.T) {
		t.Parallel()
		f := newFeed(t, 10e6, 3)
		f.minute(0, 0, 0)
		for range 5 {
			f.minute(0, 0, 90)
		}
		if f.slots() != 14 {
			t.Errorf("%d slots for the trouble of one child", f.slots())
		}
	})
	t.Run("loss", func(t *testing.T) {
		t.Parallel()
		f := newFeed(t, 8e6, 1)
		for range 2 {
			f.minute()
			f.step(Message{"c0", signaling.Statistics{P2P: 100, LossRate: 0.06}})
		}
		if f.slots() != 9 {
			t.Errorf("%d slots with six percent lost", f.slots())
		}
	})
	t.Run("small", func(t *testing.T) {
		t.Parallel()
		f := newFeed(t, 1e6, 0) // one slot, and never none
		f.join("c0", 0)
		f.step(Message{"c0", signaling.DCOpened{DCID: "c0-q", Substreams: 1, StreamRate: 625_000}})
		for range 5 {
			f.minute(90)
		}
		if f.slots() != 1 {
			t.Errorf("%d slots", f.slots())
		}
	})
}

// TestTrustOfSeveral: a child with two parents speaks against the one that
// nobody else speaks for.
func TestTrustOfSeveral(t *testing.T) {
	t.Parallel()
	f := newFeed(t, 8e6, 1)
	f.join("a", 10e6)
	f.join("c1", 0)
	f.join("c2", 0)
	for _, id := range []signaling.DCID{"c1-q", "c1-a"} {
		f.step(Message{"c1", signaling.DCOpened{DCID: id, Substreams: 2, StreamRate: 625_000}})
	}
	f.minute(0, 50)
	for range 2 {
		f.minute(0, 50)
	}
	if q, a := f.slots(), f.room.peers["a"].slots; q != 11 || a != 9 {
		t.Errorf("q has %d slots, a %d", q, a)
	}
	f.step(Message{"c2", signaling.DCOpened{DCID: "c2-a", Substreams: 4, StreamRate: 625_000}})
	f.minute(0, 50, 0)
	f.minute(0, 50, 0) // now somebody speaks for both
	before := f.room.peers["a"].slots
	f.minute(0, 50, 0)
	f.minute(0, 50, 0)
	if a := f.room.peers["a"].slots; a != before || a <= 4 {
		t.Errorf("a has %d slots, after %d", a, before)
	}
}

// TestClaim: children that are there already are borne up to what is claimed.
func TestClaim(t *testing.T) {
	t.Parallel()
	f := newFeed(t, 40e6, 12)
	q := f.room.peers["q"]
	if q.used != 48 || q.slots != 14 || q.free() != 0 {
		t.Errorf("used %d of %d slots, %d free", q.used, q.slots, q.free())
	}
	for i := range 12 {
		if e := f.room.peers[signaling.PeerID(fmt.Sprint("c", i))].parents; len(e) != 1 || e[0].state != edgeOpen {
			t.Errorf("child %d was sent away", i)
		}
	}
}
