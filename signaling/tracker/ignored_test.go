package tracker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hlspeer/signaling"
)

// TestIgnored: each kind of nonsense is counted once, under its own word, and
// changes nothing.
func TestIgnored(t *testing.T) {
	t.Parallel()
	opened := func(id signaling.DCID, n int) signaling.Message {
		return signaling.DCOpened{DCID: id, Substreams: n}
	}
	for name, tt := range map[string]struct {
		from signaling.PeerID
		m    signaling.Message
		want reason
	}{
		"opens a link of others":        {"x", opened("b-a", 4), ignoredStranger},
		"closes a link of others":       {"x", signaling.DCClosed{DCID: "b-a"}, ignoredStranger},
		"fails a link of others":        {"x", signaling.DCFailed{DCID: "b-a"}, ignoredStranger},
		"opens a link of nobody":        {"x", opened("y-z", 4), ignoredUnknown},
		"has a child that is not here":  {"x", opened("y-x", 4), ignoredUnknown},
		"has nobody as parent":          {"x", opened("x-", 4), ignoredUnknown},
		"is its own parent":             {"x", opened("x-x", 4), ignoredSelf},
		"is its grandchild's child":     {"a", opened("a-c", 4), ignoredCycle},
		"asks for more than there is":   {"x", opened("x-weak", 4), ignoredOverload},
		"adopts a stranger":             {"c", signaling.AdoptRequest{To: "x"}, ignoredAdopt},
		"adopts itself":                 {"c", signaling.AdoptRequest{To: "c"}, ignoredAdopt},
		"adopts nobody":                 {"c", signaling.AdoptRequest{To: "nobody"}, ignoredAdopt},
		"has fetched the whole network": {"c", signaling.Statistics{Source: 1 << 39}, ignoredStatistics},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := testRoom(1)
			r.config.Plan = false
			for _, id := range []signaling.PeerID{"a", "b", "c", "x"} {
				r.Step(0, Joined{Peer: id, Enter: signaling.Enter{UplinkBW: 4e6}})
				r.Step(0, RelayUp{id})
			}
			r.Step(0, Joined{Peer: "weak", Enter: signaling.Enter{}})
			r.Step(0, Message{"b", opened("b-a", 4)})
			r.Step(0, Message{"c", opened("c-b", 4)})
			if before := r.takeIgnored(); before != ([reasons]int{}) {
				t.Fatalf("sense counts as nonsense: %v", before)
			}
			edges := r.Snapshot().Edges
			r.Step(time.Second, Message{tt.from, tt.m})
			var want [reasons]int
			want[tt.want] = 1
			if got := r.takeIgnored(); got != want {
				t.Errorf("counted %v, want one %v", got, tt.want)
			}
			if now := r.Snapshot().Edges; now != edges {
				t.Errorf("%d links, before %d", now, edges)
			}
			check(t, r)
		})
	}
}

// TestSensible: what peers say in ordinary life is not counted.
func TestSensible(t *testing.T) {
	t.Parallel()
	c := newChurn(3, true)
	c.settle(100, 20, func() {})
	counts := c.room.takeIgnored()
	t.Logf("of %d peers in 30 minutes: %v", c.count, counts)
	for _, why := range []reason{ignoredStranger, ignoredSelf, ignoredParents, ignoredAdopt, ignoredFlood, ignoredStatistics} {
		if counts[why] > 0 {
			t.Errorf("%d messages count as %v", counts[why], why)
		}
	}
}

func TestFlood(t *testing.T) {
	t.Parallel()
	r := testRoom(1)
	r.Step(0, Joined{Peer: "a", Enter: signaling.Enter{UplinkBW: 4e6}})
	answers := 0
	for i := range 200 {
		out, _ := r.Step(time.Duration(i)*100*time.Millisecond, Message{"a", signaling.GetParents{}})
		answers += len(out)
		r.Step(time.Duration(i)*100*time.Millisecond, Message{"a", signaling.UplinkBW{Value: signaling.BitRate(4e6 + i)}})
	}
	if answers < 25 || answers > 35 { // 10 at once, and 20 in 20 s
		t.Errorf("%d answers", answers)
	}
	if got := r.takeIgnored()[ignoredFlood]; got != 2*(200-answers) {
		t.Errorf("%d count as flood, %d were answered", got, answers)
	}
}

func TestTooManyParents(t *testing.T) {
	t.Parallel()
	r := testRoom(1)
	r.Step(0, Joined{Peer: "a", Enter: signaling.Enter{}})
	for i := range maxParents + 3 {
		r.Step(0, Message{"a", signaling.DCOpened{DCID: signaling.DCID(fmt.Sprint("a-p", i)), Substreams: 1}})
	}
	if got := r.takeIgnored()[ignoredParents]; got != 3 {
		t.Errorf("%d links to nobody count as too many", got)
	}
}

// TestDoubted: the number of those who are not believed is right whatever
// happens.
func TestDoubted(t *testing.T) {
	t.Parallel()
	f := newFeed(t, 40e6, 2)
	f.minute(0, 0)
	for range 3 {
		f.minute(90, 90)
		f.minute(90, 90)
	}
	if f.room.doubted != 1 {
		t.Errorf("%d peers are doubted, want the parent", f.room.doubted)
	}
	f.step(Left{"q"})
	if f.room.doubted != 0 {
		t.Errorf("%d peers are doubted after it has left", f.room.doubted)
	}
	c := newCrowd(t, 9)
	for range 5000 {
		c.pass(200 * time.Millisecond)
		c.step(c.next())
		doubted := 0
		for _, p := range c.room.order {
			if p.trust.doubt > 0 {
				doubted++
			}
		}
		if doubted != c.room.doubted {
			t.Fatalf("%d are doubted, counted %d", doubted, c.room.doubted)
		}
	}
}

// TestIgnoredMetrics: every reason is there from the start, and counts.
func TestIgnoredMetrics(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	a, _ := s.join(testRoomName, 4e6)
	a.send(signaling.AdoptRequest{To: "nobody"})
	a.send(signaling.Enter{Channel: "elsewhere"})
	a.send(signaling.TransitionRequest{})
	a.receive()
	_, metrics, _ := s.get("/metrics")
	for why := range reasons {
		want := 0
		if why == ignoredAdopt || why == ignoredEnter {
			want = 1
		}
		if line := fmt.Sprintf("hlspeer_tracker_ignored_total{reason=%q} %d\n", why, want); !strings.Contains(metrics, line) {
			t.Errorf("no %s in\n%s", line, metrics)
		}
	}
	if !strings.Contains(metrics, "hlspeer_tracker_doubted_peers 0\n") {
		t.Error("doubted peers are not counted")
	}
}
