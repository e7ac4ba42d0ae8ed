package hls

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

// digested is an honest server that adds a header to its answers.
func digested(name, value string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(name, value)
		honest(w, r)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	of := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return base64.StdEncoding.EncodeToString(sum[:])
	}
	sum, text := sha256.Sum256([]byte(whole)), of(whole)
	for _, c := range []struct {
		name   string
		serve  http.HandlerFunc
		part   *ByteRange
		off, n int64
		want   string
		total  int64
		digest bool
		err    error
		status int
		fails  bool // with any error
	}{
		{name: "in the middle", serve: honest, off: 7, n: 5, want: whole[7:12], total: 36},
		{name: "the first byte", serve: honest, off: 0, n: 1, want: whole[:1], total: 36},
		{name: "all", serve: honest, off: 0, n: 36, want: whole, total: 36},
		{name: "beyond the end", serve: honest, off: 30, n: 10, want: whole[30:], total: 36},
		{name: "behind the end", serve: honest, off: 36, n: 1, total: 36},
		{name: "in a byte range", serve: honest, part: &ByteRange{10, 16}, off: 3, n: 4, want: whole[13:17], total: -1},
		{name: "out of a byte range", serve: honest, part: &ByteRange{10, 16}, off: 13, n: 4, fails: true},
		{name: "nothing", serve: honest, off: 3, n: 0, fails: true},
		{name: "before the beginning", serve: honest, off: -1, n: 4, fails: true},
		{name: "ranges ignored", serve: deaf, off: 7, n: 5, err: ErrNoRange},
		{name: "ranges ignored, chunked", serve: chunked, off: 7, n: 5, err: ErrNoRange},
		{name: "another range", serve: partial(206, "bytes 8-12/36", whole[8:13]), off: 7, n: 5, err: ErrNoRange},
		{name: "more than asked for", serve: partial(206, "bytes 7-20/36", whole[7:21]), off: 7, n: 5, err: ErrNoRange},
		{name: "less than asked for", serve: partial(206, "bytes 7-9/36", whole[7:10]), off: 7, n: 5, err: ErrNoRange},
		{name: "of unknown size", serve: partial(206, "bytes 7-11/*", whole[7:12]), off: 7, n: 5, want: whole[7:12], total: -1},
		{name: "without Content-Range", serve: partial(206, "", whole[7:12]), off: 7, n: 5, err: ErrNoRange},
		{name: "cut", serve: partial(206, "bytes 7-11/36", whole[7:9]), off: 7, n: 5, err: ErrCut},
		{name: "compressed", serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			partial(206, "bytes 7-11/36", whole[7:12])(w, r)
		}, off: 7, n: 5, err: ErrNoRange},
		{name: "gone", serve: status(404), off: 7, n: 5, err: ErrGone, status: 404},
		{name: "ill", serve: status(500), off: 7, n: 5, status: 500},
		{name: "416 of a larger one", serve: partial(416, "bytes */40", ""), off: 7, n: 5, status: 416},
		{name: "416 without a size", serve: partial(416, "", ""), off: 7, n: 5, status: 416},
		{name: "Repr-Digest", serve: digested("Repr-Digest", "md5=:AAAA:, sha-256=:"+text+":"), off: 7, n: 5, want: whole[7:12], total: 36, digest: true},
		{name: "Digest", serve: digested("Digest", "SHA-256="+text), off: 7, n: 5, want: whole[7:12], total: 36, digest: true},
		{name: "a digest cut short", serve: digested("Digest", "sha-256="+text[:40]), off: 7, n: 5, want: whole[7:12], total: 36},
		{name: "the digest of a file", serve: digested("Digest", "sha-256="+text), part: &ByteRange{10, 16}, off: 3, n: 4, want: whole[13:17], total: -1},
		{name: "the digest of the part", serve: digested("Digest", "sha-256="+of(whole[7:12])), off: 7, n: 5, want: whole[7:12], total: 36},
		{name: "another digest", serve: digested("Content-MD5", text), off: 7, n: 5, want: whole[7:12], total: 36},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := NewOrigin(OriginConfig{Transport: serve(t, c.serve)})
			u, _ := url.Parse("http://source/a.ts?token=secret")
			p, err := o.Probe(t.Context(), Segment{URL: u, Range: c.part}, c.off, c.n)
			if c.fails || c.err != nil || c.status != 0 {
				var code *StatusError
				if err == nil || c.err != nil && !errors.Is(err, c.err) || c.status != 0 && (!errors.As(err, &code) || code.Code != c.status) {
					t.Fatalf("%+v, error %v", p, err)
				}
				if bytes.Contains([]byte(err.Error()), []byte("secret")) {
					t.Errorf("the error shows the token: %v", err)
				}
				return
			}
			if err != nil || string(p.Bytes) != c.want || p.Offset != c.off || p.Total != c.total || (p.SHA256 != nil) != c.digest {
				t.Fatalf("%+v, error %v", p, err)
			}
			if c.digest && !bytes.Equal(p.SHA256, sum[:]) {
				t.Error("another digest")
			}
		})
	}
}

// TestProbeReadsNoMore: a source that answers a range with an endless body is not
// listened to.
func TestProbeReadsNoMore(t *testing.T) {
	t.Parallel()
	ended := make(chan int, 1)
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := 0
		for ; r.Context().Err() == nil; n++ {
			fmt.Fprint(w, whole)
			_ = http.NewResponseController(w).Flush()
		}
		ended <- n
	}))})
	u, _ := url.Parse("http://source/a.ts")
	if _, err := o.Probe(t.Context(), Segment{URL: u}, 3, 4); !errors.Is(err, ErrNoRange) {
		t.Errorf("error %v", err)
	}
	<-ended // the connection was closed
}

// TestProbeEnds: with its context, or when nothing comes.
func TestProbeEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mute := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		o := NewOrigin(OriginConfig{Transport: mute, NoProgress: 5 * time.Second})
		u, _ := url.Parse("http://source/a.ts")
		for limit, want := range map[time.Duration]error{time.Second: context.DeadlineExceeded, time.Minute: ErrNoProgress} {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			began := time.Now()
			if _, err := o.Probe(ctx, Segment{URL: u}, 3, 4); !errors.Is(err, want) {
				t.Errorf("error %v, want %v", err, want)
			}
			if took := time.Since(began); took > min(limit, 5*time.Second) {
				t.Errorf("it took %v", took)
			}
			cancel()
		}
	})
}
