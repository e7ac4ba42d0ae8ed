package hls

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// refusals are texts that Parse must refuse, with the error that says why.
var refusals = []struct {
	name, text string
	want       error
}{
	{"nothing", "", ErrNotPlaylist},
	{"a page", "<!DOCTYPE html>\n<html><body>#EXTM3U</body></html>", ErrNotPlaylist},
	{"the header alone", "#EXTM3U\n", ErrNotPlaylist},
	{"a list of channels", "#EXTM3U\n#EXTINF:-1,One\nhttp://example.com/one.m3u8\n", ErrNotPlaylist},
	{"segments and playlists", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.ts\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n", ErrNotPlaylist},
	{"a master with a segment", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n#EXTINF:2,\n0.ts\n", ErrNotPlaylist},
	{"negative sequence", media("#EXT-X-MEDIA-SEQUENCE:-1"), ErrNotPlaylist},
	{"huge sequence", media("#EXT-X-MEDIA-SEQUENCE:18446744073709551615"), ErrNotPlaylist},
	{"sequence beyond JSON numbers", media("#EXT-X-MEDIA-SEQUENCE:9007199254740991"), ErrNotPlaylist},
	{"sequence of letters", media("#EXT-X-MEDIA-SEQUENCE:abc"), ErrNotPlaylist},
	{"byte range of nothing", media("#EXT-X-BYTERANGE:0@0"), ErrNotPlaylist},
	{"byte range of letters", media("#EXT-X-BYTERANGE:x@0"), ErrNotPlaylist},
	{"byte range before the file", media("#EXT-X-BYTERANGE:1@-1"), ErrNotPlaylist},
	{"byte range beyond all files", media("#EXT-X-BYTERANGE:9007199254740992@9007199254740992"), ErrNotPlaylist},
	{"segment of another scheme", media("#EXTINF:2,\nfile:///etc/passwd"), ErrNotPlaylist},
	{"segment with a control character", media("#EXTINF:2,\na\x00.ts"), ErrNotPlaylist},
	{"segment without a host", media("#EXTINF:2,\nhttp:///a.ts"), ErrNotPlaylist},
	{"too many bytes", "#EXTM3U\n" + strings.Repeat("#", MaxPlaylist), ErrTooLarge},
	{"too many segments", media(strings.Repeat("#EXTINF:2,\ns\n", MaxSegments)), ErrTooLarge},
	{"too many renditions", "#EXTM3U\n" + strings.Repeat("#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", MaxRenditions+1), ErrTooLarge},
}

// media is a playlist with one segment behind the lines.
func media(lines string) string {
	return "#EXTM3U\n#EXT-X-TARGETDURATION:2\n" + lines + "\n#EXTINF:2,\nlast.ts\n"
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse([]byte(c.text), mustURL(t, testBase), nil)
			if !errors.Is(err, c.want) || p != nil {
				t.Fatalf("got %v, %v, want %v", p, err, c.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the query: %v", err)
			}
		})
	}
	if _, err := Parse([]byte(media("")), nil, nil); err == nil {
		t.Error("a playlist without a base was accepted")
	}
}

