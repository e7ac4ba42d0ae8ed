package peer

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"hlspeer/cache"
	"hlspeer/hls"
)

// shelf is a channel of one segment that is there.
type shelf struct{ seg *cache.Segment }

func (s shelf) Track(hls.TrackID) (hls.Track, bool)               { return s, true }
func (s shelf) Playlist(context.Context) (*hls.Playlist, error)   { return nil, hls.ErrGone }
func (s shelf) Segment(context.Context, hls.SN) (hls.Body, error) { return body{Segment: s.seg}, nil }
func (s shelf) content(w http.ResponseWriter, r *http.Request)    { _, _ = w.Write(s.seg.Bytes()) }

func (s shelf) proxy() http.Handler {
	p := hls.NewProxy(hls.ProxyConfig{}, nil)
	p.Mount("ch", "", s)
	return p
}

// BenchmarkCachedSegment takes a segment of 2 MB out of the cache through the
// proxy, over a loopback connection that is kept; beside it, what net/http
// itself needs to send as much.
func BenchmarkCachedSegment(b *testing.B) {
	seg, filler := cache.NewRing(cache.NewBudget(4<<20), 4<<20).Open(5)
	if _, err := filler.Writer(true).Write(bytes.Repeat([]byte{0x47, 1, 2, 3}, 2<<20/4)); err != nil {
		b.Fatal(err)
	}
	if err := filler.Seal(); err != nil {
		b.Fatal(err)
	}
	s := shelf{seg}
	for name, h := range map[string]http.Handler{"proxy": s.proxy(), "net-http": http.HandlerFunc(s.content)} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewUnstartedServer(nil)
			server.Config = hls.NewServer(h)
			server.Start()
			defer server.Close()
			b.SetBytes(seg.Size())
			b.ReportAllocs()
			for b.Loop() {
				answer, err := server.Client().Get(server.URL + "/ch/_/5/a.ts")
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if err != nil || n != seg.Size() || answer.StatusCode != http.StatusOK {
					b.Fatal(answer.Status, n, err)
				}
			}
		})
	}
}
