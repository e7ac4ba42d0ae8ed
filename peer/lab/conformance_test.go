package lab

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer"
	"hlspeer/signaling"
)

// The cases of protocol 10 that only a whole agent shows, seen by a remote
// peer that speaks the wire itself.

// served directs a peer that plays, with a stranger as its child.
func served(t *testing.T, c SwarmConfig, act func(st *stage, s *stranger, l *datachannel.Link)) {
	t.Helper()
	s := &stranger{}
	c.Peers = max(c.Peers, 1)
	prepared(t, c, func(st *stage) { st.settle(s) }, func(st *stage) {
		time.Sleep(20 * time.Second)
		leave := s.join(st)
		time.Sleep(time.Second)
		act(st, s, s.dial(signaling.PeerID(st.Rows()[0].PeerID)))
		leave()
	})
}

// ask sends a REQUEST and gives the answer: PIECE or LACK.
func (s *stranger) ask(l *datachannel.Link, r datachannel.Request) datachannel.Message {
	s.t.Helper()
	if err := l.Send(r); err != nil {
		s.t.Fatal(err)
	}
	for {
		select {
		case m := <-s.heard:
			switch m.(type) {
			case datachannel.Piece, datachannel.Lack:
				return m
			}
		case <-time.After(5 * time.Second):
			s.t.Fatalf("no answer to %+v", r)
		}
	}
}

// TestCases12To16 are what a REQUEST may look like, and case 20: what was
// there and is no more.
func TestCases12To16(t *testing.T) {
	t.Parallel()
	served(t, SwarmConfig{}, func(st *stage, s *stranger, l *datachannel.Link) {
		edge := int64(*st.Rows()[0].Edge)
		name, sn := segmentName(edge), datachannel.SN(edge)
		for what, tt := range map[string]struct {
			ask    datachannel.Request
			served bool
		}{
			"12 not cached":         {datachannel.Request{URL: "seg-7000.ts", SN: datachannel.NoSN}, false},
			"13 url alone":          {datachannel.Request{URL: name, SN: datachannel.NoSN}, true},
			"14 url, sn and br":     {datachannel.Request{URL: name, SN: sn, BitRate: 200_000}, true},
			"14 another sn":         {datachannel.Request{URL: name, SN: sn - 3, BitRate: 200_000}, true},
			"15 sn alone":           {datachannel.Request{SN: sn}, true},
			"15 unknown sn":         {datachannel.Request{SN: 7000}, false},
			"16 another query":      {datachannel.Request{URL: name + "?a=b", SN: datachannel.NoSN}, false},
			"16 absolute, not so":   {datachannel.Request{URL: "/" + name, SN: datachannel.NoSN}, false},
			"20 slid out":           {datachannel.Request{URL: segmentName(edge - 14), SN: datachannel.NoSN}, false},
			"an sn that cannot be":  {datachannel.Request{URL: "x", SN: -5}, false},
			"12 unknown url, an sn": {datachannel.Request{URL: "x.ts", SN: sn}, false},
		} {
			switch m := s.ask(l, tt.ask).(type) {
			case datachannel.Piece:
				want := name
				if tt.ask.URL != "" {
					want = tt.ask.URL
				}
				if !tt.served || m.URL != want || m.SN != sn || m.Size != int64(len(st.origin.Segment("", edge))) || m.Current < sn {
					t.Errorf("%s: %+v", what, m)
				}
			case datachannel.Lack:
				if tt.served || m.URL != tt.ask.URL || m.Current < datachannel.SN(edge-4) || m.Current > sn+8 {
					t.Errorf("%s: %+v", what, m)
				}
			}
		}
		st.unharmed()
	})
}

// TestCase12BeforePlayback: nobody plays, so there is no playhead to tell.
func TestCase12BeforePlayback(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{adjust: func(_ int, c *peer.Config) { c.Schedulers = c.Schedulers[:1] }}
	served(t, c, func(_ *stage, s *stranger, l *datachannel.Link) {
		m, ok := s.ask(l, datachannel.Request{URL: "seg-7000.ts", SN: 7000}).(datachannel.Lack)
		if !ok || m.SN != 7000 {
			t.Errorf("answer %+v, want a LACK with the requested sn", m)
		}
	})
}

// TestCase18: a piece that comes when the source has been asked is of no use:
// it is neither delivered nor counted.
func TestCase18(t *testing.T) {
	t.Parallel()
	s := &stranger{}
	c := SwarmConfig{Peers: 1, adjust: func(_ int, c *peer.Config) { c.Upload = 0 }}
	prepared(t, c, func(st *stage) {
		s.request = func(s *stranger, l *datachannel.Link, r datachannel.Request) {
			pause(s.ctx, 2700*time.Millisecond)
			body := st.truth(r)
			_ = l.SendPiece(s.ctx, datachannel.Piece{URL: r.URL, SN: r.SN, Size: int64(len(body))}, &content{s: s, data: body})
		}
		st.settle(s)
	}, func(st *stage) {
		leave := s.join(st)
		time.Sleep(40 * time.Second)
		st.unharmed()
		r := st.rows()[0]
		if s.asked.Load() == 0 || r.Bytes.P2P > 0 || r.Counts.P2P > 0 {
			t.Errorf("%d REQUESTs, %d bytes from peers, want some and none", s.asked.Load(), r.Bytes.P2P)
		}
		if len(r.Parents) == 0 && s.asked.Load() < 3 {
			t.Error("a late piece ended the link")
		}
		leave()
	})
}

