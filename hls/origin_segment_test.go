package hls

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// sink keeps what an Origin writes.
type sink struct {
	bytes.Buffer
	began   time.Time
	size    int64
	refuse  error // of SetSize
	breakAt int   // Write fails from here on; 0: never
}

var errSink = errors.New("sink is full")

func (s *sink) Began(at time.Time) { s.began = at }

func (s *sink) SetSize(n int64) error {
	s.size = n
	return s.refuse
}

func (s *sink) Write(p []byte) (int, error) {
	if s.breakAt > 0 && s.Len()+len(p) > s.breakAt {
		return 0, errSink
	}
	return s.Buffer.Write(p)
}

const whole = "0123456789abcdefghijklmnopqrstuvwxyz"

// honest serves whole as a good server does.
func honest(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "a.ts", time.Time{}, strings.NewReader(whole))
}

// deaf knows nothing of ranges.
func deaf(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
	fmt.Fprint(w, whole)
}

// chunked does not say how much it sends.
func chunked(w http.ResponseWriter, _ *http.Request) {
	for i := range len(whole) {
		fmt.Fprint(w, whole[i:i+1])
		_ = http.NewResponseController(w).Flush()
	}
}

// cut breaks the connection in mid-body.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
	fmt.Fprint(w, whole[:20])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func cutChunked(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, whole[:20])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// partial answers with a status and a Content-Range of its own.
func partial(code int, contentRange, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", contentRange)
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>no</html>", code) }
}

func gzipped(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	fmt.Fprint(z, whole)
	_ = z.Close()
}

func TestOriginSegment(t *testing.T) {
	t.Parallel()
	all := func(*Segment) {}
	part := func(s *Segment) { s.Range = &ByteRange{Offset: 10, Length: 16} }
	for _, c := range []struct {
		name   string
		serve  http.HandlerFunc
		kind   func(*Segment)
		from   int64
		want   string
		size   int64 // -1: SetSize is not called
		err    error
		status int
	}{
		{name: "whole", serve: honest, kind: all, want: whole, size: 36},
		{name: "from the middle", serve: honest, kind: all, from: 30, want: whole[30:], size: 36},
		{name: "from the middle, ranges ignored", serve: deaf, kind: all, from: 30, want: whole[30:], size: 36},
		{name: "behind the end, ranges ignored", serve: deaf, kind: all, from: 40, size: 36, err: ErrCut},
		{name: "everything is there", serve: honest, kind: all, from: 36, size: 36},
		{name: "more than everything is there", serve: honest, kind: all, from: 37, size: -1, status: 416},
		{name: "size unknown", serve: chunked, kind: all, want: whole, size: -1},
		{name: "size unknown, from the middle", serve: chunked, kind: all, from: 35, want: whole[35:], size: -1},
		{name: "cut", serve: cut, kind: all, want: whole[:20], size: 36, err: ErrCut},
		{name: "cut, size unknown", serve: cutChunked, kind: all, want: whole[:20], size: -1, err: ErrCut},
		{name: "gzip although not asked for", serve: gzipped, kind: all, want: whole, size: -1},
		{name: "gzip, from the middle", serve: gzipped, kind: all, from: 10, want: whole[10:], size: -1},
		{name: "byte range", serve: honest, kind: part, want: whole[10:26], size: 16},
		{name: "byte range from the middle", serve: honest, kind: part, from: 6, want: whole[16:26], size: 16},
		{name: "byte range, ranges ignored", serve: deaf, kind: part, from: 6, want: whole[16:26], size: 16},
		{name: "byte range, all there", serve: honest, kind: part, from: 16, size: 16},
		{name: "byte range behind the end", serve: honest, kind: func(s *Segment) { s.Range = &ByteRange{100, 5} }, size: -1, status: 416},
		{name: "byte range beyond the end", serve: honest, kind: func(s *Segment) { s.Range = &ByteRange{30, 10} }, want: whole[30:], size: 10, err: ErrCut},
		{name: "byte range beyond the end, ranges ignored", serve: deaf, kind: func(s *Segment) { s.Range = &ByteRange{30, 10} }, want: whole[30:], size: 10, err: ErrCut},
		{name: "another range than asked for", serve: partial(206, "bytes 0-9/36", whole[:10]), kind: all, from: 5, size: -1, err: errAny},
		{name: "no Content-Range", serve: partial(206, "", whole[:10]), kind: all, from: 5, size: -1, err: errAny},
		{name: "senseless Content-Range", serve: partial(206, "bytes 5-2/1", "x"), kind: all, from: 5, size: -1, err: errAny},
		{name: "less than asked for", serve: partial(206, "bytes 5-9/36", whole[5:10]), kind: all, from: 5, want: whole[5:10], size: 36, err: ErrCut},
		{name: "total unknown", serve: partial(206, "bytes 5-35/*", whole[5:]), kind: all, from: 5, want: whole[5:], size: -1},
		{name: "more than the Content-Range says", serve: partial(206, "bytes 5-9/10", whole[5:]), kind: all, from: 5, want: whole[5:10], size: 10},
		{name: "in parts although not asked", serve: partial(206, "bytes 0-35/36", whole), kind: all, want: whole, size: 36},
		{name: "the first part although not asked", serve: partial(206, "bytes 0-9/36", whole[:10]), kind: all, want: whole[:10], size: 36, err: ErrCut},
		{name: "nobody knows which bytes", serve: honest, kind: func(s *Segment) { s.Fault = errImplicit }, size: -1, err: errImplicit},
		{name: "missing", serve: status(404), kind: all, size: -1, err: ErrGone, status: 404},
		{name: "forbidden", serve: status(403), kind: all, size: -1, status: 403},
		{name: "down", serve: status(503), kind: all, size: -1, status: 503},
		{name: "no content", serve: status(204), kind: all, size: -1, status: 204},
		{name: "unknown encoding", serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			fmt.Fprint(w, "x")
		}, kind: all, size: -1, err: errAny},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := NewOrigin(OriginConfig{Transport: serve(t, c.serve)})
			defer o.Close()
			s := Segment{URI: "a.ts", URL: mustURL(t, "http://h/a.ts?token=secret")}
			c.kind(&s)
			got := sink{size: -1}
			err := o.Segment(t.Context(), s, c.from, &got)
			if got.String() != c.want || got.size != c.size {
				t.Errorf("got %q of size %d, want %q of %d", got.String(), got.size, c.want, c.size)
			}
			checkError(t, err, c.err, c.status)
		})
	}
}

