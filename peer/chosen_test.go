package peer

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/hls"
)

// TestAfterPause: of a rendition that no player stays with, the source is asked
// when a player asks. Who comes back after a pause sees the newest text, and the
// last one where the source fails.
func TestAfterPause(t *testing.T) {
	t.Parallel()
	const master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n"
	next := strings.ReplaceAll(liveText, "5", "6") // another number and name
	synctest.Test(t, func(t *testing.T) {
		s := &switched{next: sources{"/a.m3u8": master, "/v.m3u8": liveText}}
		polls := &paths{next: s, n: map[string]int{}}
		a := agentOver(t, polls, ChannelConfig{URL: "http://source/a.m3u8"})
		defer runs(t, a)()
		synctest.Wait()
		ch := a.channels[0]
		var id hls.TrackID
		for id = range ch.named {
		}
		text := func() string {
			t.Helper()
			tr, _ := ch.Track(id)
			pl, err := tr.Playlist(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return string(pl.Text)
		}
		for i, want := range []string{liveText, next, next} {
			if got := text(); got != want {
				t.Errorf("visit %d:\n%s", i, got)
			}
			time.Sleep(20 * time.Second)
			if n := polls.counts()["/v.m3u8"]; n != i+1 && i < 2 {
				t.Errorf("%d polls after %d visits", n, i+1)
			}
			s.set(sources{"/a.m3u8": master, "/v.m3u8": []string{next, "down", "down"}[i]})
		}
	})
}

// TestStays: when a player counts as one that stays.
func TestStays(t *testing.T) {
	t.Parallel()
	type demand struct {
		sn hls.SN
		at time.Duration
	}
	for name, tt := range map[string]struct {
		demands []demand
		want    bool
	}{
		"one segment":             {[]demand{{5, 0}}, false},
		"a look":                  {[]demand{{5, 0}, {6, 10}}, false},
		"again and again":         {[]demand{{5, 0}, {5, 10}, {5, 20}, {5, 30}}, false},
		"several players look":    {[]demand{{5, 0}, {6, 10}, {5, 20}, {6, 30}}, false},
		"fetches ahead":           {[]demand{{5, 0}, {6, 10}, {7, 20}}, true},
		"goes on with the stream": {[]demand{{5, 0}, {6, time.Second}}, true},
	} {
		tr, f := testTrack(t)
		for _, d := range tt.demands {
			f.seg.SN = d.sn
			tr.stays(f.seg, d.at)
		}
		if tr.chosen != tt.want {
			t.Errorf("%s: chosen %v", name, tr.chosen)
		}
	}
}
