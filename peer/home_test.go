package peer

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/hls"
)

// TestHomeOfChannels: whatever is asked for a channel is asked in the name of the
// hosts that the user has named for it, and not of those of other channels.
func TestHomeOfChannels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n#EXTINF:2,\n0.ts\n#EXT-X-ENDLIST\n"
		master := "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n"
		over := &homes{of: map[string][]string{}, over: sources{
			"/a.m3u8": text, "/b.m3u8": master, "/low.m3u8": text, "/key": "0123456789abcdef", "/0.ts": strings.Repeat("\x00", 160),
		}}
		a := agentOver(t, over, ChannelConfig{URL: "http://one/a.m3u8", Backups: []string{"http://spare:1/a.m3u8"}}, ChannelConfig{URL: "http://two/b.m3u8"})
		defer runs(t, a)()
		if err := a.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		for next := a.PlayPaths(); len(next) > 0; next = next[1:] {
			at := next[0]
			r := httptest.NewRequest(http.MethodGet, "http://localhost"+at, nil)
			w := httptest.NewRecorder()
			a.Proxy().ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", at, w.Code, w.Body)
			}
			if strings.HasSuffix(at, ".m3u8") {
				for _, line := range strings.FieldsFunc(w.Body.String(), func(r rune) bool { return r == '\n' || r == '"' }) {
					if strings.Contains(line, "/") && !strings.HasPrefix(line, "#") {
						next = append(next, r.URL.JoinPath("..", line).Path)
					}
				}
			}
		}
		over.mu.Lock()
		defer over.mu.Unlock()
		for address, want := range map[string][]string{
			"one/a.m3u8": {"one", "spare:1"}, "one/key": {"one", "spare:1"}, "one/0.ts": {"one", "spare:1"}, "spare:1/a.m3u8": {"one", "spare:1"},
			"two/b.m3u8": {"two"}, "two/low.m3u8": {"two"}, "two/key": {"two"}, "two/0.ts": {"two"},
		} {
			if got := over.of[address]; !slices.Equal(got, want) {
				t.Errorf("%s is asked in the name of %q, want %q", address, got, want)
			}
		}
	})
}

// homes takes note of the home of each request.
type homes struct {
	over http.RoundTripper

	mu sync.Mutex
	of map[string][]string // by host and path
}

func (h *homes) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.of[r.URL.Host+r.URL.Path] = hls.Home(r.Context())
	h.mu.Unlock()
	return h.over.RoundTrip(r)
}
