package signaling

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

func TestSessionReconnects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		scheduler, relay := join(t, s, w, "A")
		lost := time.Now()
		scheduler.drop()
		expect[Offline](t, s)
		relay.expectEnd(t, websocket.CloseNormalClosure)
		if err := s.Send(GetParents{}); !errors.Is(err, ErrOffline) {
			t.Errorf("sending while offline: %v", err)
		}

		scheduler = w.host("scheduler").next(t)
		if pause := scheduler.at.Sub(lost); pause < 5*time.Second || pause > 11*time.Second {
			t.Errorf("came back after %v", pause)
		}
		if enter := scheduler.next(t); !strings.HasPrefix(enter, `{"action":"enter"`) {
			t.Errorf("came back with %s", enter)
		}
		scheduler.say(t, `{"action":"accept","peer_id":"B"}`)
		if id := expect[Accepted](t, s).Accept.PeerID; id != "B" {
			t.Errorf("accepted as %q, want B", id)
		}
		if relay = w.host("relay").next(t); relay.uri != "/?id=B" {
			t.Errorf("relay asked for %s", relay.uri)
		}
		expect[RelayUp](t, s)
		if err := s.Send(Leave{}); err != nil {
			t.Error(err)
		}
		scheduler.expect(t, `{"channel":"http://x/中.m3u8","peer_id":"B","action":"leave"}`)
	})
}

// Protocol 10, case 84.
func TestSessionAcceptedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		scheduler, old := join(t, s, w, "A")
		scheduler.say(t, `{"action":"accept","peer_id":"A"}`)
		scheduler.say(t, `{"action":"accept","peer_id":"B"}`)
		if id := expect[Accepted](t, s).Accept.PeerID; id != "B" {
			t.Errorf("accepted as %q, want B", id)
		}
		old.expectEnd(t, websocket.CloseNormalClosure)
		relay := w.host("relay").next(t)
		expect[RelayUp](t, s)
		if err := s.Signal("C", []byte(`{}`)); err != nil {
			t.Error(err)
		}
		relay.expect(t, `{"peer_id":"B","action":"signal","from_peer_id":"B","to_peer_id":"C","data":{}}`)
		if err := s.Send(GetParents{}); err != nil {
			t.Error(err)
		}
		scheduler.expect(t, `{"channel":"http://x/中.m3u8","peer_id":"B","action":"get_parents"}`)
	})
}

// Protocol 10, case 53.
func TestSessionAcceptWithoutID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		for i := range 3 {
			v := w.host("scheduler").next(t)
			v.say(t, `{"action":"accept"}`)
			if i == 0 {
				if err := expect[Offline](t, s).Cause; !errors.Is(err, errNoID) {
					t.Errorf("offline because of %v", err)
				}
			}
		}
		if n := len(w.host("relay").visits); n > 0 {
			t.Errorf("%d relay sockets", n)
		}
	})
}

// The backup serves at once, but a new round begins with the first.
func TestSessionBackup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "backup", "relay", "backuprelay")
		c := testConfig(w)
		c.Schedulers = []string{"ws://scheduler/", "ws://backup/"}
		c.Signalers = []string{"ws://relay/", "ws://backuprelay/"}
		w.host("scheduler").answer(http.NotFound)
		began := time.Now()
		s := start(t, c)
		expect[Offline](t, s)
		v := w.host("backup").next(t)
		if pause := v.at.Sub(began); pause > 0 {
			t.Errorf("the backup had to wait %v", pause)
		}
		v.say(t, `{"action":"accept","peer_id":"A"}`)
		expect[Accepted](t, s)
		w.host("backuprelay").next(t)
		expect[RelayUp](t, s)

		w.host("scheduler").answer(nil)
		v.drop()
		expect[Offline](t, s)
		join(t, s, w, "B")
	})
}

