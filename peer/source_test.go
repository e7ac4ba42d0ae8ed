package peer

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/hls"
)

func TestLikeness(t *testing.T) {
	t.Parallel()
	parse := func(text string) *hls.Master {
		base, _ := url.Parse("http://h/x/master.m3u8")
		p, err := hls.Parse([]byte("#EXTM3U\n"+text), base, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p.Master
	}
	const variant, sound = "#EXT-X-STREAM-INF:BANDWIDTH=1\n", "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",URI="
	ours := parse(variant + "low.m3u8?t=1\n" + variant + "http://a/cdn/high.m3u8\n" + sound + "\"en.m3u8\"\n")
	for name, tt := range map[string]struct {
		theirs string
		want   []string // for each of ours; "": none
	}{
		"the same names": {variant + "http://b/cdn/high.m3u8?t=2\n" + variant + "low.m3u8?t=2\n" + sound + "\"en.m3u8\"\n", []string{"http://h/x/low.m3u8?t=2", "http://b/cdn/high.m3u8?t=2", "http://h/x/en.m3u8"}},
		"other names":    {variant + "1.m3u8\n" + sound + "\"3.m3u8\"\n" + variant + "2.m3u8\n", []string{"http://h/x/1.m3u8", "http://h/x/2.m3u8", "http://h/x/3.m3u8"}},
		"fewer":          {variant + "low.m3u8\n", []string{"http://h/x/low.m3u8", "", ""}},
	} {
		theirs := parse(tt.theirs)
		for i, r := range ours.Renditions {
			u, err := likenessOf(r, ours).find(theirs)
			if (err != nil) != (tt.want[i] == "") || err == nil && u.String() != tt.want[i] {
				t.Errorf("%s: %s is %v, %v", name, r.URI, u, err)
			}
		}
	}
}

// TestBackupOfRendition: a rendition goes on at the backup, whose master
// playlist names it by another URI; and a channel begins there, if need be.
func TestBackupOfRendition(t *testing.T) {
	t.Parallel()
	const master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n"
	other := strings.ReplaceAll(liveText, "5", "7")
	up := sources{"/a.m3u8": master, "/v.m3u8": liveText, "/b.m3u8": strings.ReplaceAll(master, "v.", "w."), "/w.m3u8": other}
	down := sources{"/a.m3u8": "silent", "/v.m3u8": "silent", "/b.m3u8": up["/b.m3u8"], "/w.m3u8": other}
	for name, tt := range map[string]struct {
		first sources
		want  string // before the source fails
	}{"in mid-stream": {up, liveText}, "from the beginning": {down, other}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &switched{next: tt.first}
				a := agentOver(t, s, ChannelConfig{URL: "http://source/a.m3u8", Backups: []string{"http://source/b.m3u8"}})
				defer runs(t, a)()
				if err := a.Probe(t.Context()); err != nil {
					t.Error(err)
				}
				time.Sleep(10 * time.Second)
				synctest.Wait()
				ch := a.channels[0]
				for id := range ch.named {
					tr, _ := ch.Track(id)
					for _, want := range []string{tt.want, other} {
						pl, err := tr.Playlist(t.Context())
						if err != nil || string(pl.Text) != want {
							t.Errorf("%v\n%s", err, pl.Text)
						}
						ch.tracks[id].list.follow()
						s.set(down)
						time.Sleep(10 * time.Second)
					}
				}
			})
		})
	}
}
