package peer

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sources answers requests in place of the network, by path.
type sources map[string]string

func (s sources) RoundTrip(r *http.Request) (*http.Response, error) {
	text, ok := s[r.URL.Path]
	switch {
	case text == "down":
		return nil, errors.New("connection refused")
	case text == "silent":
		<-r.Context().Done()
		return nil, r.Context().Err()
	case !ok:
		return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: r}, nil
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)),
	}, nil
}

const liveText = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:2,\n5.ts\n#EXTINF:2,\n6.ts\n"

func testAgent(t *testing.T, s sources, paths ...string) *Agent {
	t.Helper()
	var channels []ChannelConfig
	for _, p := range paths {
		channels = append(channels, ChannelConfig{URL: "http://source" + p + "?token=secret"})
	}
	return agentOver(t, s, channels...)
}

// agentOver is an agent of channels whose sources it asks by way of over.
func agentOver(t *testing.T, over http.RoundTripper, channels ...ChannelConfig) *Agent {
	t.Helper()
	c := DefaultConfig()
	c.Channels, c.Origin.Transport = channels, over
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// runs starts an agent; end stops it and waits.
func runs(t *testing.T, a *Agent) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- a.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sources sources
		ok      bool
	}{
		"all up":                   {sources{"/a.m3u8": liveText, "/b.m3u8": liveText}, true},
		"first down":               {sources{"/a.m3u8": "down", "/b.m3u8": liveText}, true},
		"last down":                {sources{"/a.m3u8": liveText, "/b.m3u8": "down"}, true},
		"one silent":               {sources{"/a.m3u8": "silent", "/b.m3u8": liveText}, true},
		"one is a page":            {sources{"/a.m3u8": "<html>", "/b.m3u8": liveText}, true},
		"all down":                 {sources{"/a.m3u8": "down", "/b.m3u8": "down"}, false},
		"all pages, gone or mute":  {sources{"/a.m3u8": "<html>"}, false},
		"all silent, for too long": {sources{"/a.m3u8": "silent", "/b.m3u8": "silent"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := testAgent(t, tt.sources, "/a.m3u8", "/b.m3u8")
				began := time.Now()
				err := a.Probe(t.Context())
				if ok := err == nil; ok != tt.ok {
					t.Errorf("error %v", err)
				}
				if err != nil && strings.Contains(err.Error(), "secret") {
					t.Errorf("the error shows the token: %v", err)
				}
				if time.Since(began) > time.Minute {
					t.Errorf("the probe took %v", time.Since(began))
				}
			})
		})
	}
}

func TestProbeCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := testAgent(t, sources{"/a.m3u8": "silent"}, "/a.m3u8")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.Probe(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want that of the context", err)
		}
	})
}

// TestRunEnded: an agent that is run with an ended context, or that ends
// before its source has answered, leaves nothing behind: neither goroutines nor
// players that wait.
func TestRunEnded(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]sources{"down": {"/a.m3u8": "down"}, "silent": {"/a.m3u8": "silent"}, "up": {"/a.m3u8": liveText}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := testAgent(t, s, "/a.m3u8")
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := a.Run(ctx); err != nil {
					t.Error(err)
				}
				afterTheEnd(t, a)
			})
			synctest.Test(t, func(t *testing.T) {
				a := testAgent(t, s, "/a.m3u8")
				end := runs(t, a)
				var players sync.WaitGroup
				for range 3 {
					players.Go(func() { ask(a.Proxy(), "/a/a.m3u8") })
					players.Go(func() { ask(a.Proxy(), "/a/_/5/5.ts") })
				}
				synctest.Wait()
				end()
				players.Wait() // nobody waits for ever
				afterTheEnd(t, a)
			})
		})
	}
}

// afterTheEnd calls everything of an agent that has ended.
func afterTheEnd(t *testing.T, a *Agent) {
	t.Helper()
	if s := a.Status(); len(s.Channels) != 1 {
		t.Errorf("status of %d channels after the end", len(s.Channels))
	}
	if s := a.Segments(); s == nil {
		t.Error("no list of segments after the end")
	}
	_ = a.Ready()
	for _, path := range []string{"/a/a.m3u8", "/a/_/5/5.ts", "/a/_/99/99.ts", "/a/0123456789abcdef/x.m3u8"} {
		ask(a.Proxy(), path)
	}
	for _, path := range []string{"/metrics", "/readyz", "/healthz", "/api/v1/status", "/api/v1/segments"} {
		if w := ask(a.Admin(), path); w.Code != http.StatusOK && path != "/readyz" {
			t.Errorf("%s after the end: status %d", path, w.Code)
		}
	}
}

const here = "127.0.0.1:5000" // an address of a client on this machine

func ask(h http.Handler, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil)
	r.RemoteAddr = here
	w := httptest.NewRecorder()
	func() {
		defer func() { _ = recover() }() // http.ErrAbortHandler breaks a connection
		h.ServeHTTP(w, r)
	}()
	return w
}

func TestHostsOf(t *testing.T) {
	t.Parallel()
	got := hostsOf([]ChannelConfig{
		{URL: "https://a.example:8443/x.m3u8", Backups: []string{"http://c.example/x.m3u8"}}, {URL: "http://b.example/y.m3u8"},
	})
	if !slices.Equal(got, []string{"a.example:8443", "c.example", "b.example"}) {
		t.Errorf("got %q", got)
	}
}
