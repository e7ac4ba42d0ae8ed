package signaling

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// Protocol 10, cases 51, 52 and 55: the very bytes of joining.
func TestClientJoins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))

		scheduler := w.host("scheduler").next(t)
		if want := "/ws?key=se%20cret&room=http%3A%2F%2Fx%2F%E4%B8%AD.m3u8&mode=live"; scheduler.uri != want {
			t.Errorf("scheduler asked for %s, want %s", scheduler.uri, want)
		}
		scheduler.expect(t, `{"action":"enter","channel":"http://x/中.m3u8","ul_bw":500,"browser":"pion-hls","device":"PC","os":"Linux"}`)
		if err := s.Send(GetParents{}); !errors.Is(err, ErrOffline) {
			t.Errorf("sending before accept: %v", err)
		}
		scheduler.say(t, `{"action":"accept","peer_id":7,"report_span":60,"substreams":5}`)
		if got, want := expect[Accepted](t, s).Accept, (Accept{PeerID: "7", ReportSpan: 60, Substreams: 5}); got != want {
			t.Errorf("accepted with %+v, want %+v", got, want)
		}
		relay := w.host("relay").next(t)
		if want := "/?id=7"; relay.uri != want {
			t.Errorf("relay asked for %s, want %s", relay.uri, want)
		}
		expect[RelayUp](t, s)

		if err := s.Send(GetParents{}); err != nil {
			t.Error(err)
		}
		scheduler.expect(t, `{"channel":"http://x/中.m3u8","peer_id":"7","action":"get_parents"}`)
		if err := s.Signal("C", []byte(` {"type":"offer"} `)); err != nil {
			t.Error(err)
		}
		relay.expect(t, `{"peer_id":"7","action":"signal","from_peer_id":"7","to_peer_id":"C","data":{"type":"offer"}}`)
	})
}

func TestClientDelivers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		byRelay bool
		text    string
		want    Event // nil: skipped
	}{
		{"parents", false, `{"action":"parents","nodes":[{"peer_id":"C","residual_bw":5}]}`, Received{Parents{[]Candidate{{"C", 5}}}}},
		{"connect", false, `{"action":"connect","to_peer_id":"C"}`, Received{Connect{"C"}}},
		{"disconnect", false, `{"action":"disconnect","to_peers":["C"]}`, Received{Disconnect{[]PeerID{"C"}}}},
		{"adopt", false, `{"action":"adopt","parent_id":"C"}`, Received{Adopt{"C", -1}}},
		{"transition", false, `{"action":"transition","success":true}`, Received{TransitionReply{true}}},
		{"signal on the scheduler socket", false, `{"action":"signal","from_peer_id":"C","data":{}}`, Signaled{"C", []byte(`{}`)}},
		{"refusal on the scheduler socket", false, `{"action":"reject","from_peer_id":"C"}`, Refused{From: "C"}},
		{"greeting of the scheduler", false, `{"action":"ver","ver":11}`, nil},
		{"unknown", false, `{"action":"dance"}`, nil},
		{"nonsense", false, `[]`, nil},
		{"same accept again", false, `{"action":"accept","peer_id":"A"}`, nil},
		{"signal", true, `{"action":"signal","from_peer_id":"C","data":{"type":"answer"}}`, Signaled{"C", []byte(`{"type":"answer"}`)}},
		{"signal in a string", true, `{"action":"signal","from_peer_id":"C","data":"{\"type\":\"answer\"}"}`, Signaled{"C", []byte(`{"type":"answer"}`)}},
		{"peer out of reach", true, `{"action":"signal","from_peer_id":"C"}`, Signaled{"C", nil}},
		{"refusal", true, `{"action":"reject","from_peer_id":"C","reason":"full"}`, Refused{"C", "full"}},
		{"greeting", true, `{"action":"ver","ver":11}`, nil},
		{"accept on the relay", true, `{"action":"accept","peer_id":"B"}`, nil},
		{"parents on the relay", true, `{"action":"parents","nodes":[]}`, nil},
		{"nonsense on the relay", true, ``, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "scheduler", "relay")
				s := start(t, testConfig(w))
				scheduler, relay := join(t, s, w, "A")
				if tt.byRelay {
					relay.say(t, tt.text)
				} else {
					scheduler.say(t, tt.text)
				}
				if tt.want == nil {
					quiet(t, s, time.Minute)
					return
				}
				if got := expect[Event](t, s); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("event %#v, want %#v", got, tt.want)
				}
			})
		})
	}
}

