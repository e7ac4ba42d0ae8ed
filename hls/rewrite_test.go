package hls

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestRewriteKeepsTheRest replaces every reference by a mark, and every mark by
// what was written there: that must give the text again.
func TestRewriteKeepsTheRest(t *testing.T) {
	t.Parallel()
	for name, text := range playlists(t) {
		t.Run(name, func(t *testing.T) { checkRewrite(t, text) })
	}
}

func FuzzRewrite(f *testing.F) {
	for _, text := range playlists(f) {
		f.Add(text)
	}
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:A=\"x,URI=y\",URI=z,URI=\"w\"\n#EXTINF:1,\n0"))
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-DATERANGE:X-ASSET-LIST=\"b\",X-ASSET-URI=a\n#EXT-X-DEFINE:NAME=\"b\",VALUE=\"?{$b}\"\n#EXT-X-DATERANGE:X-ASSET-URI=\"{$b}\"\n"))
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP: URI = \"unclosed\n#EXTINF:1,\n0"))
	f.Fuzz(checkRewrite)
}

func checkRewrite(t *testing.T, text []byte) {
	p, err := Parse(text, mustURL(t, testBase), testImports)
	if err != nil {
		return
	}
	var marks []string
	marked := p.Rewrite(func(r Ref) string {
		marks = append(marks, fmt.Sprintf("\x00%d\x00", len(marks)), r.Raw)
		return marks[len(marks)-2]
	})
	if got := strings.NewReplacer(marks...).Replace(string(marked)); len(marks) > 0 && !bytes.Contains(text, []byte{0}) && got != string(text) {
		t.Fatalf("rewritten back:\n%q\nwant\n%q", got, text)
	}
	if got := p.Rewrite(func(r Ref) string { return r.Raw }); !bytes.Equal(got, text) {
		t.Fatalf("rewritten to itself:\n%q\nwant\n%q", got, text)
	}
	for _, id := range []TrackID{"", "0123456789abcdef"} {
		checkPlayerText(t, p, id)
	}
}

// checkPlayerText reads what players get as a player does: every URI in it must
// lead back to the URL that the source meant.
func checkPlayerText(t *testing.T, p *Playlist, id TrackID) {
	v := view{track: id}
	own := "http://127.0.0.1:8090/name/index.m3u8"
	if id != "" {
		own = "http://127.0.0.1:8090/name/" + string(id) + "/index.m3u8"
	}
	text := v.render(p).data
	if len(text) > MaxPlaylist {
		return
	}
	again, err := Parse(text, mustURL(t, own), nil)
	if err != nil {
		t.Fatalf("players get what cannot be read: %v\n%q", err, text)
	}
	if len(again.refs) != len(p.refs) {
		t.Fatalf("%d references became %d:\n%q", len(p.refs), len(again.refs), text)
	}
	at, atAgain := 0, 0
	for i, r := range p.refs {
		if got := again.refs[i]; !bytes.Equal(p.Text[at:r.start], text[atAgain:got.start]) {
			t.Fatalf("before %q: %q became %q", r.Raw, p.Text[at:r.start], text[atAgain:got.start])
		}
		at, atAgain = r.end, again.refs[i].end
		if r.Kind == RefAsset {
			if got, want := again.refs[i].URL, inText.Replace(r.URL.String()); inText.Replace(got.String()) != want {
				t.Fatalf("asset %s became %s", r.URL, got)
			}
			continue
		}
		a, ok := parsePath(again.refs[i].URL.EscapedPath())
		if !ok || a.mount != "name" {
			t.Fatalf("%q became %q, which is no path of ours", r.Raw, again.refs[i].Raw)
		}
		switch r.Kind {
		case RefSegment:
			ok = leadsToSegment(&v, a, p.Media.segment(r.SN)) && TrackID(strings.TrimPrefix(a.track, topTrack)) == id
		case RefPlaylist:
			ok = a.sn < 0 && a.token == "" && a.track != topTrack
		default:
			n, known := v.lookup(a.token)
			ok = known && !a.segments && n.kind == r.Kind && n.url.String() == r.URL.String()
		}
		if !ok {
			t.Fatalf("%s %q became %q", r.Kind, r.Raw, again.refs[i].Raw)
		}
	}
	if !bytes.Equal(p.Text[at:], text[atAgain:]) {
		t.Fatalf("the end %q became %q", p.Text[at:], text[atAgain:])
	}
}

// leadsToSegment says whether a path is that of the segment. That of a byte
// range is its file's, in which the range finds the segment again.
func leadsToSegment(v *view, a address, s *Segment) bool {
	if s.Range == nil && s.Fault == nil {
		return a.sn == s.SN
	}
	n, known := v.lookup(a.token)
	if !known || !a.segments || n.kind != RefSegment || n.url.String() != s.URL.String() {
		return false
	}
	if s.Fault != nil {
		return true
	}
	found, ok := v.part(n.url, span{s.Range.Offset, s.Range.end() - 1})
	return ok && found.URL.String() == s.URL.String() && found.Range.Offset <= s.Range.Offset && found.Range.end() >= s.Range.end()
}

// asked notes what a source is asked for and has it all.
type asked struct{ urls []string }

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	u := *r.URL
	u.Fragment = "" // is not sent
	a.urls = append(a.urls, u.String())
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(`{"x":1}`))}, nil
}

// TestLeadsBack follows each URI that players get through the proxy to the
// source, which must be asked for the one that it wrote there.
func TestLeadsBack(t *testing.T) {
	t.Parallel()
	for name, text := range playlists(t) {
		p, err := Parse(text, mustURL(t, testBase), testImports)
		if err != nil {
			continue
		}
		source := &asked{}
		o := NewOrigin(OriginConfig{Transport: source})
		proxy := NewProxy(ProxyConfig{}, o)
		proxy.Mount("ch", "", fakeChannel{"": &fakeTrack{playlist: p}}) // and no segments
		own := mustURL(t, "http://localhost/ch/index.m3u8?"+p.query.Encode())
		again, err := Parse(followed(t, proxy, own).Body.Bytes(), own, testImports)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, r := range again.refs {
			if r.Kind == RefPlaylist || r.Kind == RefAsset {
				continue // another track, or past the proxy
			}
			source.urls = nil
			want := *p.refs[i].URL
			want.Fragment = ""
			w := followed(t, proxy, r.URL)
			if kept := len(source.urls) == 0 && (r.Kind == RefKey || r.Kind == RefMap); w.Code != 200 || !kept && !slices.Equal(source.urls, []string{want.String()}) {
				t.Errorf("%s: %q became %q: got %d, the source was asked for %q", name, p.refs[i].Raw, r.Raw, w.Code, source.urls)
			}
		}
	}
}

func followed(t *testing.T, proxy *Proxy, u *url.URL) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	proxy.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", u.String(), nil))
	return w
}
