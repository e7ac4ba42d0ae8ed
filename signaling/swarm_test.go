package signaling

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// Protocol 5.1: the very bytes of joining, asking, reporting and living.
func TestSwarmJoins(t *testing.T) {
	t.Parallel()
	for base, slash := range map[string]string{"http://tracker": "", "http://tracker/": "/"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "tracker", "relay")
			f := newFakeTracker(w.host("tracker"))
			c := swarmConfig(w)
			c.Announces[0] = base
			c.Room += "?t=1"
			s := startSwarm(t, c)
			ids := "?info_hash=" + infoHash(c.Room) + "&peer_id=A"
			want := "/announce" + slash + "?key=se%20cret&info_hash=" + infoHash(c.Room) +
				"&browser=pion-hls&device=PC&os=Linux&channel=http%3A%2F%2Fx%2F%E4%B8%AD.m3u8&ul_bw=5000000"
			if r := f.next(t); r.uri != want || r.method != "GET" {
				t.Errorf("announced with %s %s, want %s", r.method, r.uri, want)
			}
			if got, want := expect[Accepted](t, s.subject), (Accepted{Accept{PeerID: "A", ReportSpan: 60}, base}); got != want {
				t.Errorf("accepted with %+v, want %+v", got, want)
			}
			if got := expect[Peers](t, s.subject).IDs; !reflect.DeepEqual(got, []PeerID{"B"}) {
				t.Errorf("peers %v", got)
			}
			relay := w.host("relay").next(t)
			if relay.uri != "/?id=A" {
				t.Errorf("relay asked for %s", relay.uri)
			}
			expect[RelayUp](t, s.subject)
			if err := s.Signal("B", []byte(`{}`)); err != nil {
				t.Error(err)
			}
			relay.expect(t, `{"peer_id":"A","action":"signal","from_peer_id":"A","to_peer_id":"B","data":{}}`)
			relay.say(t, `{"action":"signal","from_peer_id":"B","data":{"type":"answer"}}`)
			if got := expect[Signaled](t, s.subject); got.From != "B" || string(got.Data) != `{"type":"answer"}` {
				t.Errorf("signal %+v", got)
			}

			for range 3 {
				if err := s.Send(GetPeers{}); err != nil {
					t.Error(err)
				}
			}
			if r := f.next(t); r.uri != "/get_peers"+slash+ids {
				t.Errorf("peers asked for with %s", r.uri)
			}
			if got := expect[Peers](t, s.subject).IDs; !reflect.DeepEqual(got, []PeerID{"C"}) {
				t.Errorf("peers %v", got)
			}
			if err := s.Send(Statistics{Source: 1, P2P: 3}); err != nil {
				t.Error(err)
			}
			r := f.next(t)
			if r.method != "POST" || r.uri != "/stats"+slash+ids+"&source=1&p2p=3" ||
				r.body != `{"info_hash":"`+infoHash(c.Room)+`","peer_id":"A","source":1,"p2p":3}` {
				t.Errorf("reported with %+v", r)
			}
			began := time.Now()
			if r := f.next(t); r.uri != "/heartbeat"+slash+ids || r.at.Sub(began) != 30*time.Second {
				t.Errorf("lives with %s after %v", r.uri, r.at.Sub(began))
			}
			if err := s.Send(GetParents{}); err == nil || errors.Is(err, ErrOffline) {
				t.Errorf("a message of a scheduler: %v", err)
			}
		})
	}
}

