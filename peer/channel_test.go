package peer

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// TestRenditionsWhileStopping: players open renditions while the agent stops.
// None of them begins to run when the agent has ended. (The race detector
// watches the counting of goroutines here.)
func TestRenditionsWhileStopping(t *testing.T) {
	t.Parallel()
	var master strings.Builder
	master.WriteString("#EXTM3U\n")
	for i := range 60 {
		fmt.Fprintf(&master, "#EXT-X-STREAM-INF:BANDWIDTH=1\n%d.m3u8\n", i)
	}
	for range 30 {
		synctest.Test(t, func(t *testing.T) {
			a := testAgent(t, sources{"/a.m3u8": master.String()}, "/a.m3u8")
			end := runs(t, a)
			synctest.Wait()
			ch := a.channels[0]
			var players sync.WaitGroup
			players.Go(func() {
				for id := range ch.named {
					ch.Track(id)
					runtime.Gosched()
				}
			})
			end()
			for _, tr := range ch.running() {
				select {
				case <-tr.ended:
				default:
					t.Error("a rendition runs after the end of the agent")
				}
			}
			players.Wait()
		})
	}
}

// TestRoomsOfRenditions: renditions that differ only in the query, and all of
// a channel with an id of its own, have different rooms.
func TestRoomsOfRenditions(t *testing.T) {
	t.Parallel()
	const master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8?q=1\n#EXT-X-STREAM-INF:BANDWIDTH=2\nx.m3u8?q=2\n" +
		"#EXT-X-STREAM-INF:BANDWIDTH=3\nz.m3u8\n"
	for _, id := range []string{"", "my-channel"} {
		synctest.Test(t, func(t *testing.T) {
			a := agentOver(t, sources{"/a.m3u8": master, "/x.m3u8": liveText, "/z.m3u8": liveText}, ChannelConfig{URL: "http://source/a.m3u8", ID: id})
			defer runs(t, a)()
			synctest.Wait()
			rooms := map[string]bool{}
			for tid := range a.channels[0].named {
				if _, ok := a.channels[0].Track(tid); !ok {
					t.Errorf("no track %s", tid)
				}
			}
			for _, tr := range a.channels[0].running() {
				rooms[tr.room] = true
			}
			if len(rooms) != 3 {
				t.Errorf("3 renditions in the rooms %v", rooms)
			}
		})
	}
}

// TestRenditionImports: a rendition has the variables of its master playlist.
func TestRenditionImports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := testAgent(t, sources{
			"/a.m3u8": "#EXTM3U\n#EXT-X-DEFINE:NAME=\"d\",VALUE=\"deep\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n",
			"/v.m3u8": strings.Replace(liveText, "#EXTINF", "#EXT-X-DEFINE:IMPORT=\"d\"\n#EXTINF", 1) + "#EXTINF:2,\n{$d}/7.ts\n",
		}, "/a.m3u8")
		defer runs(t, a)()
		synctest.Wait()
		for id := range a.channels[0].named {
			tr, _ := a.channels[0].Track(id)
			pl, err := tr.Playlist(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if s := pl.Media.Segments[2]; s.URL.Path != "/deep/7.ts" {
				t.Errorf("segment at %s", s.URL)
			}
		}
	})
}
