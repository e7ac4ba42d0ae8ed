package tracker

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hlspeer/signaling"
)

const testHash = "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"

// ask makes a request of a swarm's peer and returns the answer, which has to be
// JSON that every page may read.
func (s *testServer) ask(method, path, kind, body string) (int, map[string]json.RawMessage, http.Header) {
	s.t.Helper()
	r, err := http.NewRequest(method, "http://"+s.addr+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	client := s.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	fields := make(map[string]json.RawMessage)
	if err := json.Unmarshal(text, &fields); err != nil && method != http.MethodHead {
		s.t.Fatalf("%s %s: %d %q: %v", method, path, answer.StatusCode, text, err)
	}
	if got := answer.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		s.t.Errorf("%s %s: allowed origin %q", method, path, got)
	}
	if (answer.StatusCode != 200) != (fields["error"] != nil) && method != http.MethodHead {
		s.t.Errorf("%s %s: %d with %s", method, path, answer.StatusCode, text)
	}
	return answer.StatusCode, fields, answer.Header
}

// announce joins a swarm.
func (s *testServer) announce(hash, more string) (signaling.PeerID, []signaling.PeerID) {
	s.t.Helper()
	status, fields, _ := s.ask(http.MethodGet, "/announce?info_hash="+hash+more, "", "")
	if status != 200 {
		s.t.Fatalf("announce: %d %s", status, fields["error"])
	}
	return decode[signaling.PeerID](s.t, fields["peer_id"]), listed(s.t, fields)
}

// getPeers asks for peers again.
func (s *testServer) getPeers(hash string, id signaling.PeerID) []signaling.PeerID {
	s.t.Helper()
	status, fields, _ := s.ask(http.MethodGet, memberPath("/get_peers", hash, id), "", "")
	if status != 200 {
		s.t.Fatalf("get_peers: %d %s", status, fields["error"])
	}
	return listed(s.t, fields)
}

func memberPath(path, hash string, id signaling.PeerID) string {
	return path + "?info_hash=" + hash + "&peer_id=" + url.QueryEscape(string(id))
}

func listed(t *testing.T, fields map[string]json.RawMessage) []signaling.PeerID {
	t.Helper()
	var ids []signaling.PeerID
	for _, p := range decode[[]peerReply](t, fields["peers"]) {
		ids = append(ids, p.ID)
	}
	return ids
}

func decode[T any](t *testing.T, text json.RawMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

// TestAnnounceReply: all intervals are there and positive (protocol 16.3), the
// list is one even if empty, and ids are strings.
func TestAnnounceReply(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.ReportSpan, c.HeartbeatInterval = 7, 9 })
	for _, path := range []string{"/announce", "/announce/", "//announce/"} {
		_, fields, header := s.ask(http.MethodGet, path+"?key=free&info_hash="+url.QueryEscape(path), "", "")
		id := string(decode[signaling.PeerID](t, fields["peer_id"]))
		fields["peer_id"] = nil
		if got := fmt.Sprintf("%s", fields); len(id) != idLength ||
			got != "map[heartbeat_interval:9 peer_id: peers:[] report_interval:7 report_span:7]" {
			t.Errorf("%s: %q %s", path, id, got)
		}
		if header.Get("Content-Type") != "application/json" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, header)
		}
	}
}

