package peer

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"unicode/utf8"
)

// FuzzAdmin: whatever is asked of a peer's admin address gets an answer that it
// may have.
func FuzzAdmin(f *testing.F) {
	for _, seed := range [][3]string{
		{"/api/v1/status", "", ""},
		{"/api/v1/plan", "channel=a&last=3&since=5s", "localhost"},
		{"/api/v1/plan", "last=-1&since=1e9h", "127.0.0.1:1"},
		{"/api/v1/events", "type=message,link&kind=PIECE&peer=a&direction=in&channel=b", "[::1]:8091"},
		{"/api/v1/segments", "token=a+long+token", "evil.example"},
		{"/metrics", "%zz;=&&", "[::ffff:127.0.0.1%eth0]:x"},
		{"/readyz/../api/v1/status", "", "localhost."},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	c := DefaultConfig()
	c.Channels, c.Origin.Transport, c.AdminToken = []ChannelConfig{{URL: "http://source/a.m3u8"}}, sources{}, "a long token"
	a, err := New(c)
	if err != nil {
		f.Fatal(err)
	}
	ended, end := context.WithCancel(context.Background())
	end()
	f.Cleanup(func() { _ = a.Run(ended) })
	h := a.Admin()
	f.Fuzz(func(t *testing.T, path, query, host string) {
		if !utf8.ValidString(path) || len(path) == 0 || path[0] != '/' {
			return
		}
		r := (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: path, RawQuery: query}, Host: host, Header: http.Header{}, RemoteAddr: here}).WithContext(ended)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		switch w.Code {
		case 200, 301, 307, 308, 400, 401, 404, 405, 503:
		default:
			t.Errorf("%q %q: status %d", path, query, w.Code)
		}
	})
}
