package tracker

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/signaling"
)

// neighbours posts a report that names whom a peer is linked with.
func (s *testServer) neighbours(id signaling.PeerID, list string) {
	s.t.Helper()
	if status, _, _ := s.ask(http.MethodPost, memberPath("/stats", testHash, id), "text/plain", `{"source":1,"p2p":2,"neighbours":`+list+`}`); status != 200 {
		s.t.Errorf("neighbours %.60s: %d", list, status)
	}
}

// TestSwarmFeed: who watches a channel that has a swarm sees its peers come, link
// and go, as if it were a mesh.
func TestSwarmFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, func(c *Config) { c.HeartbeatInterval, c.IdleTimeout = 3600, 3*time.Hour })
		c, nobody := s.watch(testHash)
		if len(nobody.Nodes) != 0 || nobody.Seq != firstSeq {
			t.Errorf("nobody is there, and %+v is shown", nobody)
		}
		seq := nobody.Seq
		expect := func(want func(seq uint64) signaling.Message) {
			t.Helper()
			seq++
			if got := c.update(); !reflect.DeepEqual(got, want(seq)) {
				t.Errorf("%+v, want %+v", got, want(seq))
			}
		}
		join := func() (signaling.PeerID, *testSocket) {
			t.Helper()
			id, _ := s.announce(testHash, "&ISP=Telenet&ul_bw=4000000&device=PC")
			relay := s.relay(id)
			expect(func(seq uint64) signaling.Message {
				return signaling.NodeJoin{Seq: seq, Node: signaling.Node{ID: id, Info: signaling.NodeInfo{
					ISP: "Telenet", UplinkBW: 4e6, Device: "PC", Engine: engineBitTorrent,
				}}}
			})
			return id, relay
		}
		a, _ := join()
		b, relay := join()
		edge := func(from, to signaling.PeerID) (signaling.PeerID, signaling.PeerID) {
			return min(from, to), max(from, to)
		}
		from, to := edge(a, b)
		s.neighbours(a, fmt.Sprintf(`[%q]`, b))
		expect(func(seq uint64) signaling.Message { return signaling.EdgeUp{From: from, To: to, Seq: seq} })
		s.neighbours(b, fmt.Sprintf(`[%q]`, a)) // the same link
		third, _ := join()
		s.neighbours(third, fmt.Sprintf(`[%q,%q]`, third, "0123456789ab")) // itself, and nobody
		s.neighbours(third, `["`+strings.Repeat(`x","`, 1000)+`"]`)
		s.neighbours(third, `{"a":1}`)
		s.neighbours(a, `[]`)
		time.Sleep(3 * feedEvery)
		s.neighbours(b, `[]`)
		expect(func(seq uint64) signaling.Message { return signaling.EdgeDown{From: from, To: to, Seq: seq} })
		s.neighbours(b, fmt.Sprintf(`[%q]`, a))
		expect(func(seq uint64) signaling.Message { return signaling.EdgeUp{From: from, To: to, Seq: seq} })

		// A second viewer, and one by another name of the channel, see the same.
		_, now := s.watch(testHash)
		if len(now.Nodes) != 3 || now.Seq != seq || now.TotalStreams != 0 {
			t.Errorf("a second viewer sees %+v", now)
		}
		for _, n := range now.Nodes {
			if n.ID == to && (len(n.Parents) != 1 || n.Parents[0].ID != from) {
				t.Errorf("a second viewer sees the links %+v", n.Parents)
			}
		}
		c.send(signaling.GetStats{})
		if got, ok := c.update().(signaling.Totals); !ok || got.Source == 0 || got.Nodes[a].P2P == 0 || got.Seq != seq {
			t.Errorf("statistics %+v", got)
		}

		relay.close()
		expect(func(seq uint64) signaling.Message { return signaling.EdgeDown{From: from, To: to, Seq: seq} })
		expect(func(seq uint64) signaling.Message { return signaling.NodeLeave{ID: b, Seq: seq} })

		// Nothing is left of it when nobody watches.
		s.stop()
	})
}

// TestSwarmFeedEnds: a feed ends with its last viewer, and gives way to a room of
// the same name.
func TestSwarmFeedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, func(c *Config) { c.HeartbeatInterval, c.IdleTimeout = 3600, 3*time.Hour })
		feeds := func() int {
			synctest.Wait()
			s.server.hub.feeds.mu.Lock()
			defer s.server.hub.feeds.mu.Unlock()
			return len(s.server.hub.feeds.feeds)
		}
		id, _ := s.announce(testHash, "&channel=foo")
		s.relay(id)
		c, now := s.watch("foo") // whose SHA-1 the info_hash is
		if len(now.Nodes) != 1 || feeds() != 1 {
			t.Errorf("%d feeds, which show %+v", feeds(), now)
		}
		peer, other := s.join("foo", 4e6)
		if m, ok := c.update().(signaling.Topology); !ok || len(m.Nodes) != 0 || m.Seq != firstSeq {
			t.Errorf("when a room begins: %+v", m)
		}
		if m, ok := c.update().(signaling.NodeJoin); !ok || m.Node.ID != other || m.Seq != firstSeq+1 {
			t.Errorf("of the room: %+v", m)
		}
		if n := feeds(); n != 0 {
			t.Errorf("%d feeds beside a room", n)
		}
		peer.close()
		for {
			if m, ok := c.update().(signaling.NodeJoin); ok && m.Node.ID == id {
				break // the swarm again
			}
		}
		c.close()
		time.Sleep(3 * feedEvery)
		if n := feeds(); n != 0 {
			t.Errorf("%d feeds for nobody", n)
		}
		s.stop()
	})
}
