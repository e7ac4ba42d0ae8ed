package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestLongLists: of a list of hundreds, also when it takes the place of another,
// only what is near the edge is fetched ahead.
func TestLongLists(t *testing.T) {
	t.Parallel()
	list := func(first int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n", first)
		for sn := first; sn < first+500; sn++ {
			fmt.Fprintf(&b, "#EXTINF:2,\n%d.ts\n", sn)
		}
		return b.String()
	}
	synctest.Test(t, func(t *testing.T) {
		s := &switched{}
		asked := &paths{next: s, n: map[string]int{}}
		c := DefaultConfig()
		c.Channels = []ChannelConfig{{URL: "http://source/a.m3u8"}}
		c.Schedulers = []string{"ws://tracker/ws"}
		c.Signal.NetDial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody is there") }
		c.Origin.Transport = asked
		a, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		segments := func() (n int) {
			for path, count := range asked.counts() {
				if strings.HasSuffix(path, ".ts") {
					n += count
				}
			}
			return n
		}
		serve := func(first int) {
			next := sources{"/a.m3u8": list(first)}
			for sn := first; sn < first+500; sn++ {
				next[fmt.Sprintf("/%d.ts", sn)] = string(packets(3))
			}
			s.set(next)
		}
		serve(5000)
		defer runs(t, a)()
		for _, first := range []int{5000, 10, 9000} { // from the start, back, and far ahead
			before := segments()
			serve(first)
			time.Sleep(10 * time.Second)
			if n := segments() - before; n < startBehind || n > maxAhead {
				t.Errorf("%d segments were fetched ahead of a list from %d on", n, first)
			}
		}
	})
}
