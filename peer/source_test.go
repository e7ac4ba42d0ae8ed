package peer

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/hls"
)

func TestRota(t *testing.T) {
	t.Parallel()
	const target = 2 * time.Second
	live := &hls.Playlist{Media: &hls.Media{TargetDuration: target}}
	ended := &hls.Playlist{Media: &hls.Media{TargetDuration: target, Ended: true}}
	type step struct {
		after time.Duration
		said  *hls.Playlist // nil: a failure
		isNew bool
		at    int // the source in use afterwards
	}
	for name, steps := range map[string][]step{
		"nothing is known yet":          {{0, nil, false, 1}, {0, nil, false, 2}, {0, nil, false, 0}, {0, live, true, 0}},
		"fails for two targets":         {{0, live, true, 0}, {3900, nil, false, 0}, {100, nil, false, 1}, {3900, nil, false, 1}, {100, nil, false, 2}},
		"fails and answers again":       {{0, live, true, 0}, {3900, nil, false, 0}, {10, live, true, 0}, {3900, nil, false, 0}},
		"does not change":               {{0, live, true, 0}, {5900, live, false, 0}, {100, live, false, 1}, {5900, live, false, 1}, {100, live, false, 2}},
		"changes now and then":          {{0, live, true, 0}, {5900, live, true, 0}, {5900, live, true, 0}, {5900, live, false, 0}},
		"has ended":                     {{0, ended, true, 0}, {60_000, ended, false, 0}},
		"stays with the one that works": {{0, live, true, 0}, {4000, nil, false, 1}, {10, live, true, 1}, {2000, live, true, 1}, {2000, live, true, 1}},
	} {
		r := rota{sources: []*source{{}, {}, {}}}
		alone := rota{sources: []*source{{}}}
		now := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
		for i, s := range steps {
			now = now.Add(s.after * time.Millisecond)
			before := r.at
			var moved bool
			if s.said == nil {
				moved = r.failed(now)
				alone.failed(now)
			} else {
				moved = r.answered(now, s.said, s.isNew)
				alone.answered(now, s.said, s.isNew)
			}
			if r.at != s.at || moved != (r.at != before) || alone.at != 0 {
				t.Fatalf("%s: at %d after step %d, moved %v, want %d", name, r.at, i, moved, s.at)
			}
		}
	}
}

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
				c := DefaultConfig()
				c.Channels = []ChannelConfig{{URL: "http://source/a.m3u8", Backups: []string{"http://source/b.m3u8"}}}
				c.Origin.Transport = s
				a, err := New(c)
				if err != nil {
					t.Fatal(err)
				}
				defer runs(t, a)()
				if err := a.Probe(t.Context()); err != nil {
					t.Error(err)
				}
				time.Sleep(10 * time.Second)
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
