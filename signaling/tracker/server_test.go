package tracker

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"hlspeer/signaling"
)

// TestTwoPeers goes the whole way of two peers: enter, relay, parents, signals,
// dc_opened, statistics, leave.
func TestTwoPeers(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.ReportSpan, c.Substreams, c.Seed = 10, 3, 7 })
	a, idA := s.join(testRoomName, 4e6)
	relayA := s.relay(idA)
	a.send(signaling.GetParents{})
	if got := nodes(t, a.receive()); len(got) != 0 {
		t.Fatalf("first peer's parents %v", got)
	}

	b := s.dial(schedulerPath(testRoomName+"?token=secret"), nil)
	b.send(signaling.Enter{UplinkBW: 4e6})
	accept, _ := b.receive().(signaling.Accept)
	idB := accept.PeerID
	if len(idB) != idLength || accept.ReportSpan != 10 || accept.Substreams != 3 {
		t.Fatalf("accept %+v", accept)
	}
	relayB := s.relay(idB)
	b.send(signaling.GetParents{})
	if got := nodes(t, b.receive()); !slices.Equal(got, []signaling.PeerID{idA}) {
		t.Fatalf("second peer's parents %v", got)
	}

	relayB.signal(idA, `{"type":"offer","sdp":"x"}`)
	if m, _ := relayA.receive().(signaling.Signal); m.From != idB || string(m.Data) != `{"type":"offer","sdp":"x"}` {
		t.Fatalf("offer came as %+v", m)
	}
	relayA.send(signaling.Reject{To: idB, Reason: "full"})
	if m, _ := relayB.receive().(signaling.Reject); m.From != idA || m.Reason != "full" {
		t.Fatalf("reject came as %+v", m)
	}
	b.send(signaling.DCOpened{DCID: signaling.NewDCID(idB, idA), Substreams: 3, StreamRate: 800_000})
	b.send(signaling.Statistics{Source: 1, P2P: 3})
	b.send(signaling.TransitionRequest{})
	if m, ok := b.receive().(signaling.TransitionReply); !ok || m.Success {
		t.Fatalf("transition %+v", m)
	}

	c := s.channels()[testRoomName]
	if c.Peers != 2 || c.Edges != 1 || !slices.Equal(c.Levels, []int{1, 1}) ||
		c.Bytes != (bytesReport{1024, 3072}) || c.StreamRate != 2_400_000 {
		t.Errorf("channel %+v", c)
	}
	_, metrics, _ := s.get("/metrics")
	for _, line := range []string{
		"hlspeer_tracker_peers 2", "hlspeer_tracker_channels 1", "hlspeer_tracker_offload_ratio 0.75",
		`hlspeer_tracker_messages_total{action="enter",direction="in"} 2`,
		`hlspeer_tracker_messages_total{action="accept",direction="out"} 2`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("no %q in\n%s", line, metrics)
		}
	}

	a.send(signaling.Leave{})
	if code := a.closed(); code != endNormal.code {
		t.Errorf("closed with %d after leave", code)
	}
	if code := relayA.closed(); code != endLeft.code {
		t.Errorf("relay closed with %d", code)
	}
	if got := nodes(t, b.receive()); len(got) != 0 {
		t.Errorf("orphan's parents %v", got)
	}
}

// TestSchedulerSignals: a peer without a relay socket signals over the
// scheduler's, and is offered to others.
// TestResume: a peer gets the id that it held before, unless that is not one of
// ours or somebody has it.
func TestResume(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	enter := func(former signaling.PeerID) signaling.PeerID {
		c := s.dial(schedulerPath(testRoomName), nil)
		c.send(signaling.Enter{UplinkBW: 4e6, Resume: former})
		m, _ := c.receive().(signaling.Accept)
		return m.PeerID
	}
	if id := enter("A1b2C3d4E5f6"); id != "A1b2C3d4E5f6" {
		t.Errorf("a free id was not given again, but %q", id)
	}
	for _, former := range []signaling.PeerID{"A1b2C3d4E5f6", "short", "with-hyphen1", ""} {
		if id := enter(former); id == former || len(id) != idLength {
			t.Errorf("with %q the peer got %q, want a new id", former, id)
		}
	}
}

