package peer

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// tallied is a source that takes its time for segments, and counts.
type tallied struct {
	sources

	mu                sync.Mutex
	asked             map[string]int
	inFlight, highest int
}

func (c *tallied) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.asked[r.URL.Path]++
	c.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, ".ts") {
		c.mu.Lock()
		c.inFlight++
		c.highest = max(c.highest, c.inFlight)
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			c.inFlight--
			c.mu.Unlock()
		}()
		select {
		case <-time.After(2 * time.Second):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return c.sources.RoundTrip(r)
}

func (c *tallied) sum() (all, highest int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for path, n := range c.asked {
		if strings.HasSuffix(path, ".ts") {
			all += n
		}
	}
	return all, c.highest
}

// TestSeekStorm: a player that asks for every segment of a film and hangs up at
// once costs the source little, and who comes afterwards is served.
func TestSeekStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const segments = 2000
		var text strings.Builder
		text.WriteString("#EXTM3U\n#EXT-X-TARGETDURATION:2\n")
		s := &tallied{sources: sources{}, asked: map[string]int{}}
		for i := range segments {
			fmt.Fprintf(&text, "#EXTINF:2,\n%d.ts\n", i)
			s.sources[fmt.Sprintf("/%d.ts", i)] = string(packets(3))
		}
		text.WriteString("#EXT-X-ENDLIST\n")
		s.sources["/a.m3u8"] = text.String()
		a := agentOver(t, s, ChannelConfig{URL: "http://source/a.m3u8"})
		defer runs(t, a)()
		time.Sleep(time.Second)
		var wg sync.WaitGroup
		get := func(ctx context.Context, i int) (code int) {
			defer func() { _ = recover() }() // http.ErrAbortHandler
			r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("http://localhost%s/_/%d/x.ts", strings.TrimSuffix(a.PlayPaths()[0], "/a.m3u8"), i), nil)
			w := httptest.NewRecorder()
			a.Proxy().ServeHTTP(w, r.WithContext(ctx))
			return w.Code
		}
		for round := range 2 {
			for i := range segments {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
					defer cancel()
					get(ctx, (i+round*7)%segments)
				})
			}
			wg.Wait()
			time.Sleep(time.Second)
		}
		stormy, highest := s.sum()
		t.Logf("%d requests of the player, %d of the source, %d at once", 2*segments, stormy, highest)
		if stormy > 200 || highest > 64 {
			t.Errorf("the source was asked %d times, %d at once", stormy, highest)
		}
		began := time.Now()
		if code := get(t.Context(), 1000); code != http.StatusOK {
			t.Errorf("afterwards: %d", code)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("afterwards: %v", took)
		}
	})
}

// TestMasterOfItself: a master playlist whose renditions are itself, or other
// master playlists, is no way to make a peer ask without end.
func TestMasterOfItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tallied{sources: sources{
			"/a.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb.m3u8\n",
			"/b.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb.m3u8\n",
		}, asked: map[string]int{}}
		a := agentOver(t, s, ChannelConfig{URL: "http://source/a.m3u8"})
		defer runs(t, a)()
		time.Sleep(time.Second)
		at := a.PlayPaths()[0]
		for range 20 {
			r := httptest.NewRequest(http.MethodGet, "http://localhost"+at, nil)
			w := httptest.NewRecorder()
			a.Proxy().ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				break
			}
			lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
			at = r.URL.JoinPath("..", lines[len(lines)-1]).Path
		}
		time.Sleep(10 * time.Minute)
		s.mu.Lock()
		defer s.mu.Unlock()
		if n := s.asked["/a.m3u8"] + s.asked["/b.m3u8"]; n > 200 {
			t.Errorf("the source was asked %d times", n)
		}
	})
}
