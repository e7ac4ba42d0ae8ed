package hls

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestKept: keys and initialization sections are asked for once, as long as the
// source does not want it otherwise.
func TestKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		tag     string
		header  []string // of the source
		size    int
		wait    time.Duration // between two requests
		request []string      // of the player
		asked   int           // by two requests
		code    int           // of the second
	}{
		{name: "map", tag: "MAP", asked: 1, code: 200},
		{name: "key", tag: "KEY", asked: 1, code: 200},
		{name: "part", tag: "PART", asked: 2, code: 200},
		{name: "map, a minute later", tag: "MAP", wait: keptFor, asked: 2, code: 200},
		{name: "lives longer", tag: "MAP", header: []string{"Cache-Control", "public, max-age=600"}, wait: keptFor, asked: 1, code: 200},
		{name: "lives longer, later", tag: "MAP", header: []string{"Cache-Control", "Max-Age=600"}, wait: 10 * time.Minute, asked: 2, code: 200},
		{name: "lives for a year", tag: "MAP", header: []string{"Cache-Control", "max-age=31536000"}, wait: keptAtMost, asked: 2, code: 200},
		{name: "secret", tag: "KEY", header: []string{"Cache-Control", "private, no-store"}, asked: 2, code: 200},
		{name: "to be asked for", tag: "KEY", header: []string{"Cache-Control", "no-cache"}, asked: 2, code: 200},
		{name: "stale at once", tag: "KEY", header: []string{"Cache-Control", "max-age=0"}, asked: 2, code: 200},
		{name: "senseless age", tag: "KEY", header: []string{"Cache-Control", "max-age=-1"}, asked: 2, code: 200},
		{name: "expires by a clock of its own", tag: "KEY", wait: keptFor, asked: 1, code: 200, header: []string{
			"Date", "Mon, 01 Jan 2035 00:00:00 GMT", "Expires", "Mon, 01 Jan 2035 00:02:00 GMT",
		}},
		{name: "expired", tag: "KEY", header: []string{"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"}, asked: 2, code: 200},
		{name: "expires never properly", tag: "KEY", header: []string{"Expires", "-1"}, asked: 2, code: 200},
		{name: "age before date", tag: "KEY", header: []string{"Expires", "-1", "Cache-Control", "max-age=60"}, asked: 1, code: 200},
		{name: "old way", tag: "KEY", header: []string{"Pragma", "no-cache"}, asked: 2, code: 200},
		{name: "varies", tag: "KEY", header: []string{"Vary", "*"}, asked: 2, code: 200},
		{name: "largest", tag: "MAP", size: maxKeptSize, asked: 1, code: 200},
		{name: "too large", tag: "MAP", size: maxKeptSize + 1, asked: 2, code: 200},
		{name: "range", tag: "MAP", request: []string{"Range", "bytes=2-3"}, asked: 1, code: 206},
		{name: "range and condition", tag: "MAP", request: []string{"Range", "bytes=2-3", "If-Range", `"v"`}, asked: 2, code: 206},
		{name: "known version", tag: "MAP", request: []string{"If-None-Match", `"v"`}, asked: 1, code: 304},
		{name: "the player insists", tag: "MAP", request: []string{"Cache-Control", "no-cache"}, asked: 2, code: 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int32
				data := strings.Repeat("x", max(c.size, 16))
				o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					w.Header().Set("ETag", `"v"`)
					for i := 0; i < len(c.header); i += 2 {
						w.Header().Set(c.header[i], c.header[i+1])
					}
					http.ServeContent(w, r, "a.bin", zeroTime, strings.NewReader(data))
				}))})
				defer o.Close()
				client := player(t, ProxyConfig{}, o, fakeChannel{"": &fakeTrack{
					playlist: mustParse(t, media(fmt.Sprintf("#EXT-X-%s:METHOD=AES-128,URI=\"a.bin\"", c.tag))),
				}})
				path := "/ch/_/r/" + token(t, RefKind(strings.ToLower(c.tag)), "https://cdn.example.com/live/channel/a.bin") + "/a.bin"
				first := get(t, client, "GET", path, c.request...)
				<-time.After(c.wait)
				second := get(t, client, "GET", path, c.request...)
				if first.code != c.code || second.code != c.code || second.body != first.body || second.header.Get("Content-Range") != first.header.Get("Content-Range") {
					t.Errorf("got %d %.20q, then %d %.20q", first.code, first.body, second.code, second.body)
				}
				if c.code == 200 && second.body != data || second.header.Get("ETag") != `"v"` {
					t.Errorf("got %d bytes, %v", len(second.body), second.header)
				}
				if int(asked.Load()) != c.asked {
					t.Errorf("the source was asked %d times, want %d", asked.Load(), c.asked)
				}
			})
		})
	}
}

// TestKeptIsWhole: what breaks off or is a page is an error and not kept.
func TestKeptIsWhole(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch asked.Add(1) {
		case 1:
			cut(w, r)
		case 2:
			fmt.Fprint(w, "<html>Log in to the network</html>")
		default:
			honest(w, r)
		}
	}))})
	defer o.Close()
	client := player(t, ProxyConfig{}, o, fakeChannel{"": &fakeTrack{playlist: mustParse(t, media(`#EXT-X-MAP:URI="a.mp4"`))}})
	path := "/ch/_/r/" + token(t, RefMap, "https://cdn.example.com/live/channel/a.mp4") + "/a.mp4"
	for _, what := range []string{"cut", "page"} {
		if got := get(t, client, "GET", path); got.code != 502 || got.err != nil || strings.Contains(got.body, "<html>") {
			t.Errorf("%s: got %d %q %v", what, got.code, got.body, got.err)
		}
	}
	if got := get(t, client, "GET", path); got.code != 200 || got.body != whole {
		t.Errorf("then: got %d %q", got.code, got.body)
	}
}