func TestSwarmRequests(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.Keys = []string{"one", "two"} })
	_, fields, _ := s.ask(http.MethodGet, "/announce?key=two&info_hash="+testHash, "", "")
	id := decode[signaling.PeerID](t, fields["peer_id"])
	ids := "info_hash=" + testHash + "&peer_id=" + string(id)
	const form = "application/x-www-form-urlencoded"
	tests := []struct {
		name, method, path, kind, body string
		want                           int
	}{
		{"no key", "GET", "/announce?info_hash=x", "", "", 403},
		{"wrong key", "GET", "/announce?info_hash=x&key=on", "", "", 403},
		{"no info_hash", "GET", "/announce?key=one", "", "", 400},
		{"empty info_hash", "GET", "/announce?key=one&info_hash=", "", "", 400},
		{"longest info_hash", "GET", "/announce?key=one&info_hash=" + strings.Repeat("%00", maxInfoHash), "", "", 200},
		{"info_hash too long", "GET", "/announce?key=one&info_hash=" + strings.Repeat("x", maxInfoHash+1), "", "", 400},
		{"query too long", "GET", "/announce?key=one&info_hash=x&browser=" + strings.Repeat("x", maxQuery), "", "", 414},
		{"escapes that are none", "GET", "/announce?key=one&info_hash=x&browser=%zz;", "", "", 200},
		{"announce by form", "POST", "/announce", form, "key=one&info_hash=x", 200},
		{"announce by JSON", "POST", "/announce", "application/json", `{"key":"one","info_hash":12}`, 200},
		{"announce otherwise", "PUT", "/announce?key=one&info_hash=x", "", "", 405},
		{"announce without body", "HEAD", "/announce?key=one&info_hash=x", "", "", 405},
		{"an object as info_hash", "POST", "/announce?key=one", "", `{"info_hash":{"a":1}}`, 400},

		{"peers", "GET", "/get_peers?" + ids, "", "", 200},
		{"peers by POST", "POST", "/get_peers", form, ids, 200},
		{"peers of a stranger", "GET", "/get_peers?peer_id=A1b2C3d4E5f6&info_hash=" + testHash, "", "", 404},
		{"peers elsewhere", "GET", "/get_peers?info_hash=x&peer_id=" + string(id), "", "", 404},
		{"peers of nobody", "GET", "/get_peers?info_hash=" + testHash, "", "", 400},
		{"peers of nothing", "GET", "/get_peers?peer_id=" + string(id), "", "", 400},
		{"peers of a long id", "GET", "/get_peers?info_hash=x&peer_id=" + strings.Repeat("x", 200), "", "", 400},

		{"heartbeat", "GET", "/heartbeat?" + ids, "", "", 200},
		{"heartbeat of a stranger", "GET", "/heartbeat?peer_id=A1b2C3d4E5f6&info_hash=" + testHash, "", "", 404},
		{"heartbeat of nobody", "GET", "/heartbeat", "", "", 400},

		{"stats by GET", "GET", "/stats?" + ids, "", "", 405},
		{"stats by query", "POST", "/stats?source=1&p2p=2&" + ids, "", "", 200},
		{"stats by form", "POST", "/stats", form, "source=1&p2p=2&" + ids, 200},
		{"stats by text", "POST", "/stats?" + ids, "text/plain;charset=UTF-8", ` {"source":1,"p2p":2,"conns":3}`, 200},
		{"stats by JSON", "POST", "/stats", "application/json", `{"source":1,"info_hash":"` + testHash + `","peer_id":"` + string(id) + `"}`, 200},
		{"stats of nothing", "POST", "/stats?" + ids, "", "{}", 200},
		{"stats of a stranger", "POST", "/stats?peer_id=A1b2C3d4E5f6&info_hash=" + testHash, "", "", 404},
		{"stats of nobody", "POST", "/stats", "", "{}", 400},
		{"nonsense in JSON", "POST", "/stats?" + ids, "", `{"source":`, 400},
		{"nonsense in a form", "POST", "/stats?" + ids, form, `%zz`, 400},
		{"null", "POST", "/stats?" + ids, "", "null", 200},
		{"nulls", "POST", "/stats?" + ids, "", `{"source":null,"p2p":null,"conns":null,"peer_id":null}`, 200},
		{"deep", "POST", "/stats?" + ids, "", `{"source":` + strings.Repeat("[", 2000), 400},
		{"long body", "POST", "/stats?" + ids, "", strings.Repeat(" ", maxBody+1), 413},
		{"very long body", "POST", "/stats?" + ids, "", "{" + strings.Repeat(" ", 1<<20), 413},
	}
	for _, tt := range tests {
		for _, slash := range []string{"", "/"} {
			path, query, _ := strings.Cut(tt.path, "?")
			status, _, header := s.ask(tt.method, path+slash+"?"+query, tt.kind, tt.body)
			if status != tt.want {
				t.Errorf("%s, %s: %d, want %d", tt.name, path+slash, status, tt.want)
			}
			if status == 405 && header.Get("Allow") == "" {
				t.Errorf("%s: does not say what is allowed", tt.name)
			}
		}
	}
}