// What a tracker may answer to an announce (protocol 10, case 72).
func TestSwarmAnnounceAnswers(t *testing.T) {
	t.Parallel()
	many := func(n int) string {
		var b strings.Builder
		b.WriteString(`{"peer_id":"A","peers":[`)
		for i := range n {
			fmt.Fprintf(&b, `{"id":%d},`, i+1)
		}
		return b.String() + `null]}`
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		span   int
		peers  int    // -1: the announce fails
		cause  string // of which this says something
	}{
		{"report_span", says(200, `{"peer_id":"A","report_span":20,"peers":[]}`), 20, 0, ""},
		{"report_interval only", says(200, `{"peer_id":"A","report_interval":20,"peers":[{"id":"B"}]}`), 20, 1, ""},
		{"both", says(200, `{"peer_id":"A","report_interval":20,"report_span":30}`), 30, 0, ""},
		{"bad spans", says(200, `{"peer_id":"A","report_interval":0,"report_span":-1,"heartbeat_interval":0}`), 0, 0, ""},
		{"numeric id", says(200, `{"peer_id":7,"peers":[{"id":7},{"id":8}]}`), 0, 1, ""},
		{"itself only", says(200, `{"peer_id":"A","peers":[{"id":"A"}]}`), 0, 0, ""},
		{"twice, and nonsense", says(200, `{"peer_id":"A","peers":[{"id":"B"},{"id":"B"},null,{},{"id":null},7,{"id":""}]}`), 0, 1, ""},
		{"no list", says(200, `{"peer_id":"A","peers":{"id":"B"}}`), 0, 0, ""},
		{"many", says(200, many(3000)), 0, MaxEntries, ""},
		{"10,000", says(200, many(10_000)), 0, -1, "malformed"},
		{"no id", says(200, `{"peers":[]}`), 0, -1, "without a peer id"},
		{"bad id", says(200, `{"peer_id":"`+strings.Repeat("x", MaxID+1)+`"}`), 0, -1, "without a peer id"},
		{"nothing", says(200, ``), 0, -1, "without a peer id"},
		{"null", says(200, `null`), 0, -1, "not a JSON object"},
		{"HTML", says(200, `<html>Log in to this network</html>`), 0, -1, "not JSON"},
		{"not found", says(404, `404 page not found`), 0, -1, "404"},
		{"broken", says(500, `{"peer_id":"A"}`), 0, -1, "500"},
		{"slow", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"peer_id":`)
			_ = http.NewResponseController(w).Flush()
			hang(w, r)
		}, 0, -1, "no answer in 10s"},
		{"silent", hang, 0, -1, "no answer in 10s"},
		{"without end", func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		}, 0, -1, "malformed"},
		{"to nowhere", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://%zz/?"+r.URL.RawQuery)
			w.WriteHeader(http.StatusFound)
		}, 0, -1, "the request failed"},
		{"to another protocol", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "gopher://tracker/", http.StatusFound)
		}, 0, -1, "gopher"},
		{"in a circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/announce", http.StatusFound) }, 0, -1, "redirects"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "tracker", "relay")
				f := newFakeTracker(w.host("tracker"))
				f.set("announce", tt.answer)
				s := startSwarm(t, swarmConfig(w))
				if tt.peers < 0 {
					err := expect[Offline](t, s.subject).Cause
					if !strings.Contains(err.Error(), tt.cause) || strings.Contains(err.Error(), "http:") || strings.Contains(err.Error(), "key=") {
						t.Errorf("offline because of %v", err)
					}
					quiet(t, s.subject, 10*time.Minute) // the same cause is told once
					if n := len(f.requests); n < 5 || n > 150 {
						t.Errorf("%d requests in 10 minutes", n)
					}
					return
				}
				if got := expect[Accepted](t, s.subject).Accept.ReportSpan; got != tt.span {
					t.Errorf("report span %d, want %d", got, tt.span)
				}
				if got := expect[Peers](t, s.subject).IDs; len(got) != tt.peers {
					t.Errorf("%d peers: %v", len(got), got)
				}
			})
		})
	}
}

// Who was forgotten announces anew, whatever request tells it.
func TestSwarmForgotten(t *testing.T) {
	t.Parallel()
	for endpoint, status := range map[string]int{"heartbeat": 404, "stats": 410, "get_peers": 404} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "tracker", "relay")
				f := newFakeTracker(w.host("tracker"))
				s := startSwarm(t, swarmConfig(w))
				old := f.joined(t, s, w)
				time.Sleep(10 * time.Second)
				f.set(endpoint, says(status, `{"error":"who?"}`))
				f.set("announce", says(200, `{"peer_id":"Z"}`))
				if endpoint == "stats" {
					_ = s.Send(Statistics{Source: 5})
				}
				if endpoint == "get_peers" {
					_ = s.Send(GetPeers{})
				}
				f.expect(t, endpoint)
				if r := f.expect(t, "announce"); !strings.HasSuffix(r.uri, "&peer_id=A") {
					t.Errorf("does not say who it was: %s", r.uri)
				}
				if id := expect[Accepted](t, s.subject).Accept.PeerID; id != "Z" {
					t.Errorf("accepted as %q", id)
				}
				expect[Peers](t, s.subject)
				old.expectEnd(t, websocket.CloseNormalClosure)
				if relay := w.host("relay").next(t); relay.uri != "/?id=Z" {
					t.Errorf("relay asked for %s", relay.uri)
				}
				expect[RelayUp](t, s.subject)
				if endpoint != "stats" {
					return
				}
				f.set("stats", nil)
				_ = s.Send(Statistics{Source: 1, P2P: 2})
				if r := f.expect(t, "stats"); !strings.HasSuffix(r.uri, "peer_id=Z&source=6&p2p=2") {
					t.Errorf("reported %s", r.uri)
				}
			})
		})
	}
}

// One that forgets at once is not asked without a pause.
func TestSwarmForgottenAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "tracker", "relay")
		f := newFakeTracker(w.host("tracker"))
		f.set("stats", says(404, ``))
		s := startSwarm(t, swarmConfig(w))
		end := time.Now().Add(10 * time.Minute)
		for time.Now().Before(end) {
			select {
			case e := <-s.Events():
				if _, ok := e.(RelayUp); ok {
					_ = s.Send(Statistics{Source: 1})
				}
			case <-time.After(time.Minute):
			}
			for len(w.host("relay").visits) > 0 {
				<-w.host("relay").visits
			}
		}
		if n := len(f.requests); n > 240 {
			t.Errorf("%d requests in 10 minutes", n)
		}
	})
}

func TestSwarmHeartbeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "tracker", "relay")
		f := newFakeTracker(w.host("tracker"))
		s := startSwarm(t, swarmConfig(w))
		relay := f.joined(t, s, w)
		f.set("heartbeat", says(502, ""))
		for range maxHeartbeats - 1 {
			f.expect(t, "heartbeat")
		}
		_ = s.Send(GetPeers{}) // a success between them
		f.expect(t, "get_peers")
		expect[Peers](t, s.subject)
		for range maxHeartbeats - 1 {
			f.expect(t, "heartbeat")
		}
		if err := s.Signal("B", []byte(`{}`)); err != nil {
			t.Errorf("failures of heartbeats alone end the relay: %v", err)
		}
		relay.next(t)
		f.expect(t, "heartbeat")
		if err := expect[Offline](t, s.subject).Cause; !strings.Contains(err.Error(), "502") {
			t.Errorf("offline because of %v", err)
		}
		relay.expectEnd(t, websocket.CloseNormalClosure)
		if err := errors.Join(s.Send(GetPeers{}), s.Send(Statistics{})); !errors.Is(err, ErrOffline) {
			t.Errorf("sending while offline: %v", err)
		}
		lost := time.Now()
		r := f.expect(t, "announce")
		if pause := r.at.Sub(lost); pause < 4*time.Second || pause > 11*time.Second || !strings.HasSuffix(r.uri, "&peer_id=A") {
			t.Errorf("came back after %v with %s", pause, r.uri)
		}
		expect[Accepted](t, s.subject)
	})
}

// What was not acknowledged comes with the next report, and never twice.
func TestSwarmStatistics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "tracker", "relay")
		f := newFakeTracker(w.host("tracker"))
		c := swarmConfig(w)
		f.set("announce", says(200, `{"peer_id":"A","heartbeat_interval":3600}`))
		s := startSwarm(t, c)
		f.joined(t, s, w)
		report := func(source, p2p int64, want string) {
			t.Helper()
			if err := s.Send(Statistics{Source: source, P2P: p2p}); err != nil {
				t.Error(err)
			}
			r := f.expect(t, "stats")
			if !strings.HasSuffix(r.uri, want) || !strings.HasSuffix(r.body, strings.NewReplacer("&source=", `"source":`, "&p2p=", `,"p2p":`).Replace(want)+"}") {
				t.Errorf("reported %s %s, want %s", r.uri, r.body, want)
			}
			synctest.Wait()
		}
		f.set("stats", says(500, ""))
		report(1, 2, "&source=1&p2p=2")
		f.set("stats", says(200, "<html>"))
		report(10, 20, "&source=11&p2p=22")
		f.set("stats", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) })
		report(0, 0, "&source=11&p2p=22")
		f.set("stats", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/stats" {
				http.Redirect(w, r, "/stats/?source=11&p2p=22", http.StatusTemporaryRedirect)
			}
		})
		report(-5, -5, "&source=11&p2p=22")
		if r := f.expect(t, "stats/"); r.method != "POST" || !strings.Contains(r.body, `"source":11`) {
			t.Errorf("redirected: %+v", r)
		}
		synctest.Wait()
		f.set("stats", nil)
		report(4, 0, "&source=4&p2p=0")

		// What is left at the end is posted then.
		f.set("stats", says(500, ""))
		report(7, 8, "&source=7&p2p=8")
		f.set("stats", nil)
		began := time.Now()
		s.stop()
		if err := <-s.done; err != nil || time.Since(began) > flushTimeout {
			t.Errorf("Run returned %v after %v", err, time.Since(began))
		}
		if r := f.expect(t, "stats"); !strings.HasSuffix(r.uri, "&source=7&p2p=8") {
			t.Errorf("last words %s", r.uri)
		}
	})
}

// The end does not wait for a tracker that does not answer.
func TestSwarmEnds(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]map[string]http.HandlerFunc{
		"announcing": {"announce": hang},
		"reporting":  {"stats": hang},
		"pausing":    {"announce": says(500, "")},
		"rejected":   {"announce": says(403, `{"error":"unknown key"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "tracker", "relay")
				f := newFakeTracker(w.host("tracker"))
				for endpoint, answer := range answers {
					f.set(endpoint, answer)
				}
				s := startSwarm(t, swarmConfig(w))
				if name == "reporting" {
					f.joined(t, s, w)
					_ = s.Send(Statistics{Source: 1})
					f.expect(t, "stats")
				} else {
					f.expect(t, "announce")
				}
				time.Sleep(time.Second)
				began := time.Now()
				s.stop()
				if err := <-s.done; err != nil || time.Since(began) > flushTimeout+100*time.Millisecond {
					t.Errorf("Run returned %v after %v", err, time.Since(began))
				}
				if err := s.swarm.Run(t.Context()); err == nil {
					t.Error("Run twice")
				}
			})
		})
	}
}