// TestCase25: the source fails for one peer. What its parent has, it takes
// from there although the source was to deliver it.
func TestCase25(t *testing.T) {
	t.Parallel()
	var f trouble
	c := SwarmConfig{
		Peers: 2, Uplinks: []int64{strong}, JoinEvery: time.Second, Origin: OriginConfig{Faults: f.faults},
		adjust: func(i int, c *peer.Config) { c.Origin.UserAgent = fmt.Sprint("peer ", i+1) },
	}
	play(t, c, func(st *stage) {
		time.Sleep(20 * time.Second)
		f.set(func(r *http.Request) Fault {
			if isSegment(r) && r.UserAgent() == "peer 2" {
				return Fault{Status: http.StatusGatewayTimeout}
			}
			return Fault{Delay: 20 * time.Millisecond}
		})
		before := st.rows()[1].Counts
		time.Sleep(60 * time.Second)
		if after := st.rows()[1].Counts; after.HTTP > before.HTTP || after.P2P < before.P2P+25 {
			t.Errorf("%+v, a minute before %+v: want all from the parent", after, before)
		}
		st.unharmed()
	})
}

// TestCases31And32: a peer that stops says so to its links and to the tracker,
// and takes no offers any more.
func TestCases31And32(t *testing.T) {
	t.Parallel()
	served(t, SwarmConfig{Peers: 3, JoinEvery: time.Second}, func(st *stage, s *stranger, l *datachannel.Link) {
		id := string(st.Rows()[0].PeerID)
		if _, ok := st.known(t)[id]; !ok {
			t.Fatal("the tracker does not know the peer")
		}
		time.Sleep(time.Second)
		began := time.Now()
		st.quit(0)
		<-l.Done()
		if !datachannel.Deliberate(l.Err()) {
			t.Errorf("the link ended with %v, want a good-bye", l.Err())
		}
		time.Sleep(time.Second)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("leaving took %v", took)
		}
		if _, ok := st.known(t)[id]; ok {
			t.Error("the tracker still knows the peer")
		}
		late, err := s.host.Offer(datachannel.PeerID(id), s.signalTo(signaling.PeerID(id)), s)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-s.open:
			t.Error("a peer that has stopped takes an offer")
		case <-late.Done():
		}
		st.unharmed()
	})
}

// TestHostileMessagesAreCounted: what makes no sense changes nothing, neither
// for the player nor for the link, and the operator can see it.
func TestHostileMessagesAreCounted(t *testing.T) {
	t.Parallel()
	served(t, SwarmConfig{}, func(st *stage, s *stranger, l *datachannel.Link) {
		for _, m := range []datachannel.Message{
			datachannel.Grant{TTL: 1, From: "somebody", To: "somebody"},
			datachannel.Transition{UplinkBW: 1e9, TTL: 0, SourceTTL: 2, From: "somebody"},
			datachannel.Lack{URL: segmentName(3), SN: 3},
			datachannel.KeepaliveAck{Current: 3},
		} {
			if err := l.Send(m); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Second)
		answer := httptest.NewRecorder()
		st.members[0].agent.Admin().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://localhost/metrics", nil))
		for _, reason := range []string{"not a parent", "bad ttl", "not asked"} {
			if line := fmt.Sprintf("hlspeer_ignored_messages_total{channel=\"live\",reason=%q} 1\n", reason); !strings.Contains(answer.Body.String(), line) {
				t.Errorf("metrics lack %s", line)
			}
		}
		if _, ok := s.ask(l, datachannel.Request{URL: segmentName(int64(*st.Rows()[0].Edge))}).(datachannel.Piece); !ok {
			t.Error("the link serves no more")
		}
		st.unharmed()
	})
}

// TestCase65: what the tracker is told of traffic adds up to what was moved.
func TestCase65(t *testing.T) {
	t.Parallel()
	play(t, SwarmConfig{Peers: 2, Uplinks: []int64{strong}, JoinEvery: time.Second}, func(st *stage) {
		time.Sleep(3*time.Minute + 500*time.Millisecond)
		told := map[string]reportNode{}
		for _, n := range st.nodes(t) {
			told[n.ID] = n
		}
		const slack = 4 * 60 // KB: what came since the last report, within 5 s
		for _, r := range st.rows() {
			n := told[string(r.PeerID)]
			if http := r.Bytes.HTTP / 1024; n.SourceKB > http || n.SourceKB < http-slack {
				t.Errorf("peer %d: %d KB by HTTP, the tracker knows of %d", r.Peer, http, n.SourceKB)
			}
			if p2p := r.Bytes.P2P / 1024; n.P2PKB > p2p || n.P2PKB < p2p-slack {
				t.Errorf("peer %d: %d KB from peers, the tracker knows of %d", r.Peer, p2p, n.P2PKB)
			}
		}
	})
}
