package lab

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var playlistCases = []struct {
	name, text string
	want       playlist
	err        string // part of the message; empty: none
}{
	{
		name: "live", text: "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2.000,title, more\na.ts?t=1\n#EXTINF:1.5\n\n/b.ts\n",
		want: playlist{target: 2 * time.Second, entries: []listEntry{
			{7, "http://h/x/a.ts?t=1", "", 2 * time.Second}, {8, "http://h/b.ts", "", 1500 * time.Millisecond},
		}},
	},
	{
		name: "ended, CRLF", text: "#EXTM3U\r\n#EXT-X-TARGETDURATION:4\r\n#EXTINF:4,\r\nhttp://other/a.ts\r\n#EXT-X-ENDLIST\r\n",
		want: playlist{target: 4 * time.Second, ended: true, entries: []listEntry{{0, "http://other/a.ts", "", 4 * time.Second}}},
	},
	{
		name: "byte ranges", text: "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n#EXT-X-BYTERANGE:100@20\na.ts\n#EXTINF:2,\na.ts\n",
		want: playlist{target: 2 * time.Second, entries: []listEntry{
			{0, "http://h/x/a.ts", "bytes=20-119", 2 * time.Second}, {1, "http://h/x/a.ts", "", 2 * time.Second},
		}},
	},
	{name: "byte range of nothing", text: "#EXTM3U\n#EXT-X-BYTERANGE:0@20\n", err: "#EXT-X-BYTERANGE"},
	{name: "byte range without a beginning", text: "#EXTM3U\n#EXT-X-BYTERANGE:10\n", err: "#EXT-X-BYTERANGE"},
	{name: "empty", text: "#EXTM3U\n#EXT-X-TARGETDURATION:2\n", want: playlist{target: 2 * time.Second}},
	{name: "master", text: "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/live.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh/live.m3u8\n", want: playlist{variant: "http://h/x/low/live.m3u8"}},
	{name: "nothing", text: "", err: "no #EXTM3U"},
	{name: "a page", text: "<html>", err: "no #EXTM3U"},
	{name: "no target", text: "#EXTM3U\n#EXTINF:2,\na.ts\n", err: "no target duration"},
	{name: "zero target", text: "#EXTM3U\n#EXT-X-TARGETDURATION:0\n", err: "no target duration"},
	{name: "huge target", text: "#EXTM3U\n#EXT-X-TARGETDURATION:99999999999\n", err: "#EXT-X-TARGETDURATION"},
	{name: "bad duration", text: "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:two,\n", err: "#EXTINF"},
	{name: "negative duration", text: "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:-1,\n", err: "out of range"},
	{name: "not a duration", text: "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:nan,\n", err: "out of range"},
	{name: "endless duration", text: "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:inf,\n", err: "out of range"},
	{name: "negative sequence", text: "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:-1\n", err: "#EXT-X-MEDIA-SEQUENCE"},
	{name: "not a URL", text: "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://[secret\n", err: "not a URL"},
}

var playlistBase = &url.URL{Scheme: "http", Host: "h", Path: "/x/live.m3u8"}

func TestReadPlaylist(t *testing.T) {
	t.Parallel()
	for _, tt := range playlistCases {
		got, err := readPlaylist(tt.text, playlistBase)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(playlist{}, listEntry{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// FuzzReadPlaylist: whatever reads as a playlist can be played.
func FuzzReadPlaylist(f *testing.F) {
	for _, tt := range playlistCases {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := readPlaylist(text, playlistBase)
		if err != nil || list.variant != "" {
			return
		}
		if list.target < time.Second {
			t.Fatalf("target duration %v", list.target)
		}
		p := newPlayback(false, 0)
		now := began
		p.begin(now)
		p.list(now, list)
		for range list.entries {
			next := p.next(now)
			if next.wait > 0 || next.done {
				now = now.Add(next.wait)
				continue
			}
			now = now.Add(time.Second)
			p.arrived(now, ViewedSegment{SN: next.entry.sn, Duration: next.entry.duration})
		}
		if r := p.reportAt(now); r.Segments > len(list.entries) || r.StallTime < 0 || r.Buffer < 0 || r.BehindEdge < 0 {
			t.Fatalf("report %+v", r)
		}
	})
}
