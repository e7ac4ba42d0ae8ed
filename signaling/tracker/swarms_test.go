package tracker

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/signaling"
)

// TestSwarmExpiry: who was silent for two and a half heartbeat intervals is
// gone, with its relay socket; any request is a sign of life.
func TestSwarmExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, func(c *Config) { c.HeartbeatInterval, c.IdleTimeout = 10, time.Hour })
		idA, _ := s.announce(testHash, "")
		relay := s.relay(idA)
		for _, path := range []string{"/heartbeat", "/get_peers", "/stats", "/heartbeat/"} {
			time.Sleep(24 * time.Second)
			if status, _, _ := s.ask(http.MethodPost, memberPath(path, testHash, idA), "", ""); status != 200 {
				t.Errorf("%s in time: %d", path, status)
			}
		}
		began := time.Now()
		if code := relay.closed(); code != endLeft.code || time.Since(began) < 25*time.Second || time.Since(began) > 35*time.Second {
			t.Errorf("relay closed with %d after %v", code, time.Since(began))
		}
		if status, _, _ := s.ask(http.MethodGet, memberPath("/heartbeat", testHash, idA), "", ""); status != 404 {
			t.Errorf("heartbeat of who has gone: %d", status)
		}
		if peers, swarms := s.server.swarms.size(); peers != 0 || swarms != 0 || len(s.server.hub.peers) != 0 || len(s.server.hub.swarms) != 0 ||
			len(s.server.swarms.addresses.held) != 0 {
			t.Errorf("left over: %d peers of %d swarms", peers, swarms)
		}

		// It gets its id again, unless somebody has it.
		if id, _ := s.announce(testHash, "&peer_id="+string(idA)); id != idA {
			t.Errorf("came back as %q, want %q", id, idA)
		}
		for _, id := range []signaling.PeerID{idA, "short", "with-hyphen1"} {
			if got, _ := s.announce(testHash, "&peer_id="+string(id)); got == id || len(got) != idLength {
				t.Errorf("with %q it got %q", id, got)
			}
		}
		time.Sleep(time.Hour)
		s.stop()
	})
}

// TestSwarmReach: who has an open relay socket is named to others.
func TestSwarmReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, func(c *Config) { c.HeartbeatInterval, c.IdleTimeout = 3600, time.Hour })
		idA, peers := s.announce(testHash, "")
		if len(peers) != 0 {
			t.Errorf("the first is told of %v", peers)
		}
		idB, peers := s.announce(testHash, "")
		if len(peers) != 0 {
			t.Errorf("the second is told of %v, which nobody can reach yet", peers)
		}
		b := s.relay(idB)
		expect := func(asker signaling.PeerID, want ...signaling.PeerID) {
			t.Helper()
			synctest.Wait()
			if got := s.getPeers(testHash, asker); !slices.Equal(got, want) {
				t.Errorf("%s is told of %v, want %v", asker, got, want)
			}
		}
		expect(idB)
		expect(idA, idB)
		a := s.relay(idA)
		expect(idB, idA)
		second := s.relay(idA) // the newest wins, and one is enough
		a.close()
		expect(idB, idA)
		second.close()
		expect(idB)
		s.relay(idA)
		expect(idB, idA)
		b.close()
		expect(idA)
		s.stop()
	})
}

// A testSwarm is a swarm without a network, and a clock.
type testSwarm struct {
	*swarms
	server *Server
	now    time.Time
	relay  *socket // of everybody
}

func newTestSwarm(tb testing.TB, change func(*Config)) *testSwarm {
	tb.Helper()
	c := DefaultConfig()
	c.Seed, c.MaxPerAddress = 1, 0
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return &testSwarm{s.swarms, s, time.Unix(1e9, 0), &socket{ended: make(chan struct{})}}
}

// join announces a peer that has an open relay socket.
func (s *testSwarm) join(tb testing.TB, a announcement) signaling.PeerID {
	tb.Helper()
	a.infoHash = testHash
	id, _, err := s.announce(s.now, a)
	if err != nil {
		tb.Fatal(err)
	}
	if _, _, err := s.hub.register(id, s.relay); err != nil {
		tb.Fatal(err)
	}
	s.relayChanged(id)
	return id
}

func (s *testSwarm) ask(tb testing.TB, id signaling.PeerID) []signaling.PeerID {
	tb.Helper()
	ids, err := s.peersFor(s.now, testHash, id)
	if err != nil {
		tb.Fatal(err)
	}
	return ids
}

