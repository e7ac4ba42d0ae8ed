package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestAdminAccess: who may look at a peer that has a token, and at one that has
// none. 0 stands for the answer to who may.
func TestAdminAccess(t *testing.T) {
	t.Parallel()
	const there, token = "192.0.2.7:5000", "a long token"
	open := testAgent(t, sources{}, "/a.m3u8")
	c := DefaultConfig()
	c.Channels, c.Origin.Transport, c.AdminToken = []ChannelConfig{{URL: "http://source/a.m3u8"}}, sources{}, token
	closed, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0 // by open
	for _, tt := range []struct {
		name, remote, host string
		query              string
		header             string
		without, with      int
	}{
		{name: "this machine", remote: here, host: "127.0.0.1:8091"},
		{name: "by name", remote: here, host: "localhost"},
		{name: "IPv6", remote: "[::1]:5000", host: "[::1]:8091"},
		{name: "a name that leads here", remote: here, host: "evil.example:8091", without: 403, with: 401},
		{name: "a name that looks like ours", remote: here, host: "localhost.evil.example", without: 403, with: 401},
		{name: "no host", remote: here, without: 403, with: 401},
		{name: "elsewhere", remote: there, host: "10.1.2.3:8091", without: 403, with: 401},
		{name: "elsewhere, with our host", remote: there, host: "127.0.0.1:8091", without: 403, with: 401},
		{name: "a proxy here", remote: here, host: "localhost", header: "X-Forwarded-For: 192.0.2.7", without: 403, with: 401},
		{name: "a page of another site", remote: here, host: "localhost:8091", header: "Origin: https://evil.example", without: 403, with: 401},
		{name: "an image of another site", remote: here, host: "localhost:8091", header: "Sec-Fetch-Site: cross-site", without: 403, with: 401},
		{name: "a page of the proxy for players", remote: here, host: "localhost:8091", header: "Origin: http://localhost:8090", without: 403, with: 401},
		{name: "the token", remote: there, host: "10.1.2.3:8091", header: "Authorization: Bearer " + token, without: 403},
		{name: "the token in the address", remote: there, host: "peer.example", query: "?token=a+long+token", without: 403},
		{name: "another token", remote: there, host: "10.1.2.3:8091", header: "Authorization: Bearer a long toke", without: 403, with: 401},
		{name: "an empty token", remote: there, host: "10.1.2.3:8091", query: "?token=", header: "Authorization: Bearer ", without: 403, with: 401},
		{name: "a cookie", remote: there, host: "10.1.2.3:8091", header: "Cookie: =" + token, without: 403, with: 401},
	} {
		for i, a := range []*Agent{open, closed} {
			want := []int{tt.without, tt.with}[i]
			for path, granted := range map[string]int{"/metrics": 200, "/api/v1/status": 200, "/api/v1/segments": 200, "/api/v1/plan": 200, "/api/v1/events": 200, "/api/v1/none": 404, "/healthz": 200, "/readyz": 503} {
				r := httptest.NewRequest(http.MethodGet, path+tt.query, nil)
				r.RemoteAddr, r.Host = tt.remote, tt.host
				if name, value, ok := strings.Cut(tt.header, ": "); ok {
					r.Header.Set(name, value)
				}
				ctx, cancel := context.WithCancel(r.Context())
				cancel() // events without end
				w := httptest.NewRecorder()
				a.Admin().ServeHTTP(w, r.WithContext(ctx))
				expect := granted
				if want != 0 && path != "/healthz" && path != "/readyz" {
					expect = want
					refused += 1 - i
				}
				if w.Code != expect || strings.Contains(w.Body.String(), token) {
					t.Errorf("%s, token %v: %s gives %d %s, want %d", tt.name, i == 1, path, w.Code, w.Body, expect)
				}
				if told := strings.Contains(w.Body.String(), "channel a"); path == "/readyz" && told != (want == 0) {
					t.Errorf("%s, token %v: why it is not ready: %s", tt.name, i == 1, w.Body)
				}
			}
		}
	}
	if text := ask(open.Admin(), "/metrics").Body.String(); !strings.Contains(text, fmt.Sprintf("hlspeer_refused_total{what=%q} %d\n", refusedAdmin, refused)) {
		t.Errorf("what was refused is not counted:\n%s", text)
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodOptions} {
		r := httptest.NewRequest(method, "http://localhost/api/v1/status", nil)
		r.RemoteAddr = here
		w := httptest.NewRecorder()
		if open.Admin().ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: status %d %v", method, w.Code, w.Header())
		}
	}
}

// TestReady: an agent is ready once the source has answered, and no more when
// it has not for a while.
func TestReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &switched{next: sources{"/a.m3u8": "down"}}
		a := agentOver(t, s, ChannelConfig{URL: "http://source/a.m3u8"})
		defer runs(t, a)()
		expect := func(when string, want int) {
			t.Helper()
			if w := ask(a.Admin(), "/readyz"); w.Code != want {
				t.Errorf("%s: status %d %s, want %d", when, w.Code, w.Body, want)
			}
		}
		time.Sleep(3 * time.Second)
		expect("source down", http.StatusServiceUnavailable)
		s.set(sources{"/a.m3u8": liveText})
		time.Sleep(10 * time.Second)
		expect("source up", http.StatusOK)
		s.set(sources{"/a.m3u8": "down"})
		time.Sleep(20 * time.Second)
		expect("source just gone", http.StatusOK)
		time.Sleep(30 * time.Second)
		expect("source long gone", http.StatusServiceUnavailable)
		s.set(sources{"/a.m3u8": liveText})
		time.Sleep(10 * time.Second)
		expect("source back", http.StatusOK)
	})
}

// switched are sources that change.
type switched struct {
	mu   sync.Mutex
	next sources
}

func (s *switched) set(next sources) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = next
}

func (s *switched) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	next := s.next
	s.mu.Unlock()
	return next.RoundTrip(r)
}

// TestStatusNulls: what is not known is null, lists are never null, and no
// token is shown.
func TestStatusNulls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := testAgent(t, sources{"/a.m3u8": liveText}, "/a.m3u8")
		end := runs(t, a)
		time.Sleep(time.Second)
		text := ask(a.Admin(), "/api/v1/status").Body.String()
		end()
		if strings.Contains(text, "secret") {
			t.Errorf("the status shows the token:\n%s", text)
		}
		var s struct {
			Channels []struct {
				Tracks []map[string]json.RawMessage `json:"tracks"`
			} `json:"channels"`
		}
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		track := s.Channels[0].Tracks[0]
		for field, want := range map[string]string{
			"level": "null", "offload": "null", "parents": "[]", "children": "[]", "edge": "6", "tracker": `"off"`,
		} {
			if got := string(track[field]); got != want {
				t.Errorf("%s is %s, want %s", field, got, want)
			}
		}
	})
}
