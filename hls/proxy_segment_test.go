package hls

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var zeroTime time.Time

// rangeCases are what a Range header gets of a resource of 36 bytes.
var rangeCases = []struct {
	header, contentRange, body string
	code                       int
}{
	{"", "", whole, 200},
	{"bytes=0-", "bytes 0-35/36", whole, 206},
	{"bytes=10-", "bytes 10-35/36", whole[10:], 206},
	{"bytes=10-19", "bytes 10-19/36", whole[10:20], 206},
	{"bytes=35-", "bytes 35-35/36", whole[35:], 206},
	{"bytes=30-99", "bytes 30-35/36", whole[30:], 206},
	{"bytes=-6", "bytes 30-35/36", whole[30:], 206},
	{"bytes=-99", "bytes 0-35/36", whole, 206},
	{"bytes=36-", "bytes */36", "", 416},
	{"bytes=-0", "bytes */36", "", 416},
	{"bytes=5-4", "", whole, 200},
	{"bytes=0-1,3-4", "", whole, 200},
	{"bytes=a-", "", whole, 200},
	{"bytes=--5", "", whole, 200},
	{"items=0-", "", whole, 200},
	{"bytes=99999999999999999999-", "", whole, 200},
}

// TestRangeMatrix: a segment answers a range in the same way whether it is
// there or still arriving.
func TestRangeMatrix(t *testing.T) {
	t.Parallel()
	growing := func() *fakeBody {
		b := newBody()
		b.grow(whole[:3])
		go func() {
			b.tell(36)
			b.grow(whole[3:20])
			b.grow(whole[20:])
			b.seal()
		}()
		return b
	}
	late := func() *fakeBody { // whose size is known only with its end
		b := newBody()
		b.grow(whole[:3])
		go func() {
			b.grow(whole[3:])
			b.seal()
		}()
		return b
	}
	for kind, open := range map[string]func() *fakeBody{
		"complete": func() *fakeBody { return complete([]byte(whole)) }, "growing": growing, "late": late,
	} {
		for _, c := range rangeCases {
			if kind == "late" && c.header == "bytes=0-" {
				continue // 200 before its end, 206 behind it: see TestArriving
			}
			t.Run(kind+" "+c.header, func(t *testing.T) {
				t.Parallel()
				client := player(t, ProxyConfig{}, nil, fakeChannel{"": &fakeTrack{segments: map[SN]Body{5: open()}}})
				got := get(t, client, "GET", "/ch/_/5/a.ts", "Range", c.header)
				if got.code != c.code || got.err != nil || got.code < 400 && got.body != c.body {
					t.Errorf("got %d %q %v", got.code, got.body, got.err)
				}
				if v := got.header.Get("Content-Range"); v != c.contentRange {
					t.Errorf("Content-Range %q, want %q", v, c.contentRange)
				}
				if got.code < 400 && got.header.Get("Content-Type") != "video/mp2t" {
					t.Errorf("Content-Type %q", got.header.Get("Content-Type"))
				}
			})
		}
	}
}

