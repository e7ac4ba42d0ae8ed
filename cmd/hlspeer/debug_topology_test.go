package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

const meshChannel = "http://host/live.m3u8"

// meshTracker is a running tracker. With a page token it takes nobody for local.
func meshTracker(t *testing.T, token string) string {
	t.Helper()
	c := tracker.DefaultConfig()
	c.PageToken = token
	srv, err := tracker.New(c)
	if err != nil {
		t.Fatal(err)
	}
	handler := srv.Handler()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token != "" {
			r.Header.Set("X-Forwarded-For", "192.0.2.7")
		}
		handler.ServeHTTP(w, r)
	}))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	<-srv.Ready()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		web.Close()
	})
	return web.URL
}

// fakePeer is on a scheduler socket of its own.
type fakePeer struct {
	t    *testing.T
	conn *websocket.Conn
	id   signaling.PeerID
}

func joinMesh(t *testing.T, base string, e signaling.Enter) *fakePeer {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(websocketURL(base, "/ws?room="+url.QueryEscape(meshChannel)), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	p := &fakePeer{t: t, conn: conn}
	p.send(e)
	for p.id == "" {
		_, text, err := conn.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		if m, err := signaling.ParseServer(text); err == nil {
			if accept, ok := m.(signaling.Accept); ok {
				p.id = accept.PeerID
			}
		}
	}
	return p
}

func (p *fakePeer) send(m signaling.Message) {
	p.t.Helper()
	if err := p.conn.WriteMessage(websocket.TextMessage, signaling.AppendPeer(nil, m, signaling.Envelope{PeerID: p.id})); err != nil {
		p.t.Fatal(err)
	}
}

// eventually repeats what a tracker needs a moment for.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// wantIn says what is missing in an output.
func wantIn(got output, want ...string) error {
	for _, w := range want {
		if got.code != exitDone || !strings.Contains(got.stdout, w) {
			return fmt.Errorf("exit code %d, no %q in\n%s%s", got.code, w, got.stdout, got.stderr)
		}
	}
	return nil
}

// TestDebugTopology: a channel of a real tracker, from its first peer on.
func TestDebugTopology(t *testing.T) {
	t.Parallel()
	base := meshTracker(t, "")
	show := func(args ...string) output {
		return execute(t.Context(), append([]string{"debug", "topology", "--tracker", base}, args...)...)
	}
	if err := wantIn(show(), "The tracker has no channels.\n"); err != nil {
		t.Error(err)
	}
	if err := wantIn(show("--json"), `{"channels":[]}`+"\n"); err != nil {
		t.Error(err)
	}
	if err := wantIn(show("--channel", meshChannel), "Nobody is there"); err != nil {
		t.Error(err)
	}
	a := joinMesh(t, base, signaling.Enter{UplinkBW: 8e6, ISP: "telecom", Province: "Hunan"})
	b := joinMesh(t, base, signaling.Enter{UplinkBW: 2e6})
	b.send(signaling.DCOpened{DCID: signaling.NewDCID(b.id, a.id), Substreams: 4})
	b.send(signaling.Statistics{Source: 100, P2P: 300})
	eventually(t, func() error {
		return wantIn(show("--channel", meshChannel+"?token=1"), meshChannel+"\nfastmesh, 4 substreams\n",
			"─ "+string(a.id), "8 Mbps", "telecom, Hunan", "   └─ "+string(b.id)+"  1      4 of 4", " 2 Mbps  100      300     75 %",
			"2 peers, 1 link, depth 1", "offload 75 % (100 KB by HTTP, 300 KB by P2P)")
	})

	var m struct {
		Channel, Engine string
		Peers, Depth    int
		Offload         float64
		Bytes           map[string]int64
		Nodes           []struct {
			ID       string
			Level    int
			Parents  []struct{ ID string }
			Children []string
			ISP      string
		}
	}
	if got := show("--channel", meshChannel, "--json"); json.Unmarshal([]byte(got.stdout), &m) != nil || strings.Count(got.stdout, "\n") != 1 {
		t.Fatalf("%+v", got)
	}
	if m.Channel != meshChannel || m.Engine != "fastmesh" || m.Peers != 2 || m.Depth != 1 || m.Offload != 0.75 || m.Bytes["p2p"] != 300*1024 || len(m.Nodes) != 2 {
		t.Errorf("%+v", m)
	}
	for _, n := range m.Nodes {
		if n.ID == string(b.id) && (n.Level != 1 || len(n.Parents) != 1 || n.Parents[0].ID != string(a.id)) ||
			n.ID == string(a.id) && (n.Level != 0 || len(n.Children) != 1 || n.ISP != "telecom") {
			t.Errorf("%+v", n)
		}
	}
	if err := wantIn(show("--channel", meshChannel, "--dot"), "digraph", fmt.Sprintf("%q -> %q [label=\"4\"];", "peer "+string(a.id), "peer "+string(b.id))); err != nil {
		t.Error(err)
	}
	if err := wantIn(show(), "PEERS  ENGINE    LINKS  DEPTH  HTTP KB  P2P KB  OFFLOAD  CHANNEL\n2      fastmesh  1      1      100      300     75 %     "+meshChannel); err != nil {
		t.Error(err)
	}
	if err := wantIn(show("--json"), `"name":"`+meshChannel+`","engine":"fastmesh","peers":2,"links":1,"substreams":4,"depth":1,"offload":0.75`); err != nil {
		t.Error(err)
	}
}

// TestDebugTopologyOfSwarm: the list tells of swarms, whose peers are no orphans.
func TestDebugTopologyOfSwarm(t *testing.T) {
	t.Parallel()
	base := meshTracker(t, "")
	answer, err := http.Get(base + "/announce?info_hash=" + strings.Repeat("a", 40) + "&channel=" + url.QueryEscape(meshChannel))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if err := wantIn(execute(t.Context(), "debug", "topology", "--tracker", base), "1      bittorrent  -      -      0        0       -        "+meshChannel); err != nil {
		t.Error(err)
	}
	got := execute(t.Context(), "debug", "topology", "--tracker", base, "--channel", meshChannel)
	if got.code != exitDone || strings.Contains(got.stdout, "orphan") {
		t.Errorf("%+v", got)
	}
}

func TestDebugTopologyFollow(t *testing.T) {
	t.Parallel()
	base := meshTracker(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	out := lineWriter{make(chan string, 64)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"debug", "topology", "--tracker", base, "--channel", meshChannel, "--follow"}, out, os.Stderr)
	}()
	expect := func(want string) {
		t.Helper()
		for {
			select {
			case line := <-out.lines:
				if strings.HasSuffix(line, want) {
					return
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("no line that ends in %q", want)
			}
		}
	}
	expect("Nobody is there.")
	a := joinMesh(t, base, signaling.Enter{UplinkBW: 8e6})
	expect(string(a.id) + " comes, uplink 8 Mbps")
	b := joinMesh(t, base, signaling.Enter{})
	b.send(signaling.DCOpened{DCID: signaling.NewDCID(b.id, a.id), Substreams: 4})
	expect(fmt.Sprintf("%s feeds %s: 4 substreams", a.id, b.id))
	a.send(signaling.Leave{})
	expect(fmt.Sprintf("%s no longer feeds %s", a.id, b.id))
	expect(string(a.id) + " goes")
	cancel()
	if code := <-ended; code != exitDone {
		t.Errorf("exit code %d", code)
	}
}

// TestDebugTopologyToken: a tracker that is not on this machine wants its token,
// for the feed as for the list.
func TestDebugTopologyToken(t *testing.T) {
	t.Parallel()
	const token = "a long token"
	base := meshTracker(t, token)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, channel := range [][]string{nil, {"--channel", meshChannel}} {
		show := func(args ...string) output {
			return execute(t.Context(), append(append([]string{"debug", "topology", "--tracker", base}, channel...), args...)...)
		}
		for _, args := range [][]string{{"--token", token}, {"--token-file", file}} {
			if got := show(args...); got.code != exitDone || got.stderr != "" {
				t.Errorf("%v: %+v", args, got)
			}
		}
		if got := show(); got.code != exitFailed || !strings.Contains(got.stderr, "401 Unauthorized: this needs the tracker's page token") || !strings.Contains(got.stderr, "--token-file") {
			t.Errorf("without a token: %+v", got)
		}
		if got := show("--token", "another"); got.code != exitFailed || !strings.Contains(got.stderr, "401") || strings.Contains(got.stderr, "another") {
			t.Errorf("another token: %+v", got)
		}
	}
}

func TestDebugTopologyFaults(t *testing.T) {
	t.Parallel()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<html>\x1b[2J")
	}))
	defer page.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	rude := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "go \x1b[2J away", http.StatusTeapot)
	}))
	defer rude.Close()
	busy := feedServer(t, func(c *websocket.Conn) {
		_ = c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1013, "too many \x1b[2J viewers"))
	})
	odd := feedServer(t, func(c *websocket.Conn) { _ = c.WriteMessage(websocket.TextMessage, []byte("hello")) })
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	empty := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	channel := []string{"--channel", "c", "--tracker"}
	for _, tt := range []struct {
		args []string
		code int
		want []string
	}{
		{nil, exitUsage, []string{"--tracker is missing"}},
		{[]string{"--tracker", "ftp://h", "--channel", "?x", "--json", "--dot", "--follow"}, exitUsage, []string{"--tracker", "--channel", "--json", "--follow"}},
		{[]string{"--tracker", "http://"}, exitUsage, []string{"--tracker"}},
		{[]string{"--tracker", "http://h/?token=x"}, exitUsage, []string{"--tracker", "--token"}},
		{[]string{"--tracker", "http://h", "--dot"}, exitUsage, []string{"--channel is missing"}},
		{[]string{"--tracker", "http://h", "--token", "a", "--token-file", empty}, exitUsage, []string{"--token cannot", "no token in it"}},
		{[]string{"--tracker", "http://h", "--token-file", empty + "x"}, exitUsage, []string{"--token-file"}},
		{[]string{"--tracker", "http://h", "--token", "a\r\nHost: x"}, exitUsage, []string{"--token is no token"}},
		{[]string{"--tracker", "http://h", "more"}, exitUsage, []string{"more"}},
		{append(channel, page.URL), exitFailed, []string{"answers 200"}},
		{[]string{"--tracker", page.URL}, exitFailed, []string{"none of a tracker"}},
		{append(channel, gone.URL), exitFailed, []string{"404", "is it a tracker?"}},
		{[]string{"--tracker", gone.URL + "/"}, exitFailed, []string{gone.URL + "/api", "404", "is it a tracker?"}},
		{append(channel, rude.URL), exitFailed, []string{`go \x1b[2J away`}},
		{append(channel, "http://"+free.Addr().String()), exitFailed, []string{"cannot be reached", "refused"}},
		{[]string{"--tracker", "http://" + free.Addr().String()}, exitFailed, []string{"cannot be reached", "refused"}},
		{append(channel, busy), exitFailed, []string{`code 1013: too many \x1b[2J viewers`}},
		{append(channel, odd), exitFailed, []string{"malformed message"}},
	} {
		got := execute(t.Context(), append([]string{"debug", "topology"}, tt.args...)...)
		for _, w := range tt.want {
			if got.code != tt.code || !strings.Contains(got.stderr, w) || got.stdout != "" || strings.Contains(got.stderr, "\x1b") {
				t.Errorf("%q: no %q in %+v", tt.args, w, got)
			}
		}
	}
	if got := execute(t.Context(), "debug"); got.code != exitDone || !strings.Contains(got.stdout, "topology") {
		t.Errorf("%+v", got)
	}
}

