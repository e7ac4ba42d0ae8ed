package tracker

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/signaling"
)

func topologyPath(room string) string { return "/topology?room=" + url.QueryEscape(room) }

// watch opens the feed of a room and returns it with its first snapshot.
func (s *testServer) watch(room string) (*testSocket, signaling.Topology) {
	s.t.Helper()
	c := s.dial(topologyPath(room), nil)
	return c, c.snapshot()
}

// update returns the next message of a feed.
func (c *testSocket) update() signaling.Message {
	c.t.Helper()
	c.deadline()
	_, text, err := c.conn.ReadMessage()
	if err != nil {
		c.t.Fatalf("receiving: %v", err)
	}
	m, err := signaling.ParseFeed(text)
	if err != nil {
		c.t.Fatalf("%v: %s", err, text)
	}
	return m
}

func (c *testSocket) snapshot() signaling.Topology {
	c.t.Helper()
	m := c.update()
	topology, ok := m.(signaling.Topology)
	if !ok {
		c.t.Fatalf("%#v is no topology", m)
	}
	return topology
}

func (c *testSocket) ask(m signaling.Message) {
	c.t.Helper()
	c.sendText(string(signaling.Append(nil, m)))
}

func (c *testSocket) expect(want signaling.Message) {
	c.t.Helper()
	if got := c.update(); fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Errorf("%s %+v, want %s %+v", got.Action(), got, want.Action(), want)
	}
}

// TestFeed: the whole life of a channel as a viewer sees it that was there
// before.
func TestFeed(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	v, empty := s.watch(testRoomName + "?token=1")
	if len(empty.Nodes) != 0 || empty.TotalStreams != 4 || empty.Seq != firstSeq {
		t.Fatalf("before the channel begins: %+v", empty)
	}
	if _, rooms := s.server.hub.size(); rooms != 0 {
		t.Error("a viewer makes a room")
	}
	a, idA := s.join(testRoomName, 4e6)
	b, idB := s.join(testRoomName, 5e6)
	v.expect(signaling.NodeJoin{Node: signaling.Node{ID: idA, Info: signaling.NodeInfo{UplinkBW: 4e6}}, Seq: 2})
	v.expect(signaling.NodeJoin{Node: signaling.Node{ID: idB, Info: signaling.NodeInfo{UplinkBW: 5e6}}, Seq: 3})
	link := signaling.NewDCID(idB, idA)
	b.send(signaling.DCOpened{DCID: link, Substreams: 3})
	v.expect(signaling.EdgeUp{From: idA, To: idB, Substreams: 3, Seq: 4})
	b.send(signaling.DCOpened{DCID: link, Substreams: 4})
	v.expect(signaling.EdgeUp{From: idA, To: idB, Substreams: 4, Seq: 5})

	w, now := s.watch(testRoomName)
	slices.SortFunc(now.Nodes, func(x, y signaling.Node) int { return x.Info.Level - y.Info.Level })
	if now.Seq != 5 || len(now.Nodes) != 2 || now.Nodes[1].ID != idB || now.Nodes[1].Info.Level != 1 ||
		!slices.Equal(now.Nodes[1].Parents, []signaling.NodeParent{{ID: idA, Substreams: 4}}) {
		t.Fatalf("snapshot %+v", now)
	}
	b.send(signaling.Statistics{Source: 2, P2P: 6})
	b.send(signaling.TransitionRequest{})
	b.receive()
	w.ask(signaling.GetStats{})
	w.expect(signaling.Totals{Source: 2, P2P: 6, Seq: 5, Nodes: map[signaling.PeerID]signaling.NodeTotals{idA: {}, idB: {Source: 2, P2P: 6}}})
	w.ask(signaling.GetTopology{})
	if again := w.snapshot(); again.Seq != 5 || len(again.Nodes) != 2 {
		t.Errorf("asked again: %+v", again)
	}

	a.send(signaling.Leave{})
	for _, c := range []*testSocket{v, w} {
		c.expect(signaling.EdgeDown{From: idA, To: idB, Seq: 6})
		c.expect(signaling.NodeLeave{ID: idA, Seq: 7})
	}
	_, metrics, _ := s.get("/metrics")
	for _, line := range []string{
		"hlspeer_tracker_viewers 2", `viewer_messages_total{action="get_stats",direction="in"} 1`,
		`viewer_messages_total{action="connect",direction="out"} 2`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("no %q in\n%s", line, metrics)
		}
	}
	if strings.Contains(metrics, `hlspeer_tracker_messages_total{action="topology"`) {
		t.Error("viewers count as peers")
	}
}

