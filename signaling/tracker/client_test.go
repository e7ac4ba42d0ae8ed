package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hlspeer/signaling"
)

const testRoomName = "http://host/live.m3u8"

// A testServer is a running server and a network to it.
type testServer struct {
	t      *testing.T
	server *Server
	dialer websocket.Dialer
	client http.Client
	addr   string
	stop   func() // ends Run and waits for it
}

// start runs a server on loopback.
func start(t *testing.T, change func(*Config)) *testServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l, new(net.Dialer).DialContext, change)
}

// startPiped runs a server without a real network, for synctest.
func startPiped(t *testing.T, change func(*Config)) *testServer {
	t.Helper()
	l := newPipeListener()
	return serve(t, l, l.dial, change)
}

func serve(t *testing.T, l net.Listener, dial func(context.Context, string, string) (net.Conn, error), change func(*Config)) *testServer {
	t.Helper()
	c := DefaultConfig()
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	ts := &testServer{
		t: t, server: s, addr: l.Addr().String(),
		dialer: websocket.Dialer{NetDialContext: dial, EnableCompression: true},
		client: http.Client{Transport: transport},
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran, served := make(chan error, 1), make(chan error, 1)
	web := &http.Server{Handler: s.Handler()}
	go func() { ran <- s.Run(ctx) }()
	go func() { served <- web.Serve(l) }()
	<-s.Ready()
	stopped := false
	ts.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
		web.Close()
		<-served
	}
	t.Cleanup(ts.stop)
	return ts
}

// A testSocket is a client's end of a socket.
type testSocket struct {
	t    *testing.T
	conn *websocket.Conn
}

func (s *testServer) dial(path string, header http.Header) *testSocket {
	s.t.Helper()
	conn, _, err := s.dialer.Dial("ws://"+s.addr+path, header)
	if err != nil {
		s.t.Fatalf("dialling %s: %v", path, err)
	}
	c := &testSocket{s.t, conn}
	s.t.Cleanup(func() { conn.Close() })
	return c
}

// refused dials and returns the answer, which is not to be a socket.
func (s *testServer) refused(path string, header http.Header) (status int, body string) {
	s.t.Helper()
	conn, answer, err := s.dialer.Dial("ws://"+s.addr+path, header)
	if err == nil {
		conn.Close()
		s.t.Fatalf("%s was not refused", path)
	}
	if answer == nil {
		s.t.Fatalf("dialling %s: %v", path, err)
	}
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

func (s *testServer) get(path string) (status int, body string, header http.Header) {
	s.t.Helper()
	answer, err := s.client.Get("http://" + s.addr + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

// channels asks the API.
func (s *testServer) channels() map[string]channelReport {
	s.t.Helper()
	_, body, _ := s.get("/api/v1/channels")
	var report channelsReport
	if err := json.Unmarshal([]byte(body), &report); err != nil {
		s.t.Fatalf("%v: %s", err, body)
	}
	byName := make(map[string]channelReport)
	for _, c := range report.Channels {
		byName[c.Name] = c
	}
	return byName
}

// settle waits until no more than so many sockets count for this address: one
// that is closed here may live a moment longer there.
func (s *testServer) settle(sockets int) {
	held := func() (n int) {
		s.server.addresses.mu.Lock()
		defer s.server.addresses.mu.Unlock()
		for _, k := range s.server.addresses.held {
			n += k
		}
		return n
	}
	for held() > sockets {
		runtime.Gosched()
	}
}

func schedulerPath(room string) string {
	return "/ws?key=free&room=" + url.QueryEscape(room) + "&mode=live"
}

// join enters a channel.
func (s *testServer) join(room string, uplink signaling.BitRate) (*testSocket, signaling.PeerID) {
	s.t.Helper()
	c := s.dial(schedulerPath(room), nil)
	c.send(signaling.Enter{Channel: room, UplinkBW: uplink})
	a, ok := c.receive().(signaling.Accept)
	if !ok || a.PeerID == "" {
		s.t.Fatalf("no accept but %#v", a)
	}
	return c, a.PeerID
}

// relay opens a peer's relay socket and waits until it is registered.
func (s *testServer) relay(id signaling.PeerID) *testSocket {
	s.t.Helper()
	c := s.dial("/signal?id="+url.QueryEscape(string(id)), nil)
	// The answer to a signal for nobody says that what came before is done.
	c.signal("nobody", `{"a":1}`)
	if m, ok := c.receive().(signaling.Signal); !ok || m.From != "nobody" || m.Data != nil {
		s.t.Fatalf("not registered: %#v", m)
	}
	return c
}

func (c *testSocket) send(m signaling.Message) {
	c.t.Helper()
	c.sendText(string(signaling.AppendPeer(nil, m, signaling.Envelope{})))
}

func (c *testSocket) sendText(text string) {
	c.t.Helper()
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *testSocket) signal(to signaling.PeerID, data string) {
	c.t.Helper()
	c.send(signaling.Signal{From: "a lie", To: to, Data: json.RawMessage(data)})
}

// receive returns the next message.
func (c *testSocket) receive() signaling.Message {
	c.t.Helper()
	c.deadline()
	_, text, err := c.conn.ReadMessage()
	if err != nil {
		c.t.Fatalf("receiving: %v", err)
	}
	m, err := signaling.ParseServer(text)
	if err != nil {
		c.t.Fatalf("%v: %s", err, text)
	}
	return m
}

func (c *testSocket) deadline() {
	if err := c.conn.SetReadDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		c.t.Fatal(err)
	}
}

// closed reads until the socket is closed and returns the code.
func (c *testSocket) closed() int {
	c.t.Helper()
	c.deadline()
	for {
		_, _, err := c.conn.ReadMessage()
		var end *websocket.CloseError
		switch {
		case err == nil:
		case errors.As(err, &end):
			return end.Code
		default:
			c.t.Fatalf("not closed but %v", err)
		}
	}
}

// close says goodbye and waits for the answer, after which the server knows.
func (c *testSocket) close() {
	c.t.Helper()
	text := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := c.conn.WriteControl(websocket.CloseMessage, text, time.Now().Add(time.Minute)); err != nil {
		c.t.Fatal(err)
	}
	c.closed()
}

func nodes(t *testing.T, m signaling.Message) []signaling.PeerID {
	t.Helper()
	p, ok := m.(signaling.Parents)
	if !ok {
		t.Fatalf("no parents but %#v", m)
	}
	ids := make([]signaling.PeerID, 0)
	for _, n := range p.Nodes {
		ids = append(ids, n.PeerID)
	}
	return ids
}