// feedServer is a tracker of others: no list of channels, and a feed of its own.
func feedServer(t *testing.T, feed func(*websocket.Conn)) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/topology" {
			http.NotFound(w, r)
			return
		}
		upgrader := websocket.Upgrader{}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		feed(conn)
		_, _, _ = conn.ReadMessage() // what is asked
		_, _, _ = conn.ReadMessage() // until the end
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// TestForeignFeed: a tracker that does not answer to get_stats, and one that
// answers nothing at all. Both cost the patience once.
func TestForeignFeed(t *testing.T) {
	t.Parallel()
	o := func(base string) *topologyOptions {
		return &topologyOptions{tracker: base, channel: "c", patience: 200 * time.Millisecond}
	}
	show := func(o *topologyOptions) output {
		cmd := newRootCmd()
		var out, errs strings.Builder
		cmd.SetOut(&out)
		cmd.SetErr(&errs)
		cmd.SetContext(t.Context())
		err := runDebugTopology(cmd, o)
		if err != nil {
			return output{exitFailed, out.String(), err.Error()}
		}
		return output{exitDone, out.String(), ""}
	}
	quiet := feedServer(t, func(c *websocket.Conn) {
		_ = c.WriteMessage(websocket.TextMessage, []byte(`{"action":"hello"}`))
		_ = c.WriteMessage(websocket.TextMessage, []byte(`{"action":"topology","nodes":[{"id":"A"},{"id":"B","parents":[{"id":"A","substreams":1}]}]}`))
	})
	if err := wantIn(show(o(quiet)), "engine unknown", "─ A ", "─ B ", "2 peers, 1 link, depth 1\n"); err != nil {
		t.Error(err)
	}
	mute := feedServer(t, func(*websocket.Conn) {})
	if got := show(o(mute)); got.code != exitFailed || !strings.Contains(got.stderr, "shows no topology within 200ms") {
		t.Errorf("%+v", got)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	silent := o("http://" + l.Addr().String())
	for _, silent.channel = range []string{"c", ""} {
		if got := show(silent); got.code != exitFailed || !strings.Contains(got.stderr, "does not answer within 200ms") {
			t.Errorf("channel %q: %+v", silent.channel, got)
		}
	}
}
