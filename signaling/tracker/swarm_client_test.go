package tracker

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/signaling"
)

// A testMember is our own client in a swarm of a test server.
type testMember struct {
	*signaling.Swarm
	t    *testing.T
	stop func()
}

func (s *testServer) member(room string, change func(*signaling.SwarmConfig)) *testMember {
	s.t.Helper()
	c := signaling.DefaultSwarmConfig()
	c.Announces, c.Signalers = []string{"http://" + s.addr}, []string{"ws://" + s.addr + "/signal"}
	c.Room, c.NetDial = room, s.dialer.NetDialContext
	c.Enter = func() signaling.Enter { return signaling.Enter{UplinkBW: 4e6, Device: "PC"} }
	if change != nil {
		change(&c)
	}
	swarm, err := signaling.NewSwarm(c)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- swarm.Run(ctx) }()
	stop := func() {
		cancel()
		for range swarm.Events() { // nothing may keep Run from returning
		}
	}
	s.t.Cleanup(stop)
	return &testMember{swarm, s.t, stop}
}

func heard[E signaling.Event](m *testMember) E {
	m.t.Helper()
	var none E
	select {
	case e := <-m.Events():
		want, ok := e.(E)
		if !ok {
			m.t.Fatalf("event %#v, want %T", e, none)
		}
		return want
	case <-time.After(time.Hour):
		m.t.Fatalf("no event, want %T", none)
		return none
	}
}

// joined waits until the member is there.
func (m *testMember) joined() (signaling.PeerID, []signaling.PeerID) {
	m.t.Helper()
	id := heard[signaling.Accepted](m).Accept.PeerID
	peers := heard[signaling.Peers](m).IDs
	heard[signaling.RelayUp](m)
	synctest.Wait() // the server registers the socket a moment after it has opened
	return id, peers
}

// TestSwarmOfOurOwn goes the whole way of two peers: announce, relay, signals,
// statistics, peers, the loss of the tracker's memory, and the end.
func TestSwarmOfOurOwn(t *testing.T) {
	for name, slash := range map[string]string{"new form": "", "old form": "/"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := startPiped(t, nil)
				old := func(c *signaling.SwarmConfig) { c.Announces[0] += slash }
				a := s.member(testRoomName, old)
				idA, peers := a.joined()
				if len(peers) != 0 {
					t.Errorf("the first is told of %v", peers)
				}
				b := s.member(testRoomName, old)
				idB, peers := b.joined()
				if !slices.Equal(peers, []signaling.PeerID{idA}) {
					t.Errorf("the second is told of %v", peers)
				}
				if err := b.Signal(idA, []byte(`{"type":"offer"}`)); err != nil {
					t.Error(err)
				}
				if got := heard[signaling.Signaled](a); got.From != idB || string(got.Data) != `{"type":"offer"}` {
					t.Errorf("signal %+v", got)
				}
				if err := a.Send(signaling.GetPeers{}); err != nil {
					t.Error(err)
				}
				if got := heard[signaling.Peers](a).IDs; !slices.Equal(got, []signaling.PeerID{idB}) {
					t.Errorf("the first is told of %v", got)
				}

				time.Sleep(time.Hour) // heartbeats keep both alive
				if err := a.Send(signaling.Statistics{Source: 1, P2P: 3}); err != nil {
					t.Error(err)
				}
				synctest.Wait()
				c := s.channels()[testRoomName]
				if c.Engine != engineBitTorrent || c.Peers != 2 || c.Bytes != (bytesReport{1024, 3072}) {
					t.Errorf("swarm %+v", c)
				}

				// The tracker forgets one of them, which comes back as who it was.
				s.server.swarms.mu.Lock()
				s.server.swarms.forget(s.server.swarms.peers[idB])
				s.server.swarms.mu.Unlock()
				forgotten := time.Now()
				heard[signaling.RelayDown](b)
				if got, _ := b.joined(); got != idB {
					t.Errorf("came back as %v, was %v", got, idB)
				}
				if took := time.Since(forgotten); took > time.Second {
					t.Errorf("came back after %v", took)
				}

				b.stop()
				synctest.Wait()
				if err := a.Signal(idB, []byte(`{}`)); err != nil {
					t.Error(err)
				}
				if got := heard[signaling.Signaled](a); got.From != idB || got.Data != nil {
					t.Errorf("signal %+v, want none of who has gone", got)
				}
				if err := a.Send(signaling.GetPeers{}); err != nil {
					t.Error(err)
				}
				if got := heard[signaling.Peers](a).IDs; len(got) != 0 {
					t.Errorf("told of %v, who has gone", got)
				}
				a.stop()
				s.stop()
			})
		})
	}
}

// TestSwarmRejects: without a key of the tracker, none of our own peers comes in.
func TestSwarmRejects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, func(c *Config) { c.Keys = []string{"one"} })
		m := s.member(testRoomName, nil)
		if got := heard[signaling.Rejected](m).Reason; got != reasonKey {
			t.Errorf("rejected for %q", got)
		}
		m.stop()
		m = s.member(testRoomName, func(c *signaling.SwarmConfig) { c.Key = "one" })
		m.joined()
		m.stop()
		s.stop()
	})
}

// TestSlowBody: a request whose body does not come is ended.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		began := time.Now()
		answer, err := s.client.Post("http://"+s.addr+"/stats", "text/plain", &trickle{left: 4 << 10, each: 1})
		if err == nil {
			answer.Body.Close()
		}
		// The answer may come too late for a client that is still sending.
		if err == nil && answer.StatusCode != http.StatusRequestTimeout || time.Since(began) > bodyTime+time.Second {
			t.Errorf("%v, %v after %v", answer, err, time.Since(began))
		}
		time.Sleep(2 * time.Second) // the client is still reading its trickle
		s.stop()
	})
}