// TestFeedOfCrowd: while peers come, link and go on sockets of their own, viewers
// that came at different times read the same, and in the end what the room knows.
func TestFeedOfCrowd(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	_, fixed := s.join(testRoomName, 1e9)
	var crowd sync.WaitGroup
	for i := range 6 {
		crowd.Go(func() {
			for round := range 8 {
				c, id := s.join(testRoomName, 4e6)
				for n := range 5 {
					c.send(signaling.DCOpened{DCID: signaling.NewDCID(id, fixed), Substreams: 1 + (i+n)%4})
				}
				if round%2 == 0 {
					c.send(signaling.DCClosed{DCID: signaling.NewDCID(id, fixed)})
				}
				if round < 6 {
					c.send(signaling.Leave{})
					c.closed()
				} else { // the answer says that all before it is done
					c.send(signaling.TransitionRequest{})
					for answered := false; !answered; {
						_, answered = c.receive().(signaling.TransitionReply)
					}
				}
			}
		})
	}
	var viewers []*testSocket
	var pictures []*picture
	for range 5 {
		v, snapshot := s.watch(testRoomName)
		viewers, pictures = append(viewers, v), append(pictures, newPicture(snapshot))
	}
	crowd.Wait()
	s.settle(1 + 2*6 + len(viewers))
	for i, v := range viewers {
		v.ask(signaling.GetStats{})
		for {
			m := v.update()
			if totals, ok := m.(signaling.Totals); ok {
				if totals.Seq != pictures[i].seq {
					t.Errorf("viewer %d has read up to %d of %d", i, pictures[i].seq, totals.Seq)
				}
				break
			}
			if err := pictures[i].apply(m); err != nil {
				t.Fatal(err)
			}
		}
		now, _ := s.server.hub.snapshot(t.Context(), testRoomName)
		if fault := pictures[i].differs(now); fault != "" || len(now.Peers) != 13 {
			t.Errorf("viewer %d, %d peers: %s", i, len(now.Peers), fault)
		}
	}
}

// TestFeedElsewhere: a viewer may turn to another channel, and nothing of the
// first one follows.
func TestFeedElsewhere(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	const other = "http://host/other.m3u8"
	s.join(testRoomName, 4e6)
	v, first := s.watch(testRoomName)
	if len(first.Nodes) != 1 {
		t.Fatalf("snapshot %+v", first)
	}
	v.ask(signaling.GetTopology{Channel: other + "?x=1"})
	if second := v.snapshot(); len(second.Nodes) != 0 {
		t.Errorf("snapshot of the other channel %+v", second)
	}
	s.join(testRoomName, 4e6)
	_, id := s.join(other, 4e6)
	v.expect(signaling.NodeJoin{Node: signaling.Node{ID: id, Info: signaling.NodeInfo{UplinkBW: 4e6}}, Seq: 2})
	v.ask(signaling.GetTopology{Channel: testRoomName})
	if back := v.snapshot(); len(back.Nodes) != 2 {
		t.Errorf("snapshot of the first channel %+v", back)
	}
	nowhere := s.dial("/topology", nil)
	if got := nowhere.snapshot(); len(got.Nodes) != 0 {
		t.Errorf("without a channel: %+v", got)
	}
	nowhere.ask(signaling.GetStats{})
	nowhere.expect(signaling.Totals{Seq: firstSeq})
}

// TestFeedEnds: a watched room ends like any other. Its viewers begin anew.
func TestFeedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, func(c *Config) { c.MaxChannels = 1 })
		v, _ := s.watch(testRoomName)
		a, id := s.join(testRoomName, 4e6)
		v.expect(signaling.NodeJoin{Node: signaling.Node{ID: id, Info: signaling.NodeInfo{UplinkBW: 4e6}}, Seq: 2})
		began := time.Now()
		a.send(signaling.Leave{})
		v.expect(signaling.NodeLeave{ID: id, Seq: 3})
		if end := v.snapshot(); len(end.Nodes) != 0 || end.Seq != firstSeq || time.Since(began) > emptyTime+time.Second {
			t.Errorf("after %v the end was %+v", time.Since(began), end)
		}
		_, id = s.join(testRoomName, 4e6)
		v.expect(signaling.NodeJoin{Node: signaling.Node{ID: id, Info: signaling.NodeInfo{UplinkBW: 4e6}}, Seq: 2})
		v.close()
		synctest.Wait()
		if s.server.hub.demand(testRoomName) != (demand{}) || s.server.hub.viewers() != 0 {
			t.Error("a viewer that has gone is there")
		}
		if s.server.hub.rooms[testRoomName].room.record.on {
			t.Error("the room records for nobody")
		}
		s.stop()
	})
}