// hazards are texts on which the library panics, loops or reads nonsense, with
// the segments that must be read nevertheless.
var hazards = []struct {
	name, text string
	want       []string
}{
	{"key and a stray URI", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:\n0", nil},
	{"map and a stray URI", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"i\"\n0\n#EXTINF:2,\n1", []string{"0 1 2s map"}},
	{"map without URI", media("#EXT-X-MAP:"), []string{"0 last.ts 2s"}},
	{"key of the segment behind a stray URI", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\nstray\n#EXTINF:2,\n1", []string{"0 1 2s AES-128"}},
	{"key of the next segment", media("") + "#EXT-X-DISCONTINUITY\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-MAP:URI=\"i\"\n", []string{"0 last.ts 2s"}},
	{"blank lines with carriage returns", "#EXTM3U\r\n#EXT-X-TARGETDURATION:2\r\n#EXTINF:2,\r\n\r\n0\r\n\r\n", []string{"0 0 2s"}},
	{"durations", media("#EXTINF:nan,\na\n#EXTINF:inf,\nb\n#EXTINF:-1,\nc\n#EXTINF:1e300,\nd\n#EXTINF:,\ne\n#EXTINF:0.5,\nf\n#EXTINF:0x10,\ng"), []string{
		"0 a 2s", "1 b 2s", "2 c 2s", "3 d 2s", "4 e 2s", "5 f 500ms", "6 g 2s", "7 last.ts 2s",
	}},
	{"sequence behind a segment", media("#EXTINF:2,\na\n#EXT-X-MEDIA-SEQUENCE:50"), []string{"0 a 2s", "1 last.ts 2s"}},
	{"highest sequence", media("#EXT-X-MEDIA-SEQUENCE:9007199254720991"), []string{"9007199254720991 last.ts 2s"}},
	{"discontinuity twice", media("#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY"), []string{"0 last.ts 2s discontinuity"}},
	{"two EXTINF", media("#EXTINF:1,"), []string{"0 last.ts 2s"}},
	{"EXTINF without a comma", "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2\na.ts", []string{"0 a.ts 2s"}},
	{"byte range that begins with another file", media("#EXTINF:1,\n#EXT-X-BYTERANGE:5@7\na\n#EXTINF:1,\n#EXT-X-BYTERANGE:5\nb\n#EXTINF:1,\n#EXT-X-BYTERANGE:5\nb"), []string{
		"0 a 1s 7+5", "1 b 1s faulty", "2 b 1s faulty", "3 last.ts 2s",
	}},
	{"no-break space behind a URI", media("#EXTINF:2,\na.ts\u00a0"), []string{"0 a.ts 2s", "1 last.ts 2s"}},
}

func TestParseHazards(t *testing.T) {
	t.Parallel()
	for _, c := range hazards {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse([]byte(c.text), mustURL(t, testBase), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range p.Media.Segments {
				line := fmt.Sprint(s.SN, " ", s.URI, " ", s.Duration)
				if s.Range != nil {
					line += fmt.Sprintf(" %d+%d", s.Range.Offset, s.Range.Length)
				}
				if s.Encrypted() {
					line += " " + s.Method()
				}
				if s.Fault != nil {
					line += " faulty"
				}
				if s.Discontinuity {
					line += " discontinuity"
				}
				if s.Map != nil {
					line += " map"
				}
				got = append(got, line)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestTargetDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		media(""):                             2 * time.Second,
		media("#EXTINF:2.4,\na"):              2 * time.Second, // not raised
		media("#EXT-X-TARGETDURATION:6"):      6 * time.Second,
		media("#EXT-X-TARGETDURATION:nan"):    2 * time.Second, // of the longest segment
		media("#EXT-X-TARGETDURATION:0.1"):    time.Second,
		media("#EXT-X-TARGETDURATION:999999"): 2 * time.Second,
	} {
		p, err := Parse([]byte(text), mustURL(t, testBase), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Media.TargetDuration; got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// TestParseHugeMaster: the library would join each of these audio groups to
// each of these variants, once for each line.
func TestParseHugeMaster(t *testing.T) {
	t.Parallel()
	text := "#EXTM3U\n" +
		strings.Repeat("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"a\"\n", MaxRenditions/2) +
		strings.Repeat("#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nv\n", MaxRenditions/2)
	p, err := Parse([]byte(text), mustURL(t, testBase), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(p.Master.Renditions); got != MaxRenditions {
		t.Errorf("got %d renditions", got)
	}
}

// TestParseBombs reads texts that are made to cost more than their size. None
// of them may keep a reader busy.
func TestParseBombs(t *testing.T) {
	t.Parallel()
	var keys, params strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&keys, "#EXT-X-KEY:METHOD=X,KEYFORMAT=%d\n", i)
		fmt.Fprintf(&params, "#EXT-X-DEFINE:QUERYPARAM=\"%d\"\n", i)
	}
	base := mustURL(t, "http://h/a.m3u8?"+strings.Repeat("x=1&", 15_000))
	define := "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"" + strings.Repeat("x", 1000) + "\"\n"
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"variables without end": {media(define + "#EXTINF:2,\n" + strings.Repeat("{$", 450_000)), nil},
		"variables in each URI": {media(define + strings.Repeat("#EXTINF:2,\n{$a}\n", 2000)), ErrTooLarge},
		"variables in one URI":  {media(define + "#EXTINF:2,\n" + strings.Repeat("{$a}", 9)), ErrNotPlaylist},
		"ever new keys":         {media(keys.String()), nil},
		"ever new parameters":   {media(params.String()), nil},
	} {
		p, err := Parse([]byte(c.text), base, nil)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if err == nil && len(p.Media.Segments[len(p.Media.Segments)-1].Keys) > maxKeys {
			t.Errorf("%s: %d keys in force", name, len(p.Media.Segments[0].Keys))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range playlists(f) {
		f.Add(text)
	}
	for _, c := range refusals {
		if len(c.text) < 1000 {
			f.Add([]byte(c.text))
		}
	}
	for _, c := range hazards {
		f.Add([]byte(c.text))
	}
	base := mustURL(f, testBase)
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(text, base, testImports)
		if err != nil {
			return
		}
		if (p.Master == nil) == (p.Media == nil) {
			t.Fatal("not exactly one of master and media")
		}
		checkPlaylist(t, p)
	})
}

// checkPlaylist holds for every playlist that Parse makes.
func checkPlaylist(t *testing.T, p *Playlist) {
	t.Helper()
	at, segments := 0, 0
	for _, r := range p.refs {
		if r.start < at || string(p.Text[r.start:r.end]) != r.Raw || !fetchable(r.URL) {
			t.Fatalf("reference %+v", r)
		}
		at = r.end
		if r.Kind == RefSegment {
			if s := p.Media.Segments[segments]; s.URI != r.Raw || s.URL != r.URL || s.SN != r.SN {
				t.Fatalf("segment %+v, reference %+v", s, r)
			}
			segments++
		}
	}
	if p.Media == nil {
		return
	}
	if segments != len(p.Media.Segments) || p.Media.TargetDuration < time.Second {
		t.Fatalf("%d references to %d segments, target %v", segments, len(p.Media.Segments), p.Media.TargetDuration)
	}
	for i, s := range p.Media.Segments {
		if s.SN != p.Media.Sequence+SN(p.Media.Skipped+i) || p.Media.segment(s.SN) != &p.Media.Segments[i] || s.SN < 0 || s.SN > maxSN || s.Duration <= 0 {
			t.Fatalf("segment %d: %+v", i, s)
		}
		if r := s.Range; r != nil && (r.Offset < 0 || r.Length <= 0) {
			t.Fatalf("segment %d: range %+v", i, r)
		}
	}
}
