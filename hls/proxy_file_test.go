package hls

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// oneFile is a list of which all segments are in one file; the second does not
// say where it begins.
const oneFile = `#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:4
#EXTINF:2,
#EXT-X-BYTERANGE:10@0
all.ts?secret
#EXTINF:2,
#EXT-X-BYTERANGE:16
all.ts?secret
#EXTINF:2,
#EXT-X-BYTERANGE:10
all.ts?secret
#EXTINF:2,
#EXT-X-BYTERANGE:5
lost.ts
`

// TestByteRangeSegment: a player asks for the byte ranges of a file as the text
// says them, and is answered from the segments where it asks for no more than
// one holds, else by the source.
func TestByteRangeSegment(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		honest(w, r)
	}))})
	defer o.Close()
	arriving := newBody()
	arriving.grow(whole[10:26])
	short := complete([]byte("x"))
	text := mustParse(t, oneFile)
	client := player(t, ProxyConfig{}, o, fakeChannel{"": &fakeTrack{playlist: text, segments: map[SN]Body{
		4: complete([]byte(whole[:10])), 5: arriving, 6: short,
	}}})
	path := "/ch/_/f/" + token(t, RefSegment, "https://cdn.example.com/live/channel/all.ts?secret") + "/all.ts"
	if got := get(t, client, "GET", "/ch/index.m3u8"); strings.Count(got.body, path[len("/ch/"):]) != 3 {
		t.Fatalf("the parts of a file have no common path: %s", got.body)
	}
	for _, c := range []struct {
		header, contentRange, body string
		code, asked                int
	}{
		{"bytes=0-9", "bytes 0-9/*", whole[:10], 206, 0},
		{"bytes=10-25", "bytes 10-25/*", whole[10:26], 206, 0},
		{"bytes=12-19", "bytes 12-19/*", whole[12:20], 206, 0},
		{"bytes=26-35", "", "", 502, 0}, // what is there is not what the text says
		{"bytes=9-10", "bytes 9-10/36", whole[9:11], 206, 1},
		{"bytes=10-", "bytes 10-35/36", whole[10:], 206, 1},
		{"bytes=0-", "bytes 0-35/36", whole, 206, 1},
		{"bytes=-6", "bytes 30-35/36", whole[30:], 206, 1},
		{"bytes=40-49", "bytes */36", "", 416, 1},
		{"", "", whole, 200, 1},
	} {
		before := asked.Load()
		got := get(t, client, "GET", path, "Range", c.header)
		if got.code != c.code || got.err != nil || c.code < 400 && got.body != c.body || got.header.Get("Content-Range") != c.contentRange {
			t.Errorf("%s: got %d %q %q %v", c.header, got.code, got.header.Get("Content-Range"), got.body, got.err)
		}
		if n := asked.Load() - before; int(n) != c.asked {
			t.Errorf("%s: the source was asked %d times", c.header, n)
		}
	}
	if got := get(t, client, "HEAD", path, "Range", "bytes=0-9"); got.code != 206 || got.body != "" || got.header.Get("Content-Length") != "10" {
		t.Errorf("HEAD: %+v", got)
	}
	// The source's own reading of the file counts once it has told it.
	o.files.put("https://cdn.example.com/live/channel/all.ts?secret", 36)
	if got := get(t, client, "GET", path, "Range", "bytes=10-25"); got.header.Get("Content-Range") != "bytes 10-25/36" {
		t.Errorf("size known: %v", got.header)
	}
	o.files.put("https://cdn.example.com/live/channel/all.ts?secret", 20)
	if got := get(t, client, "GET", path, "Range", "bytes=10-25"); got.header.Get("Content-Range") != "bytes 10-25/*" {
		t.Errorf("the file has grown: %v", got.header)
	}
}

// TestByteRangeUnknown: where the text does not say which bytes a segment is,
// the player's own reading goes to the source.
func TestByteRangeUnknown(t *testing.T) {
	t.Parallel()
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(honest))})
	defer o.Close()
	client := player(t, ProxyConfig{}, o, fakeChannel{"": &fakeTrack{playlist: mustParse(t, oneFile)}})
	for header, want := range map[string]string{"bytes=0-4": whole[:5], "bytes=7-11": whole[7:12]} {
		got := get(t, client, "GET", "/ch/_/f/"+token(t, RefSegment, "https://cdn.example.com/live/channel/lost.ts")+"/lost.ts", "Range", header)
		if got.code != 206 || got.body != want {
			t.Errorf("%s: got %d %q", header, got.code, got.body)
		}
	}
	// A segment that the track does not have is the source's to answer too.
	all := "/f/" + token(t, RefSegment, "https://cdn.example.com/live/channel/all.ts?secret") + "/all.ts"
	if got := get(t, client, "GET", "/ch/_"+all, "Range", "bytes=0-9"); got.code != 206 || got.body != whole[:10] {
		t.Errorf("got %d %q", got.code, got.body)
	}
	if got := get(t, client, "GET", "/ch/_/r"+all[2:]); got.code != 404 {
		t.Errorf("a file is served as a resource: %d", got.code)
	}
}

// TestPartsOfTwoTexts: a player may still ask for what only the text before
// lists, unless its number means something else by now.
func TestPartsOfTwoTexts(t *testing.T) {
	t.Parallel()
	part := func(sn, offset int) string {
		return fmt.Sprintf("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n#EXTINF:2,\n#EXT-X-BYTERANGE:10@%d\nall.ts\n", sn, offset)
	}
	file := mustURL(t, "https://cdn.example.com/live/channel/all.ts")
	for _, c := range []struct {
		name          string
		former, newer string
		want          bool
	}{
		{"moved on", part(1, 10), part(2, 20), true},
		{"unchanged", part(1, 10), part(1, 10), true},
		{"another beginning", part(1, 10), part(1, 20), false},
		{"a master playlist now", part(1, 10), "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", true},
	} {
		var v view
		v.render(mustParse(t, c.former))
		v.render(mustParse(t, c.newer))
		s, ok := v.part(file, span{10, 19})
		if ok != c.want || ok && s.SN != 1 {
			t.Errorf("%s: got %v, %v", c.name, s, ok)
		}
	}
}

// TestSegmentOfLaterText: a player may know a segment from a text that came
// past the track, which does not know it yet.
func TestSegmentOfLaterText(t *testing.T) {
	t.Parallel()
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(honest))})
	defer o.Close()
	client := player(t, ProxyConfig{}, o, fakeChannel{"": &fakeTrack{playlist: mustParse(t, media("#EXT-X-MEDIA-SEQUENCE:7"))}})
	if got := get(t, client, "GET", "/ch/_/7/last.ts"); got.code != 404 {
		t.Errorf("before any text: %d", got.code)
	}
	get(t, client, "GET", "/ch/index.m3u8")
	if got := get(t, client, "GET", "/ch/_/7/last.ts", "Range", "bytes=5-"); got.code != 206 || got.body != whole[5:] {
		t.Errorf("listed: %d %q", got.code, got.body)
	}
	if got := get(t, client, "GET", "/ch/_/8/last.ts"); got.code != 404 {
		t.Errorf("not listed: %d", got.code)
	}
}
