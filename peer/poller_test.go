package peer

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestPollerInsists: a live source that fails is asked again before players
// have played what they hold; one that never answered is left more in peace.
func TestPollerInsists(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		known       bool
		least, most int // polls within 30 s
	}{
		"while it is played": {true, 15, 32},
		"before the start":   {false, 6, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &switched{next: sources{"/a.m3u8": "down"}}
				if tt.known {
					s.set(sources{"/a.m3u8": liveText})
				}
				polls := &counter{next: s}
				a := agentOver(t, polls, ChannelConfig{URL: "http://source/a.m3u8"})
				defer runs(t, a)()
				time.Sleep(20 * time.Second)
				s.set(sources{"/a.m3u8": "down"})
				before := polls.count()
				time.Sleep(30 * time.Second)
				if n := polls.count() - before; n < tt.least || n > tt.most {
					t.Errorf("%d polls within 30 s, want %d to %d", n, tt.least, tt.most)
				}
			})
		})
	}
}

// counter counts requests.
type counter struct {
	next http.RoundTripper
	mu   sync.Mutex
	n    int
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	return c.next.RoundTrip(r)
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}
