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

// TestOriginInsists: a segment of which the request hangs is asked for once
// more, and whichever is answered first brings it.
func TestOriginInsists(t *testing.T) {
	t.Parallel()
	const never = time.Hour
	for _, c := range []struct {
		name   string
		delays []time.Duration // until each request is answered
		fails  int             // the request that is answered by breaking the connection; 0: none
		by     string          // who brings it, or ""
		took   time.Duration
	}{
		{"at once", []time.Duration{0}, 0, "1", 0},
		{"slowly", []time.Duration{2 * time.Second}, 0, "1", 2 * time.Second},
		{"the second at once", []time.Duration{never, 0}, 0, "2", askAgain},
		{"the second slowly", []time.Duration{never, 5 * time.Second}, 0, "2", askAgain + 5*time.Second},
		{"the first is first", []time.Duration{5 * time.Second, 5 * time.Second}, 0, "1", 5 * time.Second},
		{"the second breaks", []time.Duration{5 * time.Second, 0}, 2, "1", 5 * time.Second},
		{"the first breaks late", []time.Duration{4 * time.Second, 4 * time.Second}, 1, "2", askAgain + 4*time.Second},
		{"neither", []time.Duration{never, never}, 0, "", DefaultNoProgress},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int32
				o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					i := int(n.Add(1))
					if !pause(r.Context(), c.delays[i-1]) {
						return
					}
					if i == c.fails {
						panic(http.ErrAbortHandler)
					}
					fmt.Fprint(w, strings.Repeat(fmt.Sprint(i), 3))
				}))})
				defer o.Close()
				began := time.Now()
				var got sink
				err := o.Segment(t.Context(), Segment{URL: mustURL(t, "http://h/a.ts")}, 0, &got)
				if want := strings.Repeat(c.by, 3); got.String() != want || (err == nil) != (want != "") || time.Since(began) != c.took {
					t.Errorf("got %q, %v after %v, want %q after %v", got.String(), err, time.Since(began), want, c.took)
				}
				if c.by == "2" && got.began.Sub(began) != askAgain || c.by == "1" && !got.began.Equal(began) {
					t.Errorf("said to have begun after %v", got.began.Sub(began))
				}
				if int(n.Load()) != len(c.delays) {
					t.Errorf("%d requests, want %d", n.Load(), len(c.delays))
				}
			})
		})
	}
}
