package peer

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAdminHost(t *testing.T) {
	t.Parallel()
	h := testAgent(t, sources{}, "/a.m3u8").Admin()
	for host, want := range map[string]int{
		"127.0.0.1:8091": 200, "localhost": 200, "localhost:8091": 200, "[::1]:8091": 200, "[::1]": 200, "10.1.2.3:80": 200,
		"evil.example": 403, "evil.example:8091": 403, "localhost.evil.example": 403, "": 403, "127.0.0.1.evil.example:8091": 403,
	} {
		for _, path := range []string{"/healthz", "/metrics", "/api/v1/status", "/api/v1/segments"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != want {
				t.Errorf("%s for host %q: status %d, want %d", path, host, w.Code, want)
			}
		}
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/api/v1/status", nil)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", w.Code)
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