// TestStatsValues: whatever a peer says, the sums stay sound.
func TestStatsValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query, body string
		want        traffic
	}{
		{"source=5&p2p=6", "", traffic{5, 6}},
		{"", `{"source":5,"p2p":6}`, traffic{5, 6}},
		{"", `source=5&p2p=6`, traffic{5, 6}},
		{"source=1&p2p=6", `{"source":5}`, traffic{5, 6}},
		{"source=5", `{"source":null,"p2p":"6"}`, traffic{5, 6}},
		{"source=5", `{"source":{},"p2p":[1]}`, traffic{5, 0}},
		{"", `{"source":1.5,"p2p":0.4}`, traffic{2, 0}},
		{"", `{"source":-1,"p2p":-1e300}`, traffic{}},
		{"source=NaN&p2p=-Inf", "", traffic{}},
		{"source=7&source=8", "", traffic{7, 0}},
		{"", `{"source":9007199254740993,"p2p":1}`, traffic{}}, // more than any line brings
		{"", `{"source":1e999,"p2p":1}`, traffic{}},
		{"source=Inf&p2p=1", "", traffic{}},
		{"", `{"source":true,"p2p":"x"}`, traffic{}},
	}
	s := start(t, nil)
	for i, tt := range tests {
		hash := fmt.Sprint("h", i)
		id, _ := s.announce(hash, "")
		if status, fields, _ := s.ask(http.MethodPost, memberPath("/stats", hash, id)+"&"+tt.query, "", tt.body); status != 200 || len(fields) > 0 {
			t.Errorf("%s %s: %d %s", tt.query, tt.body, status, fields)
		}
		if got := s.channels()[hash].Bytes; got != (bytesReport{tt.want.source * 1024, tt.want.p2p * 1024}) {
			t.Errorf("%s %s: counted %+v, want %+v KB", tt.query, tt.body, got, tt.want)
		}
	}
}

// TestSwarmSignals: signals pass between the peers of a swarm, and to nobody
// else.
func TestSwarmSignals(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	idA, _ := s.announce(testHash, "")
	a := s.relay(idA)
	idB, peers := s.announce(testHash, "")
	if len(peers) != 1 || peers[0] != idA {
		t.Fatalf("peers %v, want %v", peers, idA)
	}
	b := s.relay(idB)
	b.signal(idA, `{"type":"offer","sdp":"x"}`)
	if m, _ := a.receive().(signaling.Signal); m.From != idB || string(m.Data) != `{"type":"offer","sdp":"x"}` {
		t.Fatalf("offer came as %+v", m)
	}
	a.send(signaling.Reject{To: idB, Reason: "full"})
	if m, _ := b.receive().(signaling.Reject); m.From != idA || m.Reason != "full" {
		t.Fatalf("reject came as %+v", m)
	}

	idC, _ := s.announce("another", "")
	_, idD := s.join(testRoomName, 4e6)
	idE, _ := s.announce(url.QueryEscape(testRoomName), "") // named as the room
	for _, id := range []signaling.PeerID{idC, idD, idE, "A1b2C3d4E5f6"} {
		c := b
		if id != "A1b2C3d4E5f6" {
			c = s.relay(id)
		}
		c.signal(idA, `{"n":1}`)
		if c == b {
			if m, _ := a.receive().(signaling.Signal); m.From != idB {
				t.Errorf("signal %+v", m)
			}
			c.signal(id, `{"n":1}`)
		}
		if m, _ := c.receive().(signaling.Signal); m.Data != nil {
			t.Errorf("from %s: %+v", id, m)
		}
	}
}