// TestChoose: an answer is short, and prefers who is near, capable and there.
func TestChoose(t *testing.T) {
	t.Parallel()
	s := newTestSwarm(t, nil)
	kinds := map[signaling.PeerID]string{}
	for i := range 3000 {
		a := announcement{uplink: 4e6, remote: fmt.Sprintf("10.%d.%d.1:1", i>>8, i&255)}
		kind := "ordinary"
		switch i % 100 {
		case 0:
			kind, a.place = "region", Place{ISP: "isp", Province: "province"}
		case 1:
			kind, a.remote = "network", fmt.Sprintf("192.0.2.%d:1", i/100)
		case 2, 3, 4, 5:
			kind, a.uplink, a.mobile = "weak", 0, true
		}
		kinds[s.join(t, a)] = kind
	}
	asker := s.join(t, announcement{uplink: -1, remote: "192.0.2.99:1", place: Place{ISP: "isp", Province: "province"}})
	counts, different := map[string]int{}, map[signaling.PeerID]bool{}
	const rounds = 100
	for range rounds {
		ids := s.ask(t, asker)
		if slices.Contains(ids, asker) || len(ids) != maxListed {
			t.Fatalf("told of %d: %v", len(ids), ids)
		}
		if slices.Sort(ids); len(slices.Compact(ids)) != maxListed {
			t.Fatalf("told of one twice: %v", ids)
		}
		for _, id := range ids {
			counts[kinds[id]]++
			different[id] = true
		}
	}
	// 30 each are near; of the others there are 2820 capable and 120 weak ones.
	if counts["region"] < 10*rounds || counts["network"] < 5*rounds || counts["ordinary"] < 4*rounds || counts["weak"] > rounds {
		t.Errorf("told of %v", counts)
	}
	if len(different) < 500 {
		t.Errorf("only %d different ones, so that the swarm does not mix", len(different))
	}

	// Of those who have gone nobody is told, however many they were.
	s.now = s.now.Add(s.within - time.Second)
	stays := s.join(t, announcement{})
	s.ask(t, asker)
	s.now = s.now.Add(2 * time.Second)
	if ids := s.ask(t, asker); !slices.Equal(ids, []signaling.PeerID{stays}) {
		t.Errorf("told of %v, want only %v", ids, stays)
	}
	if w := s.swarms.swarms[testHash]; len(w.regions) != 1 || len(w.networks) != 1 || w.members != 2 {
		t.Errorf("left over: %d regions, %d networks, %d members", len(w.regions), len(w.networks), w.members)
	}
}

// TestSwarmFlood: who announces without end takes the place of as many peers as
// an address may have, for as long as a silent peer is kept.
func TestSwarmFlood(t *testing.T) {
	t.Parallel()
	s := newTestSwarm(t, func(c *Config) { c.MaxPerAddress = 100 })
	made := 0
	for range 100_000 {
		s.now = s.now.Add(time.Millisecond)
		if _, _, err := s.announce(s.now, announcement{infoHash: fmt.Sprint(made), remote: "192.0.2.1:1"}); err == nil {
			made++
		}
	}
	if peers, swarms := s.size(); peers != 100 || swarms != 100 || made != 200 {
		t.Errorf("%d peers in %d swarms, %d made", peers, swarms, made)
	}
}

func TestRequestRate(t *testing.T) {
	t.Parallel()
	r := newRequestRate(10)
	now := time.Unix(1e9, 0)
	a, b := network("192.0.2.1:1"), network("192.0.2.2:1")
	passed := func(d time.Duration) (n int) {
		for end := now.Add(d); now.Before(end); now = now.Add(time.Millisecond) {
			if r.take(a, now) == 0 {
				n++
			}
		}
		return n
	}
	if n := passed(10 * time.Second); n < 139 || n > 141 {
		t.Errorf("%d requests in the first 10 s", n)
	}
	r.take(a, now)
	if wait := r.take(a, now); wait <= 0 || wait > 100*time.Millisecond {
		t.Errorf("told to wait %v", wait)
	}
	if r.take(b, now) != 0 {
		t.Error("another address has to wait")
	}
	if n := passed(10 * time.Second); n < 99 || n > 101 {
		t.Errorf("%d requests in the next 10 s", n)
	}
	for i := range 10_000 {
		now = now.Add(10 * time.Millisecond)
		r.take(network(fmt.Sprintf("10.0.%d.%d:1", i>>8, i&255)), now)
	}
	if n := len(r.recent) + len(r.older); n > 1000 {
		t.Errorf("%d addresses are remembered", n)
	}
	if n := passed(time.Millisecond * 30); n != 30 {
		t.Errorf("%d requests at once after a rest", n)
	}
	if r = newRequestRate(0); passed(time.Second) != 1000 {
		t.Error("limited without a limit")
	}
}

func TestRequestRateOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.MaxRequestsPerAddress = 1 })
	var statuses []int
	for range 6 {
		status, _, header := s.ask(http.MethodGet, "/heartbeat", "", "")
		if statuses = append(statuses, status); status == 429 && header.Get("Retry-After") != "1" {
			t.Errorf("says to come again after %q", header.Get("Retry-After"))
		}
	}
	if slices.Index(statuses, 429) < 4 || statuses[5] != 429 {
		t.Errorf("answers %v", statuses)
	}
}

// TestSwarmsAtOnce is for the race detector.
func TestSwarmsAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.MaxRequestsPerAddress = 0 })
	done := make(chan struct{})
	for i := range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			for range 20 {
				id, _ := s.announce(fmt.Sprint(i%2), "")
				s.relay(id).close()
				s.getPeers(fmt.Sprint(i%2), id)
				s.channels()
			}
		}()
	}
	for range 8 {
		<-done
	}
	if peers, swarms := s.server.swarms.size(); peers != 160 || swarms != 2 {
		t.Errorf("%d peers in %d swarms", peers, swarms)
	}
}