func TestSegmentVersions(t *testing.T) {
	t.Parallel()
	arriving := newBody()
	arriving.tell(36)
	arriving.grow(whole)
	client := player(t, ProxyConfig{}, nil, fakeChannel{"": &fakeTrack{segments: map[SN]Body{
		1: complete([]byte(whole)), 2: complete([]byte(strings.ToUpper(whole))), 3: arriving,
	}}})
	one := get(t, client, "HEAD", "/ch/_/1/a.ts")
	etag := one.header.Get("ETag")
	if one.code != 200 || one.body != "" || one.header.Get("Content-Length") != "36" || !strings.HasPrefix(etag, `"`) {
		t.Fatalf("HEAD: %+v", one)
	}
	if other := get(t, client, "HEAD", "/ch/_/2/a.ts").header.Get("ETag"); other == etag {
		t.Error("other bytes have the same ETag")
	}
	for _, c := range []struct {
		sn     int
		header []string
		code   int
	}{
		{1, []string{"If-None-Match", etag}, 304},
		{1, []string{"If-None-Match", "*"}, 304},
		{2, []string{"If-None-Match", etag}, 200},
		{1, []string{"Range", "bytes=5-", "If-Range", etag}, 206},
		{2, []string{"Range", "bytes=5-", "If-Range", etag}, 200},
		{1, []string{"Range", "bytes=5-", "If-Range", "Mon, 01 Jan 2024 00:00:00 GMT"}, 200},
		{3, []string{"Range", "bytes=5-", "If-Range", etag}, 200},
	} {
		if got := get(t, client, "GET", fmt.Sprintf("/ch/_/%d/a.ts", c.sn), c.header...); got.code != c.code {
			t.Errorf("%d %q: got %d, want %d", c.sn, c.header, got.code, c.code)
		}
	}
	if got := get(t, client, "HEAD", "/ch/_/3/a.ts"); got.code != 200 || got.header.Get("Content-Length") != "36" || got.header.Get("ETag") != "" {
		t.Errorf("HEAD of an arriving segment: %+v", got)
	}
}

// step is what happens to a body at a time after the request.
type step struct {
	after time.Duration
	do    func(*fakeBody)
}

func grow(s string) func(*fakeBody)  { return func(b *fakeBody) { b.grow(s) } }
func tell(n int64) func(*fakeBody)   { return func(b *fakeBody) { b.tell(n) } }
func fail(err error) func(*fakeBody) { return func(b *fakeBody) { b.fail(err) } }

var errLost = errors.New("lost http://h/a?secret")

