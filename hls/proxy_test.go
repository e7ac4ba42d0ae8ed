package hls

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// player opens a proxy that serves c as "ch".
func player(t testing.TB, cfg ProxyConfig, o *Origin, c Channel) *http.Transport {
	t.Helper()
	p := NewProxy(cfg, o)
	if got := p.Mount("ch", "index.m3u8", c); got != "/ch/index.m3u8" {
		t.Fatalf("play path %s", got)
	}
	return serve(t, p)
}

func TestMount(t *testing.T) {
	t.Parallel()
	p := NewProxy(ProxyConfig{}, nil)
	for base, want := range map[string]string{
		"live.m3u8": "/a-1/live.m3u8", "list.M3U": "/a-1/list.M3U", "a b.m3u8": "/a-1/a%20b.m3u8", "x/y.m3u8": "/a-1/x%2Fy.m3u8",
		"": "/a-1/index.m3u8", ".": "/a-1/index.m3u8", "/": "/a-1/index.m3u8", "play.php": "/a-1/index.m3u8",
	} {
		if got := p.Mount("a-1", base, fakeChannel{}); got != want {
			t.Errorf("%q: got %s, want %s", base, got, want)
		}
	}
	for _, name := range []string{"", "A", "a/b", "ä", "a_b"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("name %q was accepted", name)
				}
			}()
			p.Mount(name, "", fakeChannel{})
		}()
	}
}

func TestProxyPlaylist(t *testing.T) {
	t.Parallel()
	c := player(t, ProxyConfig{}, nil, fakeChannel{"": &fakeTrack{playlist: mustParse(t, media(""))}})
	text := "#EXTM3U\n#EXT-X-TARGETDURATION:2\n\n#EXTINF:2,\n_/0/last.ts\n"
	got := get(t, c, "GET", "/ch/index.m3u8?_HLS_msn=3")
	if got.code != 200 || got.body != text {
		t.Fatalf("got %d %q", got.code, got.body)
	}
	etag := got.header.Get("ETag")
	for name, want := range map[string]string{
		"Content-Type": "application/vnd.apple.mpegurl", "Cache-Control": "no-cache", "Accept-Ranges": "bytes",
		"Access-Control-Allow-Origin": "*", "Content-Length": fmt.Sprint(len(text)),
	} {
		if v := got.header.Get(name); v != want {
			t.Errorf("%s: %q, want %q", name, v, want)
		}
	}
	if etag == "" || strings.HasPrefix(etag, "W/") {
		t.Errorf("ETag %q is not strong", etag)
	}
	if got := get(t, c, "GET", "/ch/other-name.m3u8", "Range", "bytes=0-"); got.code != 206 || got.body != text {
		t.Errorf("ffmpeg's range: %d %q", got.code, got.body)
	}
	if got := get(t, c, "GET", "/ch/index.m3u8", "If-None-Match", `"x", W/`+etag); got.code != 304 || got.body != "" || got.header.Get("ETag") != etag {
		t.Errorf("unchanged: %d %q", got.code, got.body)
	}
	if got := get(t, c, "HEAD", "/ch/index.m3u8"); got.code != 200 || got.body != "" || got.header.Get("Content-Length") != fmt.Sprint(len(text)) {
		t.Errorf("HEAD: %d %v", got.code, got.header)
	}
}