// TestSlowViewer: who does not read loses changes and gets a snapshot in their
// place; who reads loses none; peers notice nothing.
func TestSlowViewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		a, idA := s.join(testRoomName, 4e6)
		b, idB := s.join(testRoomName, 4e6)
		slow, snapshot := s.watch(testRoomName)
		seen := newPicture(snapshot)
		quick, _ := s.watch(testRoomName)
		slow.ask(signaling.GetStats{})
		link := signaling.NewDCID(idB, idA)
		for i := range 2 * maxBacklog {
			b.send(signaling.DCOpened{DCID: link, Substreams: 1 + i%2})
			quick.expect(signaling.EdgeUp{From: idA, To: idB, Substreams: 1 + i%2, Seq: uint64(2 + i)})
		}
		synctest.Wait()
		snapshots, totals := 0, 0
		for seen.seq < uint64(1+2*maxBacklog) {
			switch m := slow.update().(type) {
			case signaling.Topology:
				snapshots++
				seen = newPicture(m)
			case signaling.Totals:
				totals++
			default:
				if err := seen.apply(m); err != nil {
					t.Fatal(err)
				}
			}
		}
		if snapshots != 1 || totals != 1 {
			t.Errorf("%d snapshots and %d answers", snapshots, totals)
		}
		a.send(signaling.Leave{})
		for _, m := range []signaling.Message{
			signaling.EdgeDown{From: idA, To: idB, Seq: 2 + 2*maxBacklog}, signaling.NodeLeave{ID: idA, Seq: 3 + 2*maxBacklog},
		} {
			slow.expect(m)
			quick.expect(m)
		}
		s.stop()
	})
}

// TestDeadViewer: who never reads is gone soon, and holds up nobody.
func TestDeadViewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		s.watch(testRoomName)
		s.join(testRoomName, 4e6)
		time.Sleep(2 * writeTimeout)
		if n := s.server.hub.viewers(); n != 0 {
			t.Errorf("%d viewers", n)
		}
		s.stop()
	})
}

// TestLongSnapshot: a large channel's snapshot arrives whole at a viewer that
// needs longer for it than one write may take.
func TestLongSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		r := testRoom(1)
		for i := range 3000 {
			r.Step(0, Joined{Peer: signaling.PeerID(fmt.Sprintf("peer%08d", i)), Enter: signaling.Enter{UplinkBW: 4e6}})
		}
		v, _ := s.watch(testRoomName)
		for w := range s.server.hub.audience.rooms[testRoomName] {
			w.want(true, false)
		}
		s.server.hub.show(testRoomName, r.Topology())
		_, in, err := v.conn.NextReader()
		if err != nil {
			t.Fatal(err)
		}
		var text []byte
		for buf := make([]byte, maxWrite); err == nil; {
			var n int
			n, err = in.Read(buf)
			text = append(text, buf[:n]...)
			time.Sleep(100 * time.Millisecond)
		}
		m, err := signaling.ParseFeed(text)
		if got, ok := m.(signaling.Topology); !ok || len(got.Nodes) != 3000 {
			t.Errorf("%d bytes are %T, %v", len(text), m, err)
		}
		s.stop()
	})
}

func TestFeedFaults(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) {
		c.MaxViewersPerChannel, c.MaxViewers, c.MaxPerAddress = 2, 3, 4
		c.AllowedOrigins = []string{"https://good.example"}
	})
	v, _ := s.watch(testRoomName)
	bad := http.Header{"Origin": {"https://bad.example"}}
	if status, _ := s.refused(topologyPath(testRoomName), bad); status != 403 {
		t.Errorf("foreign origin: %d", status)
	}
	if status, _ := s.refused(topologyPath(strings.Repeat("x", signaling.MaxString+1)), nil); status != 400 {
		t.Errorf("long name: %d", status)
	}
	s.watch(testRoomName)
	if code := s.dial(topologyPath(testRoomName), nil).closed(); code != 1013 {
		t.Errorf("third viewer of a channel: closed with %d", code)
	}
	s.settle(2)
	other, _ := s.watch("another")
	if status, body := s.refused(topologyPath("yet another"), nil); status != 503 || !strings.Contains(body, "viewers") {
		t.Errorf("fourth viewer: %d %q", status, body)
	}
	other.ask(signaling.GetTopology{Channel: testRoomName})
	if code := other.closed(); code != 1013 {
		t.Errorf("a viewer that turns to a full channel: closed with %d", code)
	}
	s.settle(2)
	s.join(testRoomName, 1)
	s.dial("/signal", nil)
	if status, _ := s.refused("/signal?id=x", nil); status != 429 {
		t.Errorf("viewers do not count for their address: %d", status)
	}
	v.update()
	for range maxStrikes {
		v.sendText("{")
		v.sendText(`{"action":"enter"}`) // unknown here, but never a strike
	}
	v.ask(signaling.GetStats{})
	v.update()
	v.sendText(`{"action":5}`)
	if code := v.closed(); code != endMalformed.code {
		t.Errorf("unreadable: closed with %d", code)
	}
}

// TestCuriousViewer: questions without end are answered slowly.
func TestCuriousViewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		v, _ := s.watch(testRoomName)
		go func() {
			for range viewerPace.burst + 10 {
				v.ask(signaling.GetStats{})
			}
		}()
		began := time.Now()
		for range viewerPace.burst + 10 {
			v.update()
		}
		if took := time.Since(began); took < 8*time.Second || took > 11*time.Second {
			t.Errorf("took %v", took)
		}
		s.stop()
	})
}