// TestArriving runs the error contract of players on a virtual clock.
func TestArriving(t *testing.T) {
	t.Parallel()
	seal := (*fakeBody).seal
	for _, c := range []struct {
		name     string
		steps    []step
		method   string
		header   string // Range
		code     int
		length   string
		body     string
		broken   bool
		headerAt time.Duration
	}{
		{name: "grows with known size", steps: []step{{time.Second, tell(36)}, {0, grow(whole[:1])}, {9 * time.Second, grow(whole[1:])}, {0, seal}}, code: 200, length: "36", body: whole, headerAt: time.Second},
		{name: "grows with unknown size", steps: []step{{time.Second, grow(whole[:1])}, {9 * time.Second, grow(whole[1:])}, {0, seal}}, code: 200, body: whole, headerAt: time.Second},
		{name: "comes at once", steps: []step{{time.Second, grow(whole)}, {0, seal}}, code: 200, length: "36", body: whole, headerAt: time.Second},
		{name: "first byte after 3 s", steps: []step{{3 * time.Second, grow(whole)}, {0, seal}}, code: 200, body: whole, headerAt: DefaultHeadersAfter},
		{name: "size early, first byte after 3 s", steps: []step{{time.Second, tell(36)}, {2 * time.Second, grow(whole)}, {0, seal}}, code: 200, length: "36", body: whole, headerAt: DefaultHeadersAfter},
		{name: "first byte after a minute", steps: []step{{time.Minute, grow(whole)}, {0, seal}}, code: 200, body: whole, headerAt: DefaultHeadersAfter},
		{name: "empty", steps: []step{{time.Second, seal}}, code: 200, length: "0", headerAt: time.Second},
		{name: "fails early", steps: []step{{time.Second, fail(errLost)}}, code: 502, headerAt: time.Second},
		{name: "is gone", steps: []step{{time.Second, fail(fmt.Errorf("%w: %w", ErrGone, errLost))}}, code: 404, headerAt: time.Second},
		{name: "is too slow", steps: []step{{time.Second, fail(fmt.Errorf("%w: %w", ErrSourceTimeout, errLost))}}, code: 504, headerAt: time.Second},
		{name: "fails for want of time", steps: []step{{time.Second, fail(context.DeadlineExceeded)}}, code: 504, headerAt: time.Second},
		{name: "fails after the header", steps: []step{{3 * time.Second, fail(errLost)}}, code: 200, broken: true, headerAt: DefaultHeadersAfter},
		{name: "fails in mid-body", steps: []step{{time.Second, tell(36)}, {0, grow(whole[:20])}, {time.Second, fail(errLost)}}, code: 200, length: "36", body: whole[:20], broken: true, headerAt: time.Second},
		{name: "fails in mid-body, size unknown", steps: []step{{time.Second, grow(whole[:20])}, {time.Second, fail(errLost)}}, code: 200, body: whole[:20], broken: true, headerAt: time.Second},
		{name: "ends before its size", steps: []step{{0, tell(36)}, {0, grow(whole[:20])}, {time.Second, seal}}, code: 200, length: "36", body: whole[:20], broken: true},
		{name: "everything as a range, size known", steps: []step{{time.Second, tell(36)}, {0, grow(whole)}, {0, seal}}, header: "bytes=0-", code: 206, length: "36", body: whole, headerAt: time.Second},
		{name: "everything as a range, size unknown", steps: []step{{time.Second, grow(whole)}, {9 * time.Second, seal}}, header: "bytes=0-", code: 200, body: whole, headerAt: time.Second},
		{name: "everything as a range, no byte", steps: []step{{time.Minute, grow(whole)}, {0, seal}}, header: "bytes=0-", code: 200, body: whole, headerAt: DefaultHeadersAfter},
		{name: "rest, size late", steps: []step{{time.Second, grow(whole[:15])}, {3 * time.Second, tell(36)}, {time.Second, grow(whole[15:])}, {0, seal}}, header: "bytes=20-", code: 206, length: "16", body: whole[20:], headerAt: 4 * time.Second},
		{name: "rest, fails before its size is known", steps: []step{{time.Second, grow(whole[:15])}, {9 * time.Second, fail(errLost)}}, header: "bytes=20-", code: 502, headerAt: 10 * time.Second},
		{name: "rest, fails in mid-body", steps: []step{{0, tell(36)}, {0, grow(whole[:25])}, {time.Second, fail(errLost)}}, header: "bytes=20-", code: 206, length: "16", body: whole[20:25], broken: true},
		{name: "HEAD, size known", steps: []step{{time.Second, grow("0")}, {time.Second, tell(36)}}, method: "HEAD", code: 200, length: "36", headerAt: 2 * time.Second},
		{name: "HEAD, size unknown", steps: []step{{time.Second, grow("0")}}, method: "HEAD", code: 200, headerAt: DefaultHeadersAfter},
		{name: "HEAD, fails", steps: []step{{time.Second, grow("0")}, {time.Second, fail(errLost)}}, method: "HEAD", code: 502, headerAt: 2 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := newBody()
				client := player(t, ProxyConfig{}, nil, fakeChannel{"": &fakeTrack{segments: map[SN]Body{5: body}}})
				if c.method == "" {
					c.method = "GET"
				}
				req, _ := http.NewRequestWithContext(t.Context(), c.method, "http://localhost/ch/_/5/a.ts", nil)
				req.Header.Set("Range", c.header)
				began := time.Now()
				go func() {
					for _, s := range c.steps {
						<-time.After(s.after)
						s.do(body)
					}
				}()
				resp, err := client.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				headerAt := time.Since(began)
				got, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != c.code || headerAt != c.headerAt || (err != nil) != c.broken {
					t.Errorf("got %d after %v, body error %v", resp.StatusCode, headerAt, err)
				}
				if c.code < 400 && (string(got) != c.body || resp.Header.Get("Content-Length") != c.length) {
					t.Errorf("got %q of length %q", got, resp.Header.Get("Content-Length"))
				}
				if strings.Contains(string(got), "secret") {
					t.Errorf("reason %q", got)
				}
			})
		})
	}
}