// errAny stands for some error that nobody branches on.
var errAny = errors.New("any")

func checkError(t *testing.T, err, want error, status int) {
	t.Helper()
	switch {
	case want == nil && status == 0:
		if err != nil {
			t.Error(err)
		}
		return
	case err == nil:
		t.Error("no error")
		return
	case want != nil && want != errAny && !errors.Is(err, want):
		t.Errorf("got %v, want %v", err, want)
	}
	var s *StatusError
	if errors.As(err, &s) != (status != 0) || status != 0 && s.Code != status {
		t.Errorf("got %v, want status %d", err, status)
	}
	if strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "http://h/") {
		t.Errorf("the error should name the URL without its query: %v", err)
	}
}

// TestOriginResume fetches through a source that cuts every answer.
func TestOriginResume(t *testing.T) {
	t.Parallel()
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		honest(&stingy{w, 7}, r)
	}))})
	defer o.Close()
	s := Segment{URI: "a.ts", URL: mustURL(t, "http://h/a.ts")}
	var got sink
	tries := 1
	for ; ; tries++ {
		err := o.Segment(t.Context(), s, int64(got.Len()), &got)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrCut) || tries > 10 {
			t.Fatalf("try %d: %v", tries, err)
		}
	}
	if got.String() != whole || tries != 6 {
		t.Errorf("got %q after %d tries", got.String(), tries)
	}
}

// stingy breaks the connection after some bytes.
type stingy struct {
	http.ResponseWriter
	left int
}

func (s *stingy) Write(p []byte) (int, error) {
	n, _ := s.ResponseWriter.Write(p[:min(len(p), s.left)])
	if s.left -= n; s.left == 0 {
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

func TestOriginLimits(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{"declared": deaf, "sent": chunked} {
		o := NewOrigin(OriginConfig{Transport: serve(t, h), MaxSegment: 30})
		s := Segment{URL: mustURL(t, "http://h/a.ts")}
		got := sink{size: -1}
		if err := o.Segment(t.Context(), s, 0, &got); !errors.Is(err, ErrTooLarge) || got.Len() > 30 || got.size > 30 {
			t.Errorf("%s: got %v, %d bytes, size %d", name, err, got.Len(), got.size)
		}
		s.Range = &ByteRange{Offset: 0, Length: 31}
		if err := o.Segment(t.Context(), s, 0, &got); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: long byte range: %v", name, err)
		}
		o.Close()
	}
}

func TestOriginSinkRefuses(t *testing.T) {
	t.Parallel()
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(deaf))})
	defer o.Close()
	s := Segment{URL: mustURL(t, "http://h/a.ts")}
	got := sink{refuse: errSink}
	if err := o.Segment(t.Context(), s, 0, &got); !errors.Is(err, errSink) || got.Len() != 0 {
		t.Errorf("size refused: %v, %d bytes", err, got.Len())
	}
	got = sink{breakAt: 10}
	if err := o.Segment(t.Context(), s, 0, &got); !errors.Is(err, errSink) || errors.Is(err, ErrCut) {
		t.Errorf("bytes refused: %v", err)
	}
}