func TestProxyMaster(t *testing.T) {
	t.Parallel()
	master := mustParse(t, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8?a\n#EXT-X-STREAM-INF:BANDWIDTH=2\nlow.m3u8?b\n")
	a, b := master.Master.Renditions[0].ID, master.Master.Renditions[1].ID
	c := player(t, ProxyConfig{}, nil, fakeChannel{
		"": &fakeTrack{playlist: master},
		a:  &fakeTrack{playlist: mustParse(t, media("#EXT-X-MEDIA-SEQUENCE:5"))},
		b:  &fakeTrack{playlist: mustParse(t, media("#EXT-X-MEDIA-SEQUENCE:7")), segments: map[SN]Body{7: complete([]byte("seven"))}},
	})
	if got := get(t, c, "GET", "/ch/index.m3u8"); !strings.Contains(got.body, "\n"+string(a)+"/low.m3u8\n") {
		t.Errorf("master: %q", got.body)
	}
	if got := get(t, c, "GET", "/ch/"+string(b)+"/low.m3u8"); !strings.Contains(got.body, "\n7/last.ts\n") {
		t.Errorf("rendition: %q", got.body)
	}
	if got := get(t, c, "GET", "/ch/"+string(b)+"/7/last.ts"); got.body != "seven" {
		t.Errorf("segment: %d %q", got.code, got.body)
	}
}

func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	secret := errors.New("reading http://h/a.ts?token=secret failed")
	c := player(t, ProxyConfig{Hosts: []string{"My.Host:80"}}, nil, fakeChannel{
		"": &fakeTrack{playlist: mustParse(t, media("")), failures: map[SN]error{
			1: fmt.Errorf("%w: %w", ErrGone, secret), 2: fmt.Errorf("%w: %w", ErrSourceTimeout, secret), 3: secret, 4: context.DeadlineExceeded,
		}},
		"bad": &fakeTrack{err: fmt.Errorf("%w: %w", ErrUnreachable, secret)},
	})
	for _, r := range []struct {
		method, path, host string
		code               int
	}{
		{"GET", "/", "", 404},
		{"GET", "/ch", "", 404},
		{"GET", "/ch/", "", 404},
		{"GET", "/other/index.m3u8", "", 404},
		{"GET", "/ch/index.html", "", 404},
		{"GET", "/ch/none/index.m3u8", "", 404},
		{"GET", "/ch/_/index.m3u8", "", 404},
		{"GET", "/ch/_/0/last.ts", "", 404},
		{"GET", "/ch/_/-1/last.ts", "", 404},
		{"GET", "/ch/_/+1/last.ts", "", 404},
		{"GET", "/ch/_/99999999999999999999/last.ts", "", 404},
		{"GET", "/ch/_/0@-1/last.ts", "", 404},
		{"GET", "/ch/_/0/", "", 404},
		{"GET", "/ch/_/r/0123456789abcdef/key", "", 404},
		{"GET", "/ch/_/r//key", "", 404},
		{"GET", "/ch/_/x/0123456789abcdef/key", "", 404},
		{"GET", "/ch/_/r/a/b/c", "", 404},
		{"GET", "/ch/bad/r/0123456789abcdef/key", "", 502},
		{"GET", "/ch/bad/index.m3u8", "", 502},
		{"GET", "/ch/_/1/a.ts", "", 404},
		{"GET", "/ch/_/2/a.ts", "", 504},
		{"GET", "/ch/_/3/a.ts", "", 502},
		{"GET", "/ch/_/4/a.ts", "", 504},
		{"POST", "/ch/index.m3u8", "", 405},
		{"DELETE", "/ch/index.m3u8", "", 405},
		{"GET", "/ch/index.m3u8", "evil.example", 403},
		{"OPTIONS", "/ch/index.m3u8", "evil.example:8090", 403},
		{"GET", "/ch/index.m3u8", "my.host:8090", 200},
	} {
		header := []string{}
		if r.host != "" {
			header = []string{"Host", r.host}
		}
		got := get(t, c, r.method, r.path, header...)
		if got.code != r.code {
			t.Errorf("%s %s (%s): got %d, want %d", r.method, r.path, r.host, got.code, r.code)
		}
		if got.code >= 400 && (len(got.body) < 10 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain") || strings.Contains(got.body, "secret")) {
			t.Errorf("%s %s: reason %q", r.method, r.path, got.body)
		}
	}
}

func TestProxyOptions(t *testing.T) {
	t.Parallel()
	c := player(t, ProxyConfig{}, nil, fakeChannel{})
	got := get(t, c, "OPTIONS", "/ch/index.m3u8", "Origin", "http://x", "Access-Control-Request-Headers", "range")
	if got.code != 204 || got.header.Get("Access-Control-Allow-Methods") != "GET, HEAD, OPTIONS" || got.header.Get("Access-Control-Allow-Headers") != "*" {
		t.Errorf("got %d %v", got.code, got.header)
	}
}

func TestHostList(t *testing.T) {
	t.Parallel()
	l := newHostList([]string{"tv.lan", "192.168.1.5:80", "[fd00::1]"})
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:8090": true, "localhost.": true, "a.localhost:1": true,
		"127.0.0.1": true, "127.9.9.9:80": true, "[::1]:8090": true, "::1": true, "[::ffff:127.0.0.1]:1": true,
		"tv.lan": true, "TV.lan:99": true, "192.168.1.5:8090": true, "[fd00::1]:8090": true,
		"": false, ":80": false, "evil.example": false, "localhost.evil.example": false, "evillocalhost": false,
		"0.0.0.0": false, "192.168.1.6": false, "x.tv.lan": false, "127.0.0.1.evil.example": false,
	} {
		if got := l.allows(host); got != want {
			t.Errorf("%q: got %v", host, got)
		}
	}
}

// token is the token of a resource that a text names.
func token(t testing.TB, kind RefKind, raw string) string {
	t.Helper()
	return named{kind, mustURL(t, raw)}.token()
}