func TestSwarmsAreReported(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.join(testRoomName, 4e6)
	id, _ := s.announce(testHash, "&ul_bw=3e6&channel="+url.QueryEscape("http://host/claimed.m3u8?token=secret"))
	s.announce(testHash, "&channel=foo") // whose SHA-1 it is
	s.announce(testHash, "&channel=late")
	s.announce(url.QueryEscape("http://host/old.m3u8?token=secret"), "")
	s.announce("%00%ff", "")
	s.ask(http.MethodPost, memberPath("/stats", testHash, id), "text/plain", `{"source":1,"p2p":3,"conns":2}`)

	all := s.channels()
	if len(all) != 4 || all[testRoomName].Engine != engineFastMesh || all["00ff"].Peers != 1 || all["http://host/old.m3u8"].Peers != 1 {
		t.Errorf("channels %+v", all)
	}
	c := all["foo"]
	if c.Engine != engineBitTorrent || c.Peers != 3 || len(c.Nodes) != 3 || c.Bytes != (bytesReport{1024, 3072}) {
		t.Errorf("swarm %+v", c)
	}
	for _, n := range c.Nodes {
		if n.ID == id && (n.UplinkBW != 3e6 || n.SourceKB != 1 || n.P2PKB != 3 || n.Conns != 2) {
			t.Errorf("node %+v", n)
		}
	}
	_, body, _ := s.get("/api/v1/channels?channel=foo")
	if strings.Contains(body, "secret") || strings.Count(body, `"name"`) != 1 || strings.Contains(body, "parents") {
		t.Errorf("one swarm: %s", body)
	}
	_, metrics, _ := s.get("/metrics")
	for _, line := range []string{
		"hlspeer_tracker_peers 6", "hlspeer_tracker_channels 4", "hlspeer_tracker_swarm_peers 5", "hlspeer_tracker_swarms 3",
		"hlspeer_tracker_offload_ratio 0.75",
		`hlspeer_tracker_requests_total{endpoint="announce",result="ok"} 5`,
		`hlspeer_tracker_requests_total{endpoint="stats",result="ok"} 1`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("no %q in\n%s", line, metrics)
		}
	}
}

func TestSwarmLimits(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.MaxChannels, c.MaxPeersPerChannel, c.MaxPerAddress = 2, 2, 3 })
	a, _ := s.join(testRoomName, 1)
	s.announce("one", "")
	status := func(hash string) int {
		status, _, header := s.ask(http.MethodGet, "/announce?info_hash="+hash, "", "")
		if (status == 200) != (header.Get("Retry-After") == "") {
			t.Errorf("%d says to come again after %q", status, header.Get("Retry-After"))
		}
		return status
	}
	if got := status("two"); got != 503 {
		t.Errorf("third channel: %d", got)
	}
	if got, _ := s.refused(schedulerPath("two"), nil); got != 503 {
		t.Errorf("third channel at the scheduler: %d", got)
	}
	s.announce("one", "")
	if got := status("one"); got != 503 {
		t.Errorf("third peer: %d", got)
	}
	a.close()

	s = start(t, func(c *Config) { c.MaxPerAddress = 3 })
	for range 3 {
		s.announce("one", "")
	}
	if got := status("two"); got != 429 {
		t.Errorf("fourth peer of an address: %d", got)
	}

	s = start(t, func(c *Config) { c.AllowedOrigins = nil })
	r, _ := http.NewRequest(http.MethodGet, "http://"+s.addr+"/announce?info_hash=one", nil)
	r.Header.Set("Origin", "https://bad.example")
	answer, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 403 || answer.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("from a page that may not: %d %v", answer.StatusCode, answer.Header)
	}
}

func TestSwarmPreflight(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for name := range endpoints {
		for _, path := range []string{"/" + name, "/" + name + "/"} {
			r, _ := http.NewRequest(http.MethodOptions, "http://"+s.addr+path, nil)
			r.Header.Set("Origin", "https://example.com")
			answer, err := s.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != 204 || answer.Header.Get("Access-Control-Allow-Origin") != "*" ||
				!strings.Contains(answer.Header.Get("Access-Control-Allow-Methods"), "POST") {
				t.Errorf("%s: %d %v", path, answer.StatusCode, answer.Header)
			}
		}
	}
}