// TestOriginPatience: nothing coming ends a request, slowness does not.
func TestOriginPatience(t *testing.T) {
	t.Parallel()
	hang := func(sent string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if sent != "" {
				fmt.Fprint(w, sent)
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
		}
	}
	drip := func(w http.ResponseWriter, r *http.Request) {
		for i := range len(whole) {
			pause(r.Context(), 9*time.Second)
			fmt.Fprint(w, whole[i:i+1])
			_ = http.NewResponseController(w).Flush()
		}
	}
	headersOnly := func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	once := func(first, then http.HandlerFunc) http.HandlerFunc {
		var asked atomic.Bool
		return func(w http.ResponseWriter, r *http.Request) {
			if asked.Swap(true) {
				then(w, r)
				return
			}
			first(w, r)
		}
	}
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		limit time.Duration // of the caller
		want  string
		err   error
		took  time.Duration
	}{
		{"no answer", hang(""), time.Hour, "", ErrNoProgress, 10 * time.Second},
		{"no further byte", hang("abc"), time.Hour, "abc", ErrNoProgress, 16 * time.Second},
		{"slow but steady", drip, time.Hour, whole, nil, 24*time.Second + 36*9*time.Second}, // begun anew after one byte, twice,
		{"silent in the middle, once", once(hang(whole[:3]), honest), time.Hour, whole, nil, 3 * time.Second},
		{"silent before the first byte, once", once(headersOnly, honest), time.Hour, whole, nil, 3 * time.Second},
		{"the caller's patience", hang("abc"), time.Second, "abc", context.DeadlineExceeded, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := NewOrigin(OriginConfig{Transport: serve(t, c.serve)})
				defer o.Close()
				ctx, cancel := context.WithTimeout(t.Context(), c.limit)
				defer cancel()
				began := time.Now()
				var got sink
				err := o.Segment(ctx, Segment{URL: mustURL(t, "http://h/a.ts")}, 0, &got)
				if !errors.Is(err, c.err) || got.String() != c.want || time.Since(began) != c.took {
					t.Errorf("got %q, %v after %v", got.String(), err, time.Since(began))
				}
				if errors.Is(err, ErrCut) || errors.Is(err, ErrUnreachable) {
					t.Errorf("a lack of patience is said to be the source's failure: %v", err)
				}
			})
		})
	}
}

// TestOriginSlowSink: a sink that takes its time is not the source's fault.
func TestOriginSlowSink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(chunked))})
		defer o.Close()
		var got slowSink
		if err := o.Segment(t.Context(), Segment{URL: mustURL(t, "http://h/a.ts")}, 0, &got); err != nil {
			t.Error(err)
		}
	})
}

type slowSink struct{ sink }

func (s *slowSink) Write(p []byte) (int, error) {
	<-time.After(time.Minute)
	return s.sink.Write(p)
}

func TestOriginUnreachable(t *testing.T) {
	t.Parallel()
	refused := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
	o := NewOrigin(OriginConfig{Transport: &http.Transport{DialContext: refused}})
	defer o.Close()
	err := o.Segment(t.Context(), Segment{URL: mustURL(t, "http://h/a.ts?secret")}, 0, &sink{})
	if !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	cause := errors.New("the player left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if err := o.Segment(ctx, Segment{URL: mustURL(t, "http://h/")}, 0, &sink{}); !errors.Is(err, cause) || errors.Is(err, ErrUnreachable) {
		t.Errorf("cancelled: %v", err)
	}
}

func FuzzParseContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-9/10", "bytes 5-9/*", "bytes 9-5/10", "bytes */10", "bytes 0-9/9", "items 0-1/2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, size, err := parseContentRange(value)
		if err == nil && (got.first < 0 || got.last < got.first || size >= 0 && size <= got.last || size < -1) {
			t.Errorf("%q: %v of %d", value, got, size)
		}
	})
}
