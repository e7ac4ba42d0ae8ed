package signaling

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

func TestRelayReopens(t *testing.T) {
	t.Parallel()
	for name, breaks := range map[string]func(t *testing.T, v *visit){
		"dropped": func(_ *testing.T, v *visit) { v.drop() },
		"closed by message": func(t *testing.T, v *visit) {
			v.say(t, `{"action":"close","reason":"restart"}`)
		},
		"closed by frame": func(t *testing.T, v *visit) {
			text := websocket.FormatCloseMessage(websocket.CloseServiceRestart, "restart")
			if err := v.conn.WriteControl(websocket.CloseMessage, text, time.Now().Add(time.Second)); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "scheduler", "relay")
				s := start(t, testConfig(w))
				scheduler, relay := join(t, s, w, "A")
				breaks(t, relay)
				expect[RelayDown](t, s)
				if err := s.Signal("C", []byte(`{}`)); !errors.Is(err, ErrOffline) {
					t.Errorf("signaling while the relay is down: %v", err)
				}
				if err := s.Send(GetParents{}); err != nil {
					t.Errorf("sending while the relay is down: %v", err)
				}
				scheduler.next(t)
				if relay = w.host("relay").next(t); relay.uri != "/?id=A" {
					t.Errorf("relay asked for %s", relay.uri)
				}
				expect[RelayUp](t, s)
				if err := s.Signal("C", []byte(`{}`)); err != nil {
					t.Error(err)
				}
				relay.next(t)
			})
		})
	}
}

func TestRelayTellsAFailureOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		w.host("relay").answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) })
		s := start(t, testConfig(w))
		w.host("scheduler").next(t).say(t, `{"action":"accept","peer_id":"A"}`)
		expect[Accepted](t, s)
		if err := expect[RelayDown](t, s).Cause; !strings.Contains(err.Error(), "502") {
			t.Errorf("relay down because of %v", err)
		}
		quiet(t, s, 10*time.Minute)
		w.host("relay").answer(nil)
		expect[RelayUp](t, s)
	})
}

// A combined server of old answers 404 where a relay was expected.
func TestRelayFallsBackToTheScheduler(t *testing.T) {
	t.Parallel()
	for name, signalers := range map[string][]string{
		"not found": {"ws://relay/"},
		"empty":     {""},
		"none":      nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "scheduler", "relay")
				w.host("relay").answer(http.NotFound)
				c := testConfig(w)
				c.Signalers = signalers
				s := start(t, c)
				scheduler := w.host("scheduler").next(t)
				scheduler.next(t)
				scheduler.say(t, `{"action":"accept","peer_id":"A"}`)
				expect[Accepted](t, s)
				expect[RelayUp](t, s)
				if err := s.Signal("C", []byte(`{}`)); err != nil {
					t.Error(err)
				}
				scheduler.expect(t, `{"channel":"http://x/中.m3u8","peer_id":"A","action":"signal","from_peer_id":"A","to_peer_id":"C","data":{}}`)
				scheduler.say(t, `{"action":"signal","from_peer_id":"C","data":{}}`)
				expect[Signaled](t, s)
				scheduler.drop()
				expect[Offline](t, s)
				if err := s.Signal("C", []byte(`{}`)); !errors.Is(err, ErrOffline) {
					t.Errorf("signaling while offline: %v", err)
				}
			})
		})
	}
}

// A relay that has been there comes back.
func TestRelayMissingLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		_, relay := join(t, s, w, "A")
		w.host("relay").answer(http.NotFound)
		relay.drop()
		expect[RelayDown](t, s) // the loss
		expect[RelayDown](t, s) // the 404
		quiet(t, s, 10*time.Minute)
		w.host("relay").answer(nil)
		expect[RelayUp](t, s)
		if err := s.Signal("C", []byte(`{}`)); err != nil {
			t.Error(err)
		}
		w.host("relay").next(t).next(t)
	})
}
