package lab

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hlspeer/peer"
)

// thinLine carries answers at a rate, bytes a second.
type thinLine struct {
	http.RoundTripper
	rate int
}

func (l thinLine) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = &thinBody{resp.Body, l.rate}
	}
	return resp, err
}

type thinBody struct {
	io.ReadCloser
	rate int
}

func (b *thinBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), 8<<10)])
	time.Sleep(time.Duration(n) * time.Second / time.Duration(b.rate))
	return n, err
}

// rangesAsked are Range headers.
type rangesAsked struct {
	mu   sync.Mutex
	list []string
}

func (a *rangesAsked) add(r string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, r)
}

// bytes is how many they are of, of a segment of that size; one without a range is of
// all.
func (a *rangesAsked) bytes(size int64) (n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.list {
		first, last := int64(0), size-1
		if _, err := fmt.Sscanf(r, "bytes=%d-%d", &first, &last); err != nil {
			last = size - 1
		}
		n += last - first + 1
	}
	return n
}

// TestDividedSegment: a parent will not be done in time, but makes progress. The
// source, with a thin line itself, brings the end while the parent goes on with the
// beginning; and the gap, if the parent stops then. The viewer sees nothing of it, and
// no byte comes twice from the source.
func TestDividedSegment(t *testing.T) {
	t.Parallel()
	for name, stops := range map[string]bool{"goes on": false, "stops": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &pacer{}
			p.uplink = 100e6
			var armed, asked atomic.Bool
			var slow atomic.Int64
			var ranges rangesAsked
			p.pause = func(sn int64, _ int) time.Duration {
				if armed.Load() {
					slow.CompareAndSwap(0, sn)
				}
				switch {
				case slow.Load() != sn:
					return 20 * time.Millisecond
				case stops && asked.Load():
					return -1
				default:
					return 200 * time.Millisecond
				}
			}
			c := SwarmConfig{
				Peers: 1, Uplinks: []int64{0}, Stays: []Stay{{From: 2 * time.Second}},
				adjust: func(i int, c *peer.Config) {
					unaudited(i, c)
					c.Origin.Transport = thinLine{c.Origin.Transport, 400_000}
				},
			}
			c.Origin = OriginConfig{BitRate: 2_000_000, Faults: func(r *http.Request) Fault {
				if armed.Load() && strings.HasSuffix(r.URL.Path, segmentName(slow.Load())) {
					asked.Store(true)
					ranges.add(r.Header.Get("Range"))
				}
				return Fault{Delay: 50 * time.Millisecond}
			}}
			paced(t, p, c, func(st *stage) {
				time.Sleep(40 * time.Second)
				armed.Store(true)
				time.Sleep(20 * time.Second)
				st.unharmed()
				sn := slow.Load()
				size := int64(len(st.origin.Segment(RenditionMain, sn)))
				s := st.stories(0)[sn]
				t.Logf("segment %d: %d from the parent, %d by HTTP in %.1f s, %d tries", sn, s.P2P, s.HTTP, s.Took, s.Tries)
				if s.Tries < 2 || s.P2P == 0 || s.HTTP == 0 {
					t.Errorf("%+v", s)
				}
				t.Logf("the source was asked for %v", ranges.list)
				if over := ranges.bytes(size) - s.HTTP; over > mostOver {
					t.Errorf("the source was asked for %d bytes that were not missing", over)
				}
			})
		})
	}
}