// FuzzParameters: whatever comes, values are within their limits, and a swarm
// bears them.
func FuzzParameters(f *testing.F) {
	f.Add("info_hash=x&peer_id=A", `{"source":1e999,"p2p":-1,"conns":65536}`)
	f.Add("info_hash=%00&ul_bw=1e300&ISP=%ff%80&province=%80&device=mobile", "source=NaN&p2p=0x1p99")
	f.Add("channel=http://x/%3f&ul_bw=-1;", `{"info_hash":[null],"peer_id":12,"source":"1"}`)
	f.Add("a=%zz&&=", "null")
	s := newTestSwarm(f, func(c *Config) { c.MaxPeersPerChannel, c.MaxChannels = 10, 10 })
	f.Fuzz(func(t *testing.T, query, body string) {
		r, err := http.NewRequest(http.MethodPost, "http://host/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = query
		p := parameters{query: r.URL.Query()}
		_ = p.parse(body)
		a, report := p.announcement("192.0.2.1:1", Place{Country: "country", City: fmt.Sprint(make([]int, 99))}), p.report()
		if len(a.infoHash) > maxInfoHash || len(a.former) > signaling.MaxID || len(a.channel) > signaling.MaxString ||
			len(a.place.region()) > 2*maxInfo+1 || len(a.place.City) > maxInfo || a.uplink != -1 && (a.uplink < 0 || a.uplink > maxUplink) {
			t.Fatalf("announcement %+v", a)
		}
		if report.source < 0 || report.source > maxReport || report.p2p < 0 || report.p2p > maxReport ||
			report.conns < -1 || report.conns > maxConns {
			t.Fatalf("report %+v", report)
		}
		s.now = s.now.Add(time.Second)
		if id, _, err := s.announce(s.now, a); err == nil {
			if err := s.report(s.now, a.infoHash, id, report); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range s.reports(s.now, "") {
			if c.Bytes.HTTP < 0 || c.Bytes.P2P < 0 || len(c.Nodes) != c.Peers {
				t.Fatalf("swarm %+v", c)
			}
		}
	})
}

// BenchmarkSwarm is a request each in a swarm of 10,000 peers, without HTTP but in
// "http", which is both requests one after the other. "announce" makes peers that
// leave after a while, so the swarm keeps its size. B/peer is the memory of a peer,
// without that of its socket.
func BenchmarkSwarm(b *testing.B) {
	const size = 10_000
	memory := 0.0
	fill := func(b *testing.B, span time.Duration) (*testSwarm, []signaling.PeerID) {
		s := newTestSwarm(b, func(c *Config) { c.MaxPeersPerChannel = 0 })
		var ids []signaling.PeerID
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range size {
			ids = append(ids, s.join(b, announcement{
				uplink: 4e6, place: Place{ISP: fmt.Sprint("isp", i%20)}, remote: fmt.Sprintf("10.%d.%d.1:1", i>>8, i&255),
			}))
			s.now = s.now.Add(s.within / size / span)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		memory = float64(after.HeapAlloc-before.HeapAlloc) / size
		return s, ids
	}
	b.Run("announce", func(b *testing.B) {
		s, _ := fill(b, 1)
		for i := 0; b.Loop(); i++ {
			s.now = s.now.Add(s.within / size)
			s.join(b, announcement{uplink: 4e6, place: Place{ISP: fmt.Sprint("isp", i%20)}, remote: fmt.Sprintf("10.%d.%d.1:1", i>>8&255, i&255)})
		}
		b.ReportMetric(memory, "B/peer")
	})
	b.Run("get_peers", func(b *testing.B) {
		s, ids := fill(b, 4)
		for i := 0; b.Loop(); i++ {
			s.now = s.now.Add(s.within / (2 * size))
			if got := s.ask(b, ids[i%size]); len(got) != maxListed {
				b.Fatalf("%d peers", len(got))
			}
		}
	})
	b.Run("http", func(b *testing.B) {
		s, ids := fill(b, 4)
		s.server.requests = newRequestRate(0)
		s.server.hub.config.MaxPeersPerChannel, s.swarms.within, s.chooser.within = 0, time.Hour, time.Hour
		ctx, cancel := context.WithCancel(b.Context())
		ran := make(chan error, 1)
		go func() { ran <- s.server.Run(ctx) }()
		<-s.server.Ready()
		for _, p := range s.peers { // the server has a clock of its own
			p.seen = time.Now()
		}
		web := s.server.Handler()
		ask := func(path string) {
			w := httptest.NewRecorder()
			web.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if w.Code != 200 || w.Body.Len() < 100 {
				b.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		for i := 0; b.Loop(); i++ {
			ask("/announce?key=free&info_hash=" + testHash + "&browser=Chrome&device=PC&os=Linux")
			ask(memberPath("/get_peers", testHash, ids[i%size]))
		}
		cancel()
		<-ran
	})
}