// TestArrivingAtOnce: what has landed goes on at once, and is not held back
// until some buffer is full.
func TestArrivingAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := newBody()
		body.grow("a")
		client := player(t, ProxyConfig{}, nil, fakeChannel{"": &fakeTrack{segments: map[SN]Body{5: body}}})
		req, _ := http.NewRequestWithContext(t.Context(), "GET", "http://localhost/ch/_/5/a.ts", nil)
		resp, err := client.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		r := bufio.NewReader(resp.Body)
		for c := byte('a'); c < 'z'; c++ {
			if got, err := r.ReadByte(); got != c || err != nil {
				t.Fatalf("got %c, %v, want %c", got, err, c)
			}
			body.grow(string(c + 1))
		}
		body.seal()
	})
}

// TestPlayerHangsUp: the end of one request is not the end of another.
func TestPlayerHangsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := newBody()
		body.grow("a")
		codes := make(chan int, 3)
		client := player(t, ProxyConfig{Requests: func(code int) { codes <- code }}, nil,
			fakeChannel{"": &fakeTrack{segments: map[SN]Body{5: body, 6: newBody()}}})
		open := func(ctx context.Context, sn int) (*http.Response, error) {
			req, _ := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("http://localhost/ch/_/%d/a.ts", sn), nil)
			return client.RoundTrip(req)
		}
		ctx, hangUp := context.WithCancel(t.Context())
		first, err := open(ctx, 5)
		if err != nil {
			t.Fatal(err)
		}
		second, err := open(t.Context(), 5)
		if err != nil {
			t.Fatal(err)
		}
		hangUp()
		_ = first.Body.Close()
		synctest.Wait()
		body.grow("b")
		body.seal()
		if got, err := io.ReadAll(second.Body); string(got) != "ab" || err != nil {
			t.Errorf("the other player got %q, %v", got, err)
		}
		_ = second.Body.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := open(ctx, 6); err == nil {
			t.Error("an answer although nothing is there")
		}
		if a, b, c := <-codes, <-codes, <-codes; a != 200 || b != 200 || c != statusGone {
			t.Errorf("counted as %d, %d, %d", a, b, c)
		}
	})
}

// TestRequestBody: a body that never comes does not hold the connection.
func TestRequestBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn, err := player(t, ProxyConfig{}, nil, fakeChannel{}).DialContext(t.Context(), "tcp", "localhost:80")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "POST /ch/index.m3u8 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		got, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 405 ") || time.Since(began) > 2*time.Second {
			t.Errorf("got %q, %v, closed after %v", got, err, time.Since(began))
		}
	})
}

// nothingThere is a source that has nothing.
type nothingThere struct{}

func (nothingThere) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: r}, nil
}

func FuzzProxyPath(f *testing.F) {
	for _, s := range []string{"/ch/index.m3u8", "/ch/_/5/a.ts", "/ch/_/f/0123/a.ts", "/ch/_/r/0123/x", "/ch/%5f/5/%2e%2e", "//", "*"} {
		f.Add(s, "bytes=0-")
	}
	text := mustParse(f, media(""))
	// What is listed and not in the track is asked of a source, which has nothing.
	p := NewProxy(ProxyConfig{}, NewOrigin(OriginConfig{Transport: nothingThere{}}))
	p.Mount("ch", "", fakeChannel{"": &fakeTrack{playlist: text, segments: map[SN]Body{5: complete([]byte(whole))}}})
	f.Fuzz(func(t *testing.T, path, ranges string) {
		u, err := resolve(mustURL(t, "http://localhost/"), path)
		if err != nil {
			return
		}
		r := &http.Request{Method: "GET", URL: u, Host: "localhost", Header: http.Header{"Range": {ranges}}}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if n := int64(w.Body.Len()); w.Code == 206 && (n == 0 || n > int64(max(len(whole), 100))) {
			t.Errorf("%s %s: %d bytes", path, ranges, n)
		}
	})
}