func TestSchedulerSignals(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	a, idA := s.join(testRoomName, 4e6)
	a.send(signaling.GetParents{})
	nodes(t, a.receive())
	b, idB := s.join(testRoomName, 4e6)
	b.send(signaling.GetParents{})
	if got := nodes(t, b.receive()); !slices.Equal(got, []signaling.PeerID{idA}) {
		t.Fatalf("parents %v", got)
	}
	b.signal(idA, `{"n":1}`)
	if m, _ := a.receive().(signaling.Signal); m.From != idB {
		t.Fatalf("signal %+v", m)
	}
	// As soon as there is a relay, signals go there.
	relay := s.relay(idA)
	b.signal(idA, `{"n":2}`)
	if m, _ := relay.receive().(signaling.Signal); m.From != idB || string(m.Data) != `{"n":2}` {
		t.Fatalf("signal %+v", m)
	}
}

func TestNewestRelayWins(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	_, idA := s.join(testRoomName, 4e6)
	_, idB := s.join(testRoomName, 4e6)
	sender := s.relay(idB)
	var relays []*testSocket
	for range maxRelays {
		relays = append(relays, s.relay(idA))
	}
	reaches := func(c *testSocket, data string) {
		t.Helper()
		sender.signal(idA, data)
		if m, _ := c.receive().(signaling.Signal); string(m.Data) != data {
			t.Fatalf("got %+v, want %s", m, data)
		}
	}
	reaches(relays[3], `{"n":1}`)
	// An older one that closes does not take the id with it.
	relays[1].conn.Close()
	reaches(relays[3], `{"n":2}`)
	// When the newest closes, the next one serves.
	relays[3].close()
	relays[3].closed()
	reaches(relays[2], `{"n":3}`)
	// Too many: the oldest goes.
	more := []*testSocket{s.relay(idA), s.relay(idA), s.relay(idA)}
	if code := relays[0].closed(); code != endSurplus.code {
		t.Errorf("closed with %d", code)
	}
	reaches(more[2], `{"n":4}`)
}

func TestUnknownRemote(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	a, idA := s.join(testRoomName, 4e6)
	other, idOther := s.join("http://host/other.m3u8", 4e6)
	relay := s.relay(idA)
	s.relay(idOther)
	_, idDeaf := s.join(testRoomName, 4e6) // has no relay and has not asked
	for _, to := range []signaling.PeerID{"stranger", idOther, idDeaf, idA} {
		for _, c := range []*testSocket{a, relay} {
			c.signal(to, `{"n":1}`)
			if m, _ := c.receive().(signaling.Signal); m.From != to || m.Data != nil {
				t.Errorf("signal to %s: %+v", to, m)
			}
		}
	}
	other.send(signaling.TransitionRequest{})
	if _, ok := other.receive().(signaling.TransitionReply); !ok {
		t.Error("a signal crossed channels")
	}
}

func TestRelayRegistration(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	_, id := s.join(testRoomName, 4e6)
	_, idB := s.join(testRoomName, 4e6)
	sender := s.relay(idB)
	if code := s.dial("/signal?id=stranger", nil).closed(); code != endUnknown.code {
		t.Errorf("unknown id: closed with %d", code)
	}
	if code := s.dial("/signal?id="+strings.Repeat("x", 200), nil).closed(); code != endUnknown.code {
		t.Errorf("long id: closed with %d", code)
	}
	announced := s.dial("/signal", nil)
	announced.send(signaling.AnnounceHLS{PeerID: id})
	announced.signal("nobody", `{}`)
	announced.receive()
	sender.signal(id, `{"n":1}`)
	if m, _ := announced.receive().(signaling.Signal); m.From != idB {
		t.Errorf("signal %+v", m)
	}
}

