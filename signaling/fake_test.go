package signaling

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A world is a network in memory: fake servers by host name. It is made for
// one synctest bubble, so the clients in it wait in virtual time.
type world struct{ hosts map[string]*host }

// A host is one fake server. WebSockets that it is asked for are handed to the
// test.
type host struct {
	listener memListener
	visits   chan *visit
	deaf     bool // never reads from a WebSocket; to be set before the client starts
	handler  atomic.Pointer[http.HandlerFunc]
}

// answer makes the host answer with HTTP instead of a WebSocket; nil ends that.
func (h *host) answer(handler http.HandlerFunc) {
	if handler == nil {
		h.handler.Store(nil)
		return
	}
	h.handler.Store(&handler)
}

func newWorld(t *testing.T, names ...string) *world {
	w := &world{hosts: make(map[string]*host)}
	for _, name := range names {
		h := &host{listener: newMemListener(), visits: make(chan *visit, 100)}
		w.hosts[name+":80"] = h
		server := &http.Server{Handler: http.HandlerFunc(h.serve)}
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = server.Serve(h.listener)
		}()
		t.Cleanup(func() {
			_ = server.Close()
			<-served
		})
	}
	return w
}

func (w *world) host(name string) *host { return w.hosts[name+":80"] }

// dial is a NetDial of Config. Hosts that do not exist refuse.
func (w *world) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	h, ok := w.hosts[addr]
	if !ok {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	near, far := net.Pipe()
	select {
	case h.listener.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hang is an answer that does not come.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func (h *host) serve(w http.ResponseWriter, r *http.Request) {
	if handler := h.handler.Load(); handler != nil {
		(*handler)(w, r)
		return
	}
	upgrader := websocket.Upgrader{}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	v := &visit{uri: r.RequestURI, conn: conn, frames: make(chan string, 1000), pongs: make(chan string, 1000), at: time.Now()}
	answerPing := conn.PingHandler()
	conn.SetPingHandler(func(data string) error {
		if v.mute.Load() {
			return nil
		}
		return answerPing(data)
	})
	conn.SetPongHandler(func(data string) error {
		v.pongs <- data
		return nil
	})
	h.visits <- v
	if h.deaf {
		return
	}
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			v.end = err
			close(v.frames)
			_ = conn.Close()
			return
		}
		v.frames <- string(text)
	}
}

// next waits for the next WebSocket.
func (h *host) next(t *testing.T) *visit {
	t.Helper()
	select {
	case v := <-h.visits:
		t.Cleanup(func() { _ = v.conn.Close() })
		return v
	case <-time.After(time.Hour):
		t.Fatal("no connection")
		return nil
	}
}

// A visit is one WebSocket, seen from the server.
type visit struct {
	uri    string // as the client wrote it
	conn   *websocket.Conn
	frames chan string // text frames; closed at the end
	pongs  chan string // what pongs said
	mute   atomic.Bool // does not answer pings
	end    error       // once frames is closed
	at     time.Time
}

// next waits for the next text frame.
func (v *visit) next(t *testing.T) string {
	t.Helper()
	select {
	case text, ok := <-v.frames:
		if !ok {
			t.Fatalf("connection ended: %v", v.end)
		}
		return text
	case <-time.After(time.Hour):
		t.Fatal("no frame")
		return ""
	}
}

func (v *visit) expect(t *testing.T, want string) {
	t.Helper()
	if got := v.next(t); got != want {
		t.Fatalf("frame %s\nwant  %s", got, want)
	}
}

// expectEnd waits for the end and checks the close code.
func (v *visit) expectEnd(t *testing.T, code int) {
	t.Helper()
	select {
	case text, ok := <-v.frames:
		if ok {
			t.Fatalf("frame %s before the end", text)
		}
	case <-time.After(time.Hour):
		t.Fatal("connection does not end")
	}
	if !websocket.IsCloseError(v.end, code) {
		t.Fatalf("connection ended with %v, want code %d", v.end, code)
	}
}

func (v *visit) say(t *testing.T, text string) {
	t.Helper()
	if err := v.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// drop breaks the connection without a word.
func (v *visit) drop() { _ = v.conn.NetConn().Close() }

// A memListener hands out connections that were made in memory.
type memListener struct {
	conns  chan net.Conn
	closed context.Context
	cancel context.CancelFunc
}

func newMemListener() memListener {
	ctx, cancel := context.WithCancel(context.Background())
	return memListener{conns: make(chan net.Conn), closed: ctx, cancel: cancel}
}

func (l memListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed.Done():
		return nil, io.EOF
	}
}

func (l memListener) Close() error {
	l.cancel()
	return nil
}

func (l memListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

// A subject is a client under test.
type subject struct {
	*Client
	stop context.CancelFunc
	done chan error
}

const testKey = "se cret"

func testConfig(w *world) Config {
	c := DefaultConfig()
	c.Schedulers = []string{"ws://scheduler/ws"}
	c.Signalers = []string{"ws://relay/"}
	c.Key = testKey
	c.Room = "http://x/中.m3u8"
	c.Enter = func() Enter { return Enter{UplinkBW: 500, Browser: "pion-hls", Device: "PC", OS: "Linux"} }
	c.NetDial = w.dial
	return c
}

func start(t *testing.T, c Config) *subject {
	t.Helper()
	client, err := NewClient(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := &subject{Client: client, stop: cancel, done: make(chan error, 1)}
	go func() { s.done <- client.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		for range client.Events() { // nothing may keep Run from returning
		}
	})
	return s
}

// expect waits for the next event, which must be of type E.
func expect[E Event](t *testing.T, s *subject) E {
	t.Helper()
	var none E
	select {
	case e, ok := <-s.Events():
		if !ok {
			t.Fatalf("events ended, want %T", none)
		}
		want, ok := e.(E)
		if !ok {
			t.Fatalf("event %#v, want %T", e, none)
		}
		return want
	case <-time.After(time.Hour):
		t.Fatalf("no event, want %T", none)
	}
	return none
}

// quiet checks that no event comes for some time.
func quiet(t *testing.T, s *subject, d time.Duration) {
	t.Helper()
	select {
	case e := <-s.Events():
		t.Fatalf("unexpected event %#v", e)
	case <-time.After(d):
	}
}

// join lets the client enter and be accepted under an id, relay included.
func join(t *testing.T, s *subject, w *world, id string) (scheduler, relay *visit) {
	t.Helper()
	scheduler = w.host("scheduler").next(t)
	scheduler.next(t) // enter
	scheduler.say(t, `{"action":"accept","peer_id":"`+id+`"}`)
	expect[Accepted](t, s)
	relay = w.host("relay").next(t)
	expect[RelayUp](t, s)
	return scheduler, relay
}
