package hls

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// raw is a connection to a proxy of one channel whose only segment is data.
func raw(t *testing.T, cfg ProxyConfig, data []byte) net.Conn {
	t.Helper()
	c := player(t, cfg, nil, fakeChannel{"": &fakeTrack{playlist: mustParse(t, media("")), segments: map[SN]Body{0: complete(data)}}})
	conn, err := c.DialContext(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestSlowloris: who sends a header byte by byte is cut off after 5 s.
func TestSlowloris(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn, began := raw(t, ProxyConfig{}, nil), time.Now()
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		for _, b := range []byte("GET /ch/index.m3u8 HTTP/1.1\r\nHost: localhost\r\nX-Pad: " + strings.Repeat("a", 1000)) {
			if _, err := conn.Write([]byte{b}); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it was listened to for %v", took)
		}
	})
}

// TestHeaderBomb: endless headers are refused.
func TestHeaderBomb(t *testing.T) {
	t.Parallel()
	conn := raw(t, ProxyConfig{}, nil)
	go func() {
		_, err := io.WriteString(conn, "GET /ch/index.m3u8 HTTP/1.1\r\nHost: localhost\r\n")
		for i := 0; err == nil && i < 1<<20; i++ {
			_, err = fmt.Fprintf(conn, "X-%d: %s\r\n", i, strings.Repeat("a", 100))
		}
	}()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// TestDeafPlayer: who reads nothing of an answer has half an hour; who reads now
// and then has all the time there is.
func TestDeafPlayer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{}, 2)
		began := time.Now()
		conn := raw(t, ProxyConfig{Requests: func(int) { ended <- struct{}{} }}, bytes.Repeat([]byte{1}, 1<<20))
		if _, err := io.WriteString(conn, "GET /ch/_/0/last.ts HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-ended
		if took := time.Since(began); took < stalledAfter || took > stalledAfter+time.Minute {
			t.Errorf("it was waited for %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBody()
		c := player(t, ProxyConfig{}, nil, fakeChannel{"": &fakeTrack{playlist: mustParse(t, media("")), segments: map[SN]Body{0: b}}})
		go func() {
			for range 5 {
				b.grow(strings.Repeat("x", 100<<10))
				time.Sleep(stalledAfter - time.Minute)
			}
			b.seal()
		}()
		if got := get(t, c, "GET", "/ch/_/0/last.ts"); got.err != nil || len(got.body) != 500<<10 {
			t.Errorf("%d bytes, %v", len(got.body), got.err)
		}
	})
}

// TestProxyFlood: beyond so many requests at once there is 503, and afterwards
// all is as before.
func TestProxyFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBody()
		var codes [600]atomic.Int64
		c := player(t, ProxyConfig{Requests: func(code int) { codes[code].Add(1) }}, nil, fakeChannel{
			"": &fakeTrack{playlist: mustParse(t, media("")), segments: map[SN]Body{0: b}},
		})
		const more = 100
		for range maxBusy + more {
			go func() { get(t, c, "GET", "/ch/_/0/last.ts") }()
		}
		synctest.Wait()
		if n := codes[503].Load(); n != more {
			t.Errorf("%d are refused, want %d", n, more)
		}
		b.grow("x")
		b.seal()
		synctest.Wait()
		if n := codes[200].Load(); n != maxBusy {
			t.Errorf("%d are answered", n)
		}
		if got := get(t, c, "GET", "/ch/index.m3u8"); got.code != 200 {
			t.Errorf("afterwards: %d", got.code)
		}
	})
}

// TestManyRanges: a thousand ranges get the whole once.
func TestManyRanges(t *testing.T) {
	t.Parallel()
	data := strings.Repeat("x", 10_000)
	c := player(t, ProxyConfig{}, nil, fakeChannel{"": &fakeTrack{playlist: mustParse(t, media("")), segments: map[SN]Body{0: complete([]byte(data))}}})
	for _, path := range []string{"/ch/_/0/last.ts", "/ch/index.m3u8"} {
		whole := get(t, c, "GET", path)
		if got := get(t, c, "GET", path, "Range", "bytes=0-"+strings.Repeat(",0-", 1000)); got.code != 200 || got.body != whole.body {
			t.Errorf("%s: %d, %d bytes", path, got.code, len(got.body))
		}
	}
}

// TestBombs: little that unpacks to much is read up to the limit.
func TestBombs(t *testing.T) {
	t.Parallel()
	const unpacked, limit = 64 << 20, 1 << 20
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	fmt.Fprint(z, "#EXTM3U\n#")
	for range unpacked >> 20 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	o := NewOrigin(OriginConfig{MaxSegment: limit, Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", strings.TrimPrefix(r.URL.Path, "/"))
		_, _ = w.Write(bomb.Bytes())
	}))})
	defer o.Close()
	for coding, want := range map[string]error{"gzip": ErrTooLarge, "gzip,gzip": nil, "br": nil} {
		_, err := o.Playlist(t.Context(), mustURL(t, "http://h/"+coding), nil)
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("playlist as %s: %v", coding, err)
		}
		var got sink
		err = o.Segment(t.Context(), Segment{URL: mustURL(t, "http://h/"+coding)}, 0, &got)
		if err == nil || want != nil && !errors.Is(err, want) || got.Len() > limit {
			t.Errorf("segment as %s: %d bytes, %v", coding, got.Len(), err)
		}
	}
}

// TestSchemes: nothing but HTTP is ever asked. A segment elsewhere spoils the
// text; a key elsewhere stays in it, for players that know what to do with it.
func TestSchemes(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"file:///etc/passwd", "FILE:///etc/passwd", "data:text/plain,x", "ftp://h/a.ts", "gopher://h/_x", "javascript:alert(1)", "http:///a.ts", "concat:a|b",
		"unix:/run/x", "crypto:file:///etc/passwd", "http:a.ts?b",
	} {
		p, err := Parse([]byte(media("#EXTINF:2,\n"+address)), mustURL(t, "https://h/live/a.m3u8"), nil)
		if err == nil {
			if u := p.Media.Segments[0].URL; u.Scheme != "https" || u.Host != "h" { // a relative reference of strange looks
				t.Errorf("segment %s is asked at %v", address, u)
			}
		} else if !errors.Is(err, ErrNotPlaylist) {
			t.Errorf("segment %s: %v", address, err)
		}
		p, err = Parse([]byte(media(`#EXT-X-KEY:METHOD=AES-128,URI="`+address+`"`)), mustURL(t, "https://h/live/a.m3u8"), nil)
		if err != nil {
			continue
		}
		for _, r := range p.refs {
			if r.URL.Scheme != "https" || r.URL.Host != "h" {
				t.Errorf("key %s is asked at %v", address, r.URL)
			}
		}
	}
}

// TestManySegments: a list without end is refused before it is kept.
func TestManySegments(t *testing.T) {
	t.Parallel()
	text := media(strings.Repeat("#EXTINF:1,\na\n", MaxSegments+1))
	if _, err := Parse([]byte(text), mustURL(t, "http://h/"), nil); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	master := "#EXTM3U\n" + strings.Repeat("#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n", MaxRenditions+1)
	if _, err := Parse([]byte(master), mustURL(t, "http://h/"), nil); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}