func TestClientSkipsWhatComesBeforeAccept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		scheduler := w.host("scheduler").next(t)
		scheduler.say(t, `{"action":"parents","nodes":[]}`)
		scheduler.say(t, `{"action":"signal","from_peer_id":"C","data":{}}`)
		scheduler.say(t, `{"action":"accept","peer_id":"A"}`)
		expect[Accepted](t, s)
	})
}

// Protocol 7.9.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		scheduler, relay := join(t, s, w, "A")
		if err := s.Send(Statistics{Source: 1}); err != nil {
			t.Error(err)
		}
		s.stop()
		const head = `{"channel":"http://x/中.m3u8","peer_id":"A","action":`
		scheduler.expect(t, head+`"statistics","level":0,"source":1,"p2p":0,"plr":0}`)
		scheduler.expect(t, head+`"leave"}`)
		scheduler.expectEnd(t, websocket.CloseNormalClosure)
		relay.expectEnd(t, websocket.CloseNormalClosure)
		if err := <-s.done; err != nil {
			t.Errorf("Run returned %v", err)
		}
		if e, ok := <-s.Events(); ok {
			t.Errorf("event %#v after the end", e)
		}
		if err := s.Send(GetParents{}); !errors.Is(err, ErrOffline) {
			t.Errorf("sending after the end: %v", err)
		}
		if err := s.Signal("C", []byte(`{}`)); !errors.Is(err, ErrOffline) {
			t.Errorf("signaling after the end: %v", err)
		}
	})
}

func TestClientStopsInTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		prepare func(w *world)
		reach   func(t *testing.T, s *subject, w *world) // where the client is to be stopped
	}{
		{"joined, servers deaf", func(*world) {}, func(t *testing.T, s *subject, w *world) {
			w.host("scheduler").next(t).say(t, `{"action":"accept","peer_id":"A"}`)
			expect[Accepted](t, s)
			expect[RelayUp](t, s)
		}},
		{"before accept", func(*world) {}, func(t *testing.T, _ *subject, w *world) {
			w.host("scheduler").next(t)
		}},
		{"in the handshake", func(w *world) { w.host("scheduler").answer(hang) }, func(*testing.T, *subject, *world) {
			synctest.Wait()
		}},
		{"between tries", func(w *world) { w.host("scheduler").answer(http.NotFound) }, func(t *testing.T, s *subject, _ *world) {
			expect[Offline](t, s)
		}},
		{"nobody listens", func(*world) {}, func(t *testing.T, _ *subject, w *world) {
			v := w.host("scheduler").next(t)
			v.say(t, `{"action":"accept","peer_id":"A"}`)
			for range eventBacklog { // fills the backlog, with what accept brought
				v.say(t, `{"action":"transition"}`)
			}
			synctest.Wait()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "scheduler", "relay")
				w.host("scheduler").deaf = true
				w.host("relay").deaf = true
				tt.prepare(w)
				s := start(t, testConfig(w))
				tt.reach(t, s, w)
				stopped := time.Now()
				s.stop()
				if err := <-s.done; err != nil {
					t.Errorf("Run returned %v", err)
				}
				if took := time.Since(stopped); took > flushTimeout {
					t.Errorf("Run took %v to stop", took)
				}
			})
		})
	}
}

func TestClientRunsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		join(t, s, w, "A")
		if err := s.Run(t.Context()); err == nil {
			t.Error("a second Run is accepted")
		}
		quiet(t, s, time.Minute)
	})
}

func TestClientSignalTakesObjectsOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		join(t, s, w, "A")
		for _, data := range []string{``, `null`, `[]`, `"{}"`, `{`, `{}{}`, pad(`{}`, MaxMessage)} {
			if err := s.Signal("C", []byte(data)); !errors.Is(err, ErrMalformed) {
				t.Errorf("signal of %.20q: %v", data, err)
			}
		}
	})
}

// Sending from many goroutines while connections come and go.
func TestClientSendConcurrently(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		var senders sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for range 4 {
			senders.Go(func() {
				for ctx.Err() == nil {
					_ = s.Send(GetParents{})
					_ = s.Signal("C", []byte(`{}`))
					sleep(ctx, 10*time.Millisecond)
				}
			})
		}
		for range 5 {
			scheduler, relay := join(t, s, w, "A")
			relay.next(t)
			scheduler.next(t)
			scheduler.drop()
			for lost := false; !lost; { // the relay may be told of first
				_, lost = expect[Event](t, s).(Offline)
			}
		}
		cancel()
		senders.Wait()
	})
}

// Neither logs nor causes hold the key, whatever goes wrong.
func TestClientKeepsTheKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "page", "relay")
		w.host("page").answer(http.NotFound)
		c := testConfig(w)
		c.Schedulers = []string{"ws://nowhere/?token=" + testToken, "ws://page/?token=" + testToken, "ws://scheduler/?token=" + testToken}
		c.Signalers = nil
		var log lockedBuffer
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := start(t, c)
		var told strings.Builder
		told.WriteString(expect[Offline](t, s).Cause.Error())
		told.WriteString(expect[Offline](t, s).Cause.Error())
		v := w.host("scheduler").next(t)
		v.say(t, `{"action":"accept","peer_id":"A"}`)
		expect[Accepted](t, s)
		expect[RelayUp](t, s)
		v.say(t, `nonsense`)
		v.drop()
		told.WriteString(expect[Offline](t, s).Cause.Error())
		told.WriteString(log.String())
		if !strings.Contains(log.String(), "skipped") {
			t.Errorf("the log says too little to be a test: %s", log.String())
		}
		for _, secret := range []string{testKey, escapeComponent(testKey), testToken} {
			if strings.Contains(told.String(), secret) {
				t.Errorf("%q in %s", secret, told.String())
			}
		}
	})
}

const testToken = "t0ken"

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// Once over the real network: combined server, no relay.
func TestClientOverTCP(t *testing.T) {
	t.Parallel()
	type farewell struct {
		frames []string
		end    error
	}
	result := make(chan farewell, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upgrader := websocket.Upgrader{}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		var got farewell
		for {
			_, text, err := conn.ReadMessage()
			if err != nil {
				got.end = err
				result <- got
				return
			}
			if got.frames = append(got.frames, string(text)); len(got.frames) == 1 {
				_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"action":"accept","peer_id":"A"}`))
			}
		}
	}))
	defer server.Close()
	c := testConfig(nil)
	c.Schedulers = []string{"ws" + strings.TrimPrefix(server.URL, "http")}
	c.Signalers = nil
	c.NetDial = nil
	s := start(t, c)
	expect[Accepted](t, s)
	expect[RelayUp](t, s)
	s.stop()
	got := <-result
	if len(got.frames) != 2 || !strings.HasSuffix(got.frames[1], `"action":"leave"}`) {
		t.Errorf("frames %q, want enter and leave", got.frames)
	}
	if !websocket.IsCloseError(got.end, websocket.CloseNormalClosure) {
		t.Errorf("ended with %v, want code 1000", got.end)
	}
	if err := <-s.done; err != nil {
		t.Errorf("Run returned %v", err)
	}
}
