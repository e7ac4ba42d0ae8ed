package hls

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// packets is a transport stream of n packets.
func packets(n int) []byte {
	b := bytes.Repeat([]byte{0x47, 0x1f, 0xff, 0x10}, n*tsPacket/4)
	for i := range b {
		if i%tsPacket != 0 && b[i] == tsSync {
			b[i] = 0
		}
	}
	return b
}

// keysOf is a key of a method; none for "".
func keysOf(method string) []Key {
	if method == "" {
		return nil
	}
	return []Key{{Method: method}}
}

func TestPlausible(t *testing.T) {
	t.Parallel()
	ts := packets(20)
	broken := bytes.Clone(ts)
	broken[7*tsPacket] = 0
	page := []byte("\n <!DOCTYPE HTML><html>" + strings.Repeat("x", 5*188))
	cipher := bytes.Repeat([]byte{0xa5, 0x01, 0x7f, 0x33}, 64)
	fmp4 := boxes("styp", "moof", "mdat")
	for _, c := range []struct {
		name, uri, method string
		hasMap            bool
		body              []byte
		want              error
	}{
		{"transport stream", "a.ts", "", false, ts, nil},
		{"upper-case extension", "a.TS?x=1", "", false, ts, nil},
		{"nothing", "a.ts", "", false, nil, errEmpty},
		{"nothing, encrypted", "a.ts", "AES-128", false, []byte{}, errEmpty},
		{"page", "a.ts", "", false, page, errPage},
		{"page in place of a cipher text", "a.ts", "AES-128", false, page[:len(page)/16*16], errPage},
		{"page in place of fMP4", "a.m4s", "", true, page, errPage},
		{"plain text", "a.ts", "", false, []byte("404 page not found\n"), errPage},
		{"plain text in place of what has no known extension", "seg", "", false, []byte("not found"), errPage},
		{"half a packet at the end", "a.ts", "", false, ts[:len(ts)-1], errPackets},
		{"less than one packet", "a.ts", "", false, ts[:100], errPackets},
		{"lost sync", "a.ts", "", false, broken, errNotTS},
		{"cipher text under .ts", "a.ts", "", false, cipher, errNotTS},
		{"cipher text", "a.ts", "AES-128", false, cipher, nil},
		{"cut cipher text", "a.ts", "AES-128", false, cipher[:255], errNotAES},
		{"SAMPLE-AES leaves packets", "a.ts", "SAMPLE-AES", false, ts, nil},
		{"SAMPLE-AES without packets", "a.ts", "SAMPLE-AES", false, cipher, errNotTS},
		{"a method that is not known", "a.ts", "X", false, cipher[:255], nil},
		{"disguised transport stream", "a.jpg", "", false, ts, nil},
		{"disguised transport stream, cut", "a.jpg", "", false, ts[:len(ts)-5], errPackets},
		{"disguised, with a head", "a.jpg", "", false, append([]byte("\xff\xd8\xff\xe0"), ts...), nil},
		{"fMP4", "a.m4s", "", true, fmp4, nil},
		{"fMP4 under .ts", "a.ts", "", true, fmp4, nil},
		{"fMP4 under no name", "a", "", true, fmp4, nil},
		{"fMP4, cut", "a.m4s", "", true, fmp4[:len(fmp4)-1], errBoxCut},
		{"fMP4 with readable samples", "a.m4s", "SAMPLE-AES", true, fmp4[:len(fmp4)-1], errBoxCut},
		{"fMP4 with readable boxes", "a.m4s", "SAMPLE-AES-CTR", true, fmp4, nil},
		{"fMP4, encrypted", "a.m4s", "AES-128", true, cipher, nil},
		{"fMP4, encrypted, cut", "a.m4s", "AES-128", true, cipher[:255], errNotAES},
		{"cipher text under .m4s", "a.m4s", "", true, cipher, errNotBoxes},
		{"initialization section in place of a segment", "a.m4s", "", true, boxes("ftyp", "moov"), errNoMedia},
		{"transport stream with a section before it", "a.ts", "", true, ts, nil},
		{"audio without a container", "a.aac", "", true, cipher, nil},
		{"subtitles", "a.vtt", "", false, []byte("WEBVTT\n\n00:00.000 --> 00:02.000\nHi\n"), nil},
		{"page in place of subtitles", "a.vtt", "", false, page, errPage},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Segment{URI: c.uri, URL: mustURL(t, "http://h/"+c.uri), Keys: keysOf(c.method)}
			if c.hasMap {
				s.Map = &InitSection{}
			}
			if err := s.Plausible(c.body); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestShareable(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]bool{
		"a.ts": true, "a.TS": true, "seg": true, "seg.php?x=a.mp4": true, "a.jpg": true,
		"a.m4s": false, "a.mp4?x=.ts": false, "a.aac": false, "a.vtt": false, "a.cmfv": false,
	} {
		s := Segment{URL: mustURL(t, "http://h/"+uri)}
		if got := s.Shareable(); got != want {
			t.Errorf("%s: got %v", uri, got)
		}
		s.Range = &ByteRange{0, 1}
		if got := s.Shareable(); got != want {
			t.Errorf("%s: a byte range of it: got %v", uri, got)
		}
		s.Gap = true
		if s.Shareable() {
			t.Errorf("%s: a gap is shareable", uri)
		}
		s.Gap, s.Fault = false, errImplicit
		if s.Shareable() {
			t.Errorf("%s: what nobody can tell is shareable", uri)
		}
	}
	for uri, want := range map[string]bool{"a.m4s": true, "a.mp4": true, "a.cmfa": true, "a": true, "a.vtt": false, "a.aac": false} {
		s := Segment{URL: mustURL(t, "http://h/"+uri), Map: &InitSection{}}
		if got := s.Shareable(); got != want {
			t.Errorf("%s behind an initialization section: got %v", uri, got)
		}
	}
}

// proofLike is how much of a body is looked at before the rest is there.
const proofLike = 4 * tsPacket

func FuzzPlausible(f *testing.F) {
	f.Add("a.ts", "", packets(3))
	f.Add("a", "AES-128", []byte("\xef\xbb\xbf<html>"))
	f.Add("a.m4s", "", boxes("styp", "sidx", "moof", "mdat"))
	f.Add("a.m4s", "SAMPLE-AES", []byte("\x00\x00\x00\x01moof\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, name, method string, body []byte) {
		u, err := resolve(mustURL(t, testBase), name)
		if err != nil {
			return
		}
		for _, s := range []Segment{{URL: u}, {URL: u, Map: &InitSection{}}, {URL: u, Map: &InitSection{}, Range: &ByteRange{0, 1}}} {
			s.Keys = keysOf(method)
			if err := s.Plausible(body); err == nil && len(body) == 0 {
				t.Error("nothing is plausible")
			} else if err == nil && len(body) > proofLike && s.PlausibleHead(body[:proofLike]) != nil {
				t.Error("the whole is plausible, but its head is not")
			}
		}
	})
}