func TestSwarmRejected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "tracker", "relay")
		f := newFakeTracker(w.host("tracker"))
		f.set("announce", says(403, `{"error":"unknown key"}`))
		s := startSwarm(t, swarmConfig(w))
		f.expect(t, "announce")
		if reason := expect[Rejected](t, s.subject).Reason; reason != "unknown key" {
			t.Errorf("rejected for %q", reason)
		}
		began := time.Now()
		f.set("announce", nil)
		if r := f.expect(t, "announce"); r.at.Sub(began) != rejectPause {
			t.Errorf("came back after %v", r.at.Sub(began))
		}
		expect[Accepted](t, s.subject)
		expect[Peers](t, s.subject)
		w.host("relay").next(t).say(t, `{"action":"reject","reason":"banned"}`)
		expect[RelayUp](t, s.subject)
		if reason := expect[Rejected](t, s.subject).Reason; reason != "banned" {
			t.Errorf("rejected for %q", reason)
		}
	})
}

// A relay that is not there is a failure: a swarm has no other way for signals.
func TestSwarmRelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "tracker", "relay")
		f := newFakeTracker(w.host("tracker"))
		w.host("relay").answer(http.NotFound)
		s := startSwarm(t, swarmConfig(w))
		f.expect(t, "announce")
		expect[Accepted](t, s.subject)
		expect[Peers](t, s.subject)
		expect[RelayDown](t, s.subject)
		if err := s.Signal("B", []byte(`{}`)); !errors.Is(err, ErrOffline) {
			t.Errorf("signal without a relay: %v", err)
		}
		w.host("relay").answer(nil)
		expect[RelayUp](t, s.subject)
		if err := s.Signal("B", []byte(`[]`)); !errors.Is(err, ErrMalformed) {
			t.Errorf("signal that is none: %v", err)
		}
	})
}