func TestForeignIDs(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.ForeignIDs = true })
	_, known := s.join(testRoomName, 4e6)
	s.relay(known)
	x, y := s.relay("x"), s.relay("y")
	x.signal("y", `{"n":1}`)
	if m, _ := y.receive().(signaling.Signal); m.From != "x" {
		t.Errorf("signal %+v", m)
	}
	x.signal(known, `{"n":1}`)
	if m, _ := x.receive().(signaling.Signal); m.From != known || m.Data != nil {
		t.Errorf("a foreign id reached a peer: %+v", m)
	}
	y.conn.Close()
	x.conn.Close()
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	flood := []string{"", "null", "[]", "{", "\xff", `{"action":5}`, `{"action":"dc_opened"}`, strings.Repeat("[", 100)}

	a, _ := s.join(testRoomName, 4e6)
	for i := range maxStrikes {
		a.sendText(flood[i%len(flood)])
		a.sendText(`{"action":"what is this"}`) // unknown: never a strike
	}
	if err := a.conn.WriteMessage(2, []byte("binary")); err != nil {
		t.Fatal(err)
	}
	a.send(signaling.TransitionRequest{})
	if _, ok := a.receive().(signaling.TransitionReply); !ok {
		t.Fatal("not served after ten unreadable messages")
	}
	a.sendText("{")
	if code := a.closed(); code != endMalformed.code {
		t.Errorf("closed with %d", code)
	}

	long, _ := s.join(testRoomName, 4e6)
	long.conn.EnableWriteCompression(true)
	long.sendText(`{"action":"` + strings.Repeat("x", maxMessage) + `"}`)
	if code := long.closed(); code != endTooLong.code {
		t.Errorf("a packed long message: closed with %d", code)
	}
	plain, _ := s.join(testRoomName, 4e6)
	plain.conn.EnableWriteCompression(false)
	plain.sendText(`{"action":"` + strings.Repeat("x", maxMessage) + `"}`)
	if code := plain.closed(); code != endTooLong.code {
		t.Errorf("a long message: closed with %d", code)
	}

	_, metrics, _ := s.get("/metrics")
	for _, line := range []string{`{action="malformed",direction="in"} 11`, `{action="unknown",direction="in"} 10`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("no %s in\n%s", line, metrics)
		}
	}
}

func TestEnterFirst(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	early := s.dial(schedulerPath(testRoomName), nil)
	early.send(signaling.GetParents{})
	if code := early.closed(); code != endNoEnter.code {
		t.Errorf("closed with %d", code)
	}
	nowhere := s.dial("/ws", nil)
	nowhere.send(signaling.Enter{UplinkBW: 1})
	if code := nowhere.closed(); code != endNoRoom.code {
		t.Errorf("closed with %d", code)
	}
	// The channel of enter stands in for the parameter.
	c := s.dial("/ws", nil)
	c.send(signaling.Enter{Channel: testRoomName + "?t=1"})
	c.receive()
	// A second enter changes nothing.
	c.send(signaling.Enter{Channel: "elsewhere"})
	c.send(signaling.GetParents{})
	nodes(t, c.receive())
	s.join("http://host/other.m3u8", 1)
	if got := s.channels(); len(got) != 2 || got[testRoomName].Peers != 1 {
		t.Errorf("channels %+v", got)
	}
	if _, body, _ := s.get("/api/v1/channels?channel=" + url.QueryEscape(testRoomName)); strings.Count(body, `"name"`) != 1 {
		t.Errorf("one channel: %s", body)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.MaxChannels, c.MaxPeersPerChannel, c.MaxPerAddress = 1, 2, 3 })
	a, _ := s.join(testRoomName, 1)
	late := s.dial(schedulerPath(testRoomName), nil)
	s.join(testRoomName, 1)
	if status, body := s.refused(schedulerPath("another"), nil); status != 503 || !strings.Contains(body, "channels") {
		t.Errorf("second channel: %d %q", status, body)
	}
	if status, body := s.refused(schedulerPath(testRoomName), nil); status != 503 || !strings.Contains(body, "peers") {
		t.Errorf("third peer: %d %q", status, body)
	}
	if status, body := s.refused("/signal?id=x", nil); status != 429 || !strings.Contains(body, "address") {
		t.Errorf("fourth socket: %d %q", status, body)
	}
	late.send(signaling.Enter{})
	if code := late.closed(); code != 1013 {
		t.Errorf("a peer too many that had its socket already: closed with %d", code)
	}
	a.send(signaling.Leave{})
	a.closed()
	s.settle(1)
	s.join(testRoomName, 1)
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.AllowedOrigins = []string{"https://good.example"} })
	good, bad := http.Header{"Origin": {"https://good.example"}}, http.Header{"Origin": {"https://bad.example"}}
	s.dial(schedulerPath(testRoomName), good)
	if status, body := s.refused(schedulerPath(testRoomName), bad); status != 403 || body == "" {
		t.Errorf("bad origin: %d %q", status, body)
	}
	if status, _ := s.refused("/signal?id=x", bad); status != 403 {
		t.Errorf("bad origin at the relay: %d", status)
	}

	ask, _ := http.NewRequest(http.MethodOptions, "http://"+s.addr+"/api/v1/channels", nil)
	for origin, want := range map[string]string{"https://good.example": "https://good.example", "https://bad.example": ""} {
		ask.Header.Set("Origin", origin)
		answer, err := s.client.Do(ask)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if got := answer.Header.Get("Access-Control-Allow-Origin"); answer.StatusCode != 204 || got != want {
			t.Errorf("preflight from %s: %d, allowed %q", origin, answer.StatusCode, got)
		}
	}

	open := start(t, nil)
	open.dial(schedulerPath(testRoomName), bad)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/api/v1/channels", "/nothing", "/ws"} {
		if _, _, header := open.get(path); header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: headers %v", path, header)
		}
	}
}

