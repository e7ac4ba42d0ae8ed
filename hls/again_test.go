package hls

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestAskAgain: where a source lets a connection hang, others are tried before
// a player loses patience; one that is merely slow is not hurried.
func TestAskAgain(t *testing.T) {
	t.Parallel()
	const never = time.Hour
	for _, c := range []struct {
		name    string
		answers []time.Duration // after which each request is answered, the last one counting for all others
		limit   time.Duration   // of the caller
		err     error
		asked   int
		took    time.Duration
		since   time.Duration // when the request was made that was answered
	}{
		{"at once", []time.Duration{0}, never, nil, 1, 0, 0},
		{"in time", []time.Duration{2900 * time.Millisecond}, never, nil, 1, 2900 * time.Millisecond, 0},
		{"the first hangs", []time.Duration{never, 0}, never, nil, 2, 3 * time.Second, 3 * time.Second},
		{"two hang", []time.Duration{never, never, 0}, never, nil, 3, 6 * time.Second, 6 * time.Second},
		{"the first is slow", []time.Duration{4 * time.Second, never}, never, nil, 2, 4 * time.Second, 0},
		{"all are slow", []time.Duration{7 * time.Second}, never, nil, 3, 7 * time.Second, 0},
		{"the first is later", []time.Duration{9 * time.Second, 4 * time.Second}, never, nil, 3, 7 * time.Second, 3 * time.Second},
		{"all hang", []time.Duration{never}, never, ErrNoProgress, 3, 10 * time.Second, 0},
		{"the caller leaves", []time.Duration{never}, 5 * time.Second, context.DeadlineExceeded, 2, 5 * time.Second, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				asked := 0
				o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					wait := c.answers[min(asked, len(c.answers)-1)]
					asked++
					mu.Unlock()
					if pause(r.Context(), wait) {
						honest(w, r)
					}
				}))})
				defer o.Close()
				ctx, cancel := context.WithTimeout(t.Context(), c.limit)
				defer cancel()
				began := time.Now()
				var got sink
				err := o.Segment(ctx, Segment{URL: mustURL(t, "http://h/a.ts")}, 0, &got)
				if !errors.Is(err, c.err) || err == nil && got.String() != whole || time.Since(began) != c.took {
					t.Errorf("got %q, %v after %v", got.String(), err, time.Since(began))
				}
				if err == nil && got.began.Sub(began) != c.since {
					t.Errorf("the request that was answered was made after %v", got.began.Sub(began))
				}
				synctest.Wait()
				if mu.Lock(); asked != c.asked {
					t.Errorf("asked %d times", asked)
				}
				mu.Unlock()
			})
		})
	}
}

// TestAskAgainFails: one that fails leaves the answer to the other.
func TestAskAgainFails(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]int{"the first": 1, "the second": 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				asked := 0
				o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					asked++
					broken := asked == fails
					mu.Unlock()
					if broken {
						pause(r.Context(), 3500*time.Millisecond)
						panic(http.ErrAbortHandler)
					}
					pause(r.Context(), 6800*time.Millisecond)
					honest(w, r)
				}))})
				defer o.Close()
				var got sink
				if err := o.Segment(t.Context(), Segment{URL: mustURL(t, "http://h/a.ts")}, 0, &got); err != nil || got.String() != whole {
					t.Errorf("got %q, %v", got.String(), err)
				}
			})
		})
	}
}

// stuck is a transport of which the idle connections are dead: until they have been
// closed, each request takes the next of them.
type stuck struct {
	closed atomic.Bool
}

func (s *stuck) CloseIdleConnections() { s.closed.Store(true) }

func (s *stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.closed.Load() {
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, ContentLength: -1, Body: io.NopCloser(strings.NewReader("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n"))}, nil
}

// TestAgainOverNewConnections: where all connections that were kept are dead, as after
// a change of our address, the second request does not take another one of them.
func TestAgainOverNewConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := NewOrigin(OriginConfig{Transport: &stuck{}})
		began := time.Now()
		_, err := o.Playlist(t.Context(), &url.URL{Scheme: "http", Host: "h", Path: "/a.m3u8"}, nil)
		if took := time.Since(began); err != nil || took != DefaultAskAgain {
			t.Errorf("%v after %v, want a playlist after %v", err, took, DefaultAskAgain)
		}
	})
}
