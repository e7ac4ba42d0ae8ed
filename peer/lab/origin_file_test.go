package lab

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"hlspeer/hls"
)

// TestForms: every rendition's playlist leads to the true segments, which are
// what they claim to be, and to the section before them.
func TestForms(t *testing.T) {
	t.Parallel()
	o := originAt(time.Minute, OriginConfig{BitRate: 400_000})
	for rendition, f := range forms {
		response := get(t, o, playlistPath(rendition))
		base := &url.URL{Scheme: "http", Host: "h", Path: playlistPath(rendition)}
		p, err := hls.Parse(bodyOf(t, response), base, nil)
		if err != nil {
			t.Errorf("%s: %v", rendition, err)
			continue
		}
		for _, s := range p.Media.Segments {
			var headers []string
			if s.Range != nil {
				headers = []string{"Range", fmt.Sprintf("bytes=%d-%d", s.Range.Offset, s.Range.Offset+s.Range.Length-1)}
			}
			body := bodyOf(t, get(t, o, s.URL.Path, headers...))
			if !bytes.Equal(body, o.Segment(rendition, int64(s.SN))) {
				t.Errorf("%s: segment %d has %d bytes, want others", rendition, s.SN, len(body))
			}
			if err := s.Plausible(body); err != nil || s.Shareable() == f.text {
				t.Errorf("%s: segment %d: shareable %v, %v", rendition, s.SN, s.Shareable(), err)
			}
			if s.Map == nil {
				continue
			}
			section := bodyOf(t, get(t, o, s.Map.URL.Path, "Range", "bytes=0-1333"))
			if !bytes.Equal(section, o.clip.init) || s.Plausible(section) == nil {
				t.Errorf("%s: the initialization section has %d bytes", rendition, len(section))
			}
		}
		if first := p.Media.Segments[0]; (first.Range != nil) != (f.file != "" || f.frame > 0) || (first.Map != nil) != f.iso {
			t.Errorf("%s: its first segment is %+v", rendition, first)
		}
	}
	asked := o.Requests().BySegment
	for rendition := range forms {
		want := int64(1)
		switch rendition {
		case RenditionMain:
			want = 2
		case RenditionFrames:
			want = 0 // it is the main rendition that is asked
		}
		if n := asked[SegmentKey{rendition, 29}]; n != want {
			t.Errorf("segment 29 of %q was counted %d times", rendition, n)
		}
	}
}

// TestFileGrows: what is beyond the newest segment is not there yet.
func TestFileGrows(t *testing.T) {
	t.Parallel()
	o := originAt(20*time.Second, OriginConfig{})
	end := o.offset(RenditionRanges, 10)
	if r := get(t, o, "/ranges/all.ts", "Range", fmt.Sprintf("bytes=%d-", end)); r.StatusCode != http.StatusNotFound {
		t.Errorf("status %d beyond the end", r.StatusCode)
	}
	var want []byte
	for sn := range int64(10) {
		want = append(want, o.Segment(RenditionRanges, sn)...)
	}
	if got := bodyOf(t, get(t, o, "/ranges/all.ts", "Range", "bytes=0-")); !bytes.Equal(got, want) {
		t.Errorf("the file has %d bytes, want the %d of ten segments", len(got), len(want))
	}
	for _, path := range []string{"/ranges/other.ts", "/ranges/seg-3.ts", "/fmp4/all.mp4", "/fmp4/seg-3.ts"} {
		if r := get(t, o, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
	}
}
