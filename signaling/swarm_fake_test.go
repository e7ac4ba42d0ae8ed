package signaling

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A member is a swarm's member under test.
type member struct {
	*subject
	swarm *Swarm
}

func (m member) Send(msg Message) error              { return m.swarm.Send(msg) }
func (m member) Signal(to PeerID, data []byte) error { return m.swarm.Signal(to, data) }
func swarmConfig(w *world) SwarmConfig {
	c := DefaultSwarmConfig()
	c.Announces = []string{"http://tracker"}
	c.Signalers = []string{"ws://relay/"}
	c.Key = testKey
	c.Room = "http://x/中.m3u8"
	c.Enter = func() Enter { return Enter{UplinkBW: 5e6, Browser: "pion-hls", Device: "PC", OS: "Linux"} }
	c.NetDial = w.dial
	return c
}

func startSwarm(t *testing.T, c SwarmConfig) member {
	t.Helper()
	s, err := NewSwarm(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	// What waits for events knows a client.
	m := member{swarm: s, subject: &subject{Client: &Client{outlet: outlet{events: s.events}}, stop: cancel, done: make(chan error, 1)}}
	go func() { m.done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		for range s.Events() { // nothing may keep Run from returning
		}
	})
	return m
}

// A fakeTracker answers what it is told to, and remembers what it was asked.
type fakeTracker struct {
	requests chan fakeRequest

	mu      sync.Mutex
	answers map[string]http.HandlerFunc // by endpoint
}

// set makes the answer of an endpoint; nil for the usual one.
func (f *fakeTracker) set(endpoint string, answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[endpoint] = answer
}

func (f *fakeTracker) get(endpoint string) http.HandlerFunc {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answers[endpoint]
}

type fakeRequest struct {
	method, uri, body string
	at                time.Time
}

func newFakeTracker(h *host) *fakeTracker {
	f := &fakeTracker{requests: make(chan fakeRequest, 1000), answers: map[string]http.HandlerFunc{}}
	h.answer(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		endpoint := strings.Trim(r.URL.Path, "/")
		answer := f.get(endpoint)
		f.requests <- fakeRequest{r.Method, r.RequestURI, string(body), time.Now()}
		switch {
		case answer != nil:
			answer(w, r)
		case endpoint == "announce":
			_, _ = io.WriteString(w, `{"peer_id":"A","report_span":60,"heartbeat_interval":30,"peers":[{"id":"B"}]}`)
		case endpoint == "get_peers":
			_, _ = io.WriteString(w, `{"peers":[{"id":"C"}]}`)
		default:
			_, _ = io.WriteString(w, `{}`)
		}
	})
	return f
}

func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func (f *fakeTracker) next(t *testing.T) fakeRequest {
	t.Helper()
	select {
	case r := <-f.requests:
		return r
	case <-time.After(time.Hour):
		t.Fatal("no request")
		return fakeRequest{}
	}
}

func (f *fakeTracker) expect(t *testing.T, endpoint string) fakeRequest {
	t.Helper()
	r := f.next(t)
	if !strings.HasPrefix(r.uri, "/"+endpoint) {
		t.Fatalf("asked for %s, want %s", r.uri, endpoint)
	}
	return r
}

// joined waits until the member is there.
func (f *fakeTracker) joined(t *testing.T, m member, w *world) *visit {
	t.Helper()
	f.expect(t, "announce")
	expect[Accepted](t, m.subject)
	expect[Peers](t, m.subject)
	relay := w.host("relay").next(t)
	expect[RelayUp](t, m.subject)
	return relay
}