func TestProxyPassesResources(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.URL.String()+" "+r.Header.Get("Range")+r.Header.Get("Cookie")+r.Header.Get("Authorization")+r.Header.Get("X-Forwarded-For"))
		mu.Unlock()
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Access-Control-Allow-Origin", "http://only.example")
		w.Header().Set("ETag", `"k"`)
		http.ServeContent(w, r, "key.bin", zeroTime, strings.NewReader("0123456789abcdef"))
	}))})
	defer o.Close()
	text := mustParse(t, media(`#EXT-X-KEY:METHOD=AES-128,URI="key.bin?secret"`))
	c := player(t, ProxyConfig{}, o, fakeChannel{"": &fakeTrack{playlist: text}})
	path := "/ch/_/r/" + token(t, RefKey, "https://cdn.example.com/live/channel/key.bin?secret") + "/key.bin"
	// The playlist was not asked for yet, as after a restart of the proxy.
	got := get(t, c, "GET", path, "Cookie", "session=1", "Authorization", "Basic x")
	if got.code != 200 || got.body != "0123456789abcdef" || got.header.Get("Set-Cookie") != "" || got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("got %d %q %v", got.code, got.body, got.header)
	}
	if got := get(t, c, "GET", path, "Range", "bytes=4-7"); got.code != 206 || got.body != "4567" || got.header.Get("Content-Range") != "bytes 4-7/16" {
		t.Errorf("range: %d %q %v", got.code, got.body, got.header)
	}
	if got := get(t, c, "HEAD", path); got.code != 200 || got.body != "" || got.header.Get("Content-Length") != "16" {
		t.Errorf("HEAD: %d %q %v", got.code, got.body, got.header)
	}
	if got := get(t, c, "GET", path, "If-None-Match", `"k"`); got.code != 304 {
		t.Errorf("condition: %d", got.code)
	}
	mu.Lock()
	defer mu.Unlock()
	// Cookies are the source's own, and what was kept is not asked for again.
	want := []string{"GET /live/channel/key.bin?secret ", "GET /live/channel/key.bin?secret bytes=4-7a=b", "HEAD /live/channel/key.bin?secret a=b"}
	if !slices.Equal(asked, want) {
		t.Errorf("the source was asked for %q", asked)
	}
}

func TestProxyPassFails(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"gone": 404, "forbidden": 502, "none": 502, "early": 502, "late": 200} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				switch name {
				case "gone":
					http.Error(w, "<html>", http.StatusGone)
				case "forbidden":
					http.Error(w, "<html>", http.StatusForbidden)
				case "late":
					cut(w, nil)
				case "early":
					w.Header().Set("Content-Length", "5")
					w.WriteHeader(200)
				case "none":
					panic(http.ErrAbortHandler)
				}
			}))})
			defer o.Close()
			text := mustParse(t, media(`#EXT-X-PART:DURATION=1,URI="init.mp4?secret"`))
			codes := make(chan int, 1)
			c := player(t, ProxyConfig{Requests: func(code int) { codes <- code }}, o, fakeChannel{"": &fakeTrack{playlist: text}})
			got := get(t, c, "GET", "/ch/_/r/"+token(t, RefPart, "https://cdn.example.com/live/channel/init.mp4?secret")+"/init.mp4")
			if got.code != want || strings.Contains(got.body, "secret") || strings.Contains(got.body, "<html>") {
				t.Errorf("got %d %q", got.code, got.body)
			}
			if broken := got.err != nil; broken != (name == "late") {
				t.Errorf("broken connection: %v", got.err)
			}
			if code := <-codes; code != want {
				t.Errorf("counted as %d", code)
			}
		})
	}
}

func TestViewForgets(t *testing.T) {
	t.Parallel()
	var v view
	for i := range 3 * maxNamed {
		u := mustURL(t, fmt.Sprintf("http://h/%d", i))
		v.name(RefPart, u)
	}
	if n := len(v.named) + len(v.before); n > 2*maxNamed {
		t.Errorf("%d resources are kept", n)
	}
	if _, ok := v.lookup(token(t, RefPart, "http://h/0")); ok {
		t.Error("the oldest is still there")
	}
	if n, ok := v.lookup(token(t, RefPart, fmt.Sprintf("http://h/%d", 2*maxNamed))); !ok || n.url.Path != fmt.Sprintf("/%d", 2*maxNamed) {
		t.Errorf("a new one is %v", n.url)
	}
}

func TestMountBoundsViews(t *testing.T) {
	t.Parallel()
	m := mount{views: map[TrackID]*view{}}
	for i := range 2 * maxViews {
		m.view(TrackID(fmt.Sprint(i)))
	}
	if len(m.views) != maxViews {
		t.Errorf("%d views", len(m.views))
	}
}