// Servers that are none: the cause is told once, the tries go on with pauses.
func TestSessionNonsenseServers(t *testing.T) {
	t.Parallel()
	page := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = w.Write([]byte("<html>nothing here</html>"))
		}
	}
	raw := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(text))
			_ = conn.Close()
		}
	}
	tests := []struct {
		name    string
		address string
		handler http.HandlerFunc
		cause   string
	}{
		{"page", "ws://scheduler/", page(200), "server answered 200 OK, not a WebSocket"},
		{"forbidden", "ws://scheduler/", page(403), "server answered 403 Forbidden, not a WebSocket"},
		{"missing", "ws://scheduler/", page(404), "server answered 404 Not Found, not a WebSocket"},
		{"no HTTP", "ws://scheduler/", raw("SSH-2.0-OpenSSH\r\n"), "malformed HTTP"},
		{"hangs up", "ws://scheduler/", raw(""), "EOF"},
		{"refused", "ws://nowhere/", nil, "connection refused"},
		{"silent before the handshake", "ws://scheduler/", hang, "no answer in 4s"},
		{"silent after the handshake", "ws://scheduler/", nil, "no accept in time"},
		{"plain text for TLS", "wss://scheduler:80/", nil, "connecting: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "scheduler")
				w.host("scheduler").answer(tt.handler)
				c := testConfig(w)
				c.Schedulers = []string{tt.address}
				var tries []time.Time
				c.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					tries = append(tries, time.Now()) // Run's goroutine; read after its end
					return w.dial(ctx, network, addr)
				}
				c.Signalers = nil
				s := start(t, c)
				if err := expect[Offline](t, s).Cause; !strings.Contains(err.Error(), tt.cause) {
					t.Errorf("offline because of %v, want %q", err, tt.cause)
				}
				quiet(t, s, 20*time.Minute)
				s.stop()
				<-s.done
				if n := len(tries); n < 15 || n > 60 {
					t.Errorf("%d tries in 20 minutes", n)
				}
				for i := 1; i < len(tries); i++ {
					if pause := tries[i].Sub(tries[i-1]); pause < c.MinBackoff || pause > c.MaxBackoff+c.AcceptTimeout+time.Second {
						t.Errorf("try %d after %v", i, pause)
					}
				}
			})
		})
	}
}

func TestSessionTellsNewCauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler")
		var code atomic.Int32
		code.Store(500)
		w.host("scheduler").answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(code.Load())) })
		c := testConfig(w)
		c.Signalers = nil
		c.Schedulers = []string{"ws://scheduler/", "ws://nowhere/"} // two that fail differently
		s := start(t, c)
		expect[Offline](t, s)
		expect[Offline](t, s)
		quiet(t, s, 10*time.Minute)
		code.Store(503)
		if err := expect[Offline](t, s).Cause; !strings.Contains(err.Error(), "503") {
			t.Errorf("offline because of %v", err)
		}
		quiet(t, s, 10*time.Minute)
	})
}

// Protocol 4.13.
func TestSessionRejected(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"before accept", "by the scheduler", "by the relay"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const text = `{"action":"reject","reason":"banned"}`
				w := newWorld(t, "scheduler", "relay")
				s := start(t, testConfig(w))
				var scheduler, relay *visit
				if name == "before accept" {
					scheduler = w.host("scheduler").next(t)
					scheduler.next(t)
				} else {
					scheduler, relay = join(t, s, w, "A")
				}
				if name == "by the relay" {
					relay.say(t, text)
				} else {
					scheduler.say(t, text)
				}
				if reason := expect[Rejected](t, s).Reason; reason != "banned" {
					t.Errorf("reason %q", reason)
				}
				when := time.Now()
				scheduler.expectEnd(t, websocket.CloseNormalClosure)
				if relay != nil {
					relay.expectEnd(t, websocket.CloseNormalClosure)
				}
				quiet(t, s, rejectPause-time.Second)
				if pause := w.host("scheduler").next(t).at.Sub(when); pause < rejectPause {
					t.Errorf("came back after %v", pause)
				}
			})
		})
	}
}

func TestSessionClosedByServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		scheduler, _ := join(t, s, w, "A")
		scheduler.say(t, `{"action":"close","reason":"restart"}`)
		if err := expect[Offline](t, s).Cause; !strings.Contains(err.Error(), "restart") {
			t.Errorf("offline because of %v", err)
		}
		join(t, s, w, "B")
	})
}