func TestOutsideRun(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	if status, _, _ := s.get("/readyz"); status != 200 {
		t.Errorf("ready: %d", status)
	}
	if err := s.server.Run(context.Background()); err == nil {
		t.Error("Run twice")
	}
	fresh, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/ws": 503, "/signal": 503, "/announce?info_hash=x": 503} {
		w := httptest.NewRecorder()
		r, _ := http.NewRequest(http.MethodGet, path, nil)
		fresh.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s before Run: %d, want %d", path, w.Code, want)
		}
	}
}

func TestNewFaults(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{AllowedOrigins: []string{"example.com"}, MaxChannels: -1, CompactShare: 2}); err == nil ||
		strings.Count(err.Error(), "\n") < 5 {
		t.Errorf("faults: %v", err)
	}
	c := DefaultConfig()
	c.Registry = prometheus.NewRegistry()
	if _, err := New(c); err != nil {
		t.Fatal(err)
	}
	if _, err := New(c); err == nil {
		t.Error("two servers in one registry")
	}
}

// TestKeys: who has no key of the tracker is rejected, whoever it is.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.Keys = []string{"one", "two"} })
	path := func(key string) string { return "/ws?key=" + key + "&room=" + url.QueryEscape(testRoomName) }
	for _, key := range []string{"free", "", "on", "onee", "one%00", "one&key=two"} {
		c := s.dial(path(key), nil)
		if key == "one&key=two" { // the first one counts
			c.send(signaling.Enter{})
			if _, ok := c.receive().(signaling.Accept); !ok {
				t.Errorf("%q: not accepted", key)
			}
			continue
		}
		if m, ok := c.receive().(signaling.Reject); !ok || m.Reason == "" || m.From != "" {
			t.Errorf("%q: %+v, want a rejection by the tracker", key, m)
		}
		if code := c.closed(); code != endKey.code {
			t.Errorf("%q: closed with %d", key, code)
		}
	}
	c := s.dial(path("two"), nil)
	c.send(signaling.Enter{})
	if _, ok := c.receive().(signaling.Accept); !ok {
		t.Error("the second key does not count")
	}
	if n := s.channels()[testRoomName].Peers; n != 2 {
		t.Errorf("%d peers have entered, want 2", n)
	}
}