func TestSwarmBackup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "tracker", "relay", "backup", "backuprelay")
		newFakeTracker(w.host("tracker")).set("announce", says(500, ""))
		f := newFakeTracker(w.host("backup"))
		c := swarmConfig(w)
		c.Announces = append(c.Announces, "http://backup/")
		c.Signalers = append(c.Signalers, "ws://backuprelay/")
		c.Enter = func() Enter { return Enter{Resume: "R"} }
		s := startSwarm(t, c)
		expect[Offline](t, s.subject)
		if got := expect[Accepted](t, s.subject).Scheduler; got != "http://backup/" {
			t.Errorf("accepted by %s", got)
		}
		if r := f.next(t); !strings.HasPrefix(r.uri, "/announce/?") || !strings.HasSuffix(r.uri, "&peer_id=R") {
			t.Errorf("announced with %s", r.uri)
		}
		expect[Peers](t, s.subject)
		w.host("backuprelay").next(t)
		expect[RelayUp](t, s.subject)
	})
}

// Nothing that is logged gives the key, an id of the URL or a query away.
func TestSwarmLogs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		w := newWorld(t, "tracker", "relay")
		f := newFakeTracker(w.host("tracker"))
		for _, endpoint := range []string{"heartbeat", "stats", "get_peers"} {
			f.set(endpoint, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
		}
		c := swarmConfig(w)
		c.Announces[0] = "http://tracker/?token=hush"
		c.Logger = slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := startSwarm(t, c)
		f.joined(t, s, w)
		_ = s.Send(Statistics{Source: 1})
		_ = s.Send(GetPeers{})
		err := expect[Offline](t, s.subject).Cause
		s.stop()
		<-s.done
		text.WriteString(err.Error())
		for _, secret := range []string{testKey, "se%20cret", "hush", "info_hash", "?"} {
			if strings.Contains(text.String(), secret) {
				t.Errorf("%q is in\n%s", secret, &text)
			}
		}
		if !strings.Contains(text.String(), "heartbeat failed") {
			t.Errorf("nothing logged: %s", &text)
		}
	})
}
