package peer

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/hls"
)

// TestHoles: what the source says it does not have, and what nobody can tell
// the bytes of, is never asked for, whoever wants it; what lies between is.
func TestHoles(t *testing.T) {
	t.Parallel()
	const text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:5\n" +
		"#EXTINF:2,\n5.ts\n#EXTINF:2,\n#EXT-X-GAP\n6.ts\n#EXTINF:2,\n#EXT-X-BYTERANGE:188\n7.ts\n#EXTINF:2,\n#EXT-X-GAP\n8.ts\n"
	synctest.Test(t, func(t *testing.T) {
		asked := &paths{next: sources{"/a.m3u8": text, "/5.ts": string(packets(3))}, n: map[string]int{}}
		c := DefaultConfig()
		c.Channels = []ChannelConfig{{URL: "http://source/a.m3u8"}}
		c.Origin.Transport = asked
		c.Schedulers = []string{"ws://tracker/ws"}
		c.Signal.NetDial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody is there") }
		a, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer runs(t, a)()
		for range 10 {
			time.Sleep(time.Second)
			for path, want := range map[string]int{"5": 200, "6": 404, "7": 502, "8": 404, "9": 404} {
				if w := ask(a.Proxy(), "/a/_/"+path+"/x.ts"); w.Code != want {
					t.Errorf("segment %s: status %d, want %d", path, w.Code, want)
				}
			}
		}
		if got := slices.Sorted(maps.Keys(asked.counts())); !slices.Equal(got, []string{"/5.ts", "/a.m3u8"}) || asked.counts()["/5.ts"] != 1 {
			t.Errorf("the source was asked for %v", asked.counts())
		}
		if !a.channels[0].top.sharesNow() {
			t.Error("a gap at the edge stops sharing")
		}
	})
}

// TestShareableLists: the newest segment that there is says what a list holds.
func TestShareableLists(t *testing.T) {
	t.Parallel()
	gap, ranged, frames := media(0, 2), media(0, 2), media(0, 2)
	gap.Segments[2].Gap = true
	ranged.Segments[2].Range = &hls.ByteRange{Offset: 0, Length: 188}
	frames.IFramesOnly = true
	text := media(0, 2)
	text.Segments[2].URL, _ = text.Segments[2].URL.Parse("2.vtt")
	all := media(0, 0)
	all.Segments[0].Gap = true
	for name, tt := range map[string]struct {
		list         *hls.Media
		before, want bool
	}{
		"segments": {media(0, 2), false, true}, "a gap at the edge": {gap, false, true}, "byte ranges": {ranged, false, true},
		"I-frames": {frames, true, false}, "subtitles": {text, true, false},
		"nothing but gaps": {all, true, true}, "nothing but gaps from the beginning": {all, false, false}, "nothing": {&hls.Media{}, true, true},
	} {
		if got := shareable(tt.list, tt.before); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// sharesNow is shares, asked from outside of the loop.
func (t *track) sharesNow() (yes bool) {
	t.query(func() { yes = t.shares() })
	return yes
}

// paths counts requests by path.
type paths struct {
	next http.RoundTripper
	mu   sync.Mutex
	n    map[string]int
}

func (p *paths) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.n[r.URL.Path]++
	p.mu.Unlock()
	return p.next.RoundTrip(r)
}

func (p *paths) counts() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.n)
}
