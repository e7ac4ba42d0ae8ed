package tracker

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/signaling"
)

// feedCount is how many channels without a room are looked after.
func (s *testServer) feedCount() int {
	s.server.hub.feeds.mu.Lock()
	defer s.server.hub.feeds.mu.Unlock()
	return len(s.server.hub.feeds.feeds)
}

// TestSwarmFeedOverrun: a viewer for whom too much changes at once gets a snapshot
// in its place, and goes on from there.
func TestSwarmFeedOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const peers = 24 // so that there are more links than a viewer may be behind
		s := startPiped(t, func(c *Config) { c.HeartbeatInterval, c.IdleTimeout = 3600, 3*time.Hour })
		v, _ := s.watch(testHash)
		var ids []signaling.PeerID
		for range peers {
			id, _ := s.announce(testHash, "")
			s.relay(id)
			ids = append(ids, id)
		}
		all := fmt.Sprintf("%q", ids)
		all = strings.ReplaceAll(all, " ", ",")
		for _, id := range ids {
			s.neighbours(id, all)
		}
		seen := newPicture(v.snapshot())
		if links := peers * (peers - 1) / 2; len(seen.nodes) != peers || len(seen.links) != links || links <= maxBacklog {
			t.Fatalf("%d peers and %d links, want %d and %d", len(seen.nodes), len(seen.links), peers, links)
		}
		for _, id := range ids {
			s.neighbours(id, "[]")
		}
		s.neighbours(ids[0], fmt.Sprintf("[%q]", ids[1]))
		now := v.snapshot()
		if rest := newPicture(now); len(rest.links) != 1 || now.Seq <= seen.seq {
			t.Fatalf("links %v with number %d, after %d", rest.links, now.Seq, seen.seq)
		}
		s.neighbours(ids[0], "[]")
		v.expect(signaling.EdgeDown{From: min(ids[0], ids[1]), To: max(ids[0], ids[1]), Seq: now.Seq + 1})
		s.stop()
	})
}

// TestSwarmFeedExpiry: who falls silent goes, and its links with it.
func TestSwarmFeedExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, func(c *Config) { c.HeartbeatInterval, c.IdleTimeout = 10, time.Hour })
		a, _ := s.announce(testHash, "")
		s.relay(a)
		b, _ := s.announce(testHash, "")
		s.relay(b)
		s.neighbours(a, fmt.Sprintf("[%q]", b))
		v, now := s.watch(testHash)
		time.Sleep(20 * time.Second)
		s.neighbours(a, fmt.Sprintf("[%q]", b)) // lives on
		v.expect(signaling.EdgeDown{From: min(a, b), To: max(a, b), Seq: now.Seq + 1})
		v.expect(signaling.NodeLeave{ID: b, Seq: now.Seq + 2})
		s.stop()
	})
}

// TestSwarmFeedLies: whatever a peer says of its neighbours, it has no more than
// there may be, and no links with itself, with nobody or with peers of other swarms.
func TestSwarmFeedLies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, func(c *Config) { c.HeartbeatInterval, c.IdleTimeout = 3600, 3*time.Hour })
		a, _ := s.announce(testHash, "")
		s.relay(a)
		foreign, _ := s.announce("another", "")
		s.relay(foreign)
		var many []string
		for i := range 4 * maxNeighbours {
			many = append(many, fmt.Sprintf(`"x%011d"`, i))
		}
		for _, list := range []string{
			`["` + string(a) + `","` + string(foreign) + `"]`,
			`[` + strings.Join(many, ",") + `]`,
			`[` + strings.Repeat(`0,`, 1900) + `0]`,
			strings.Repeat(`[`, 1900) + strings.Repeat(`]`, 1900),
			`["` + strings.Repeat("x", 3000) + `"]`,
			`[null,true,{},[],"",1e99,"\u0000"]`,
			`"` + string(a) + `"`, `null`, `7`, `{}`,
		} {
			body := `{"neighbours":` + list + `}`
			status, _, _ := s.ask("POST", memberPath("/stats", testHash, a), "", body)
			if want := len(body) > maxBody; (status != 200) != want {
				t.Errorf("%.40s of %d bytes: %d", list, len(body), status)
			}
			s.server.swarms.mu.Lock()
			told := s.server.swarms.peers[a].neighbours
			s.server.swarms.mu.Unlock()
			for _, id := range told {
				if !isPeerID(id) {
					t.Errorf("%.40s: keeps %q", list, id)
				}
			}
			if len(told) > maxNeighbours {
				t.Errorf("%.40s: keeps %d", list, len(told))
			}
		}
		b, _ := s.announce(testHash, "")
		s.relay(b)
		s.neighbours(a, strings.ReplaceAll(fmt.Sprintf("%q", []signaling.PeerID{a, b, foreign, b, a, b}), " ", ","))
		_, now := s.watch(testHash)
		if seen := newPicture(now); len(seen.nodes) != 2 || len(seen.links) != 1 {
			t.Errorf("shown: %+v", now)
		}
		s.stop()
	})
}

// TestSwarmFeedOvertaken: viewers of a channel whose room begins while its swarm is
// told of ask again, and who comes to a feed that ends gets another.
func TestSwarmFeedOvertaken(t *testing.T) {
	s := start(t, nil)
	id, _ := s.announce(testHash, "")
	s.relay(id)
	h := s.server.hub
	w := newWatcher()
	if err := h.follow("foo", w); err != nil {
		t.Fatal(err)
	}
	w.turn("foo")
	if _, _, ask := w.next(); !ask {
		t.Fatal("a new viewer wants no snapshot")
	}
	f := h.feeds.of("foo")
	h.feeds.stop("foo") // which tell does not know of yet
	f.mu.Lock()
	if h.feeds.tell(f, true) {
		t.Error("a feed that has ended goes on")
	}
	f.mu.Unlock()
	if m, _, ask := w.next(); m != nil || !ask {
		t.Errorf("the viewer believes %v", m)
	}

	if h.feeds.serve(f) {
		t.Error("a feed that has ended serves")
	}
	h.ask(context.Background(), "foo")
	if m, _, _ := w.next(); m == nil || s.feedCount() != 1 {
		t.Errorf("the viewer gets %v of %d feeds", m, s.feedCount())
	}
	f = h.feeds.of("foo")
	h.unfollow("foo", w)
	h.ask(context.Background(), "foo")
	if s.feedCount() != 0 || h.feeds.serve(f) {
		t.Error("a feed for nobody")
	}
}

// TestSwarmFeedCrowd: while viewers come and go and rooms of the same name begin,
// everybody gets a snapshot, and no feed is left beside a room.
func TestSwarmFeedCrowd(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	var crowd sync.WaitGroup
	for i := range 3 {
		crowd.Go(func() {
			for n := range 20 {
				v, _ := s.watch(fmt.Sprint("room", n))
				if i == 0 {
					v.close()
				}
			}
		})
	}
	crowd.Go(func() {
		for n := range 20 {
			s.join(fmt.Sprint("room", n), 4e6)
		}
	})
	crowd.Wait()
	if n := s.feedCount(); n != 0 {
		t.Errorf("%d feeds beside rooms", n)
	}
	for n := range 20 {
		if _, now := s.watch(fmt.Sprint("room", n)); len(now.Nodes) != 1 {
			t.Errorf("room %d: %+v", n, now)
		}
	}
}
