package peer

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"hlspeer/cache"
	"hlspeer/hls"
)

// What lists of [media] may be changed to.
var (
	noon   = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	asURIs = func(form string, first int64) func(m *hls.Media) {
		return func(m *hls.Media) {
			for i := range m.Segments {
				s := &m.Segments[i]
				s.URI = fmt.Sprintf(form, first+int64(i))
				s.URL, _ = url.Parse("http://source/" + s.URI)
			}
		}
	}
	asDates = func(shift time.Duration) func(m *hls.Media) {
		return func(m *hls.Media) {
			for i := range m.Segments {
				m.Segments[i].ProgramDateTime = noon.Add(shift + time.Duration(m.Segments[i].SN)*2*time.Second)
			}
		}
	}
	asRanges = func(offset int64) func(m *hls.Media) {
		return func(m *hls.Media) {
			for i := range m.Segments {
				m.Segments[i].URI, m.Segments[i].URL = "all.ts", &url.URL{Scheme: "http", Host: "source", Path: "/all.ts"}
				m.Segments[i].Range = &hls.ByteRange{Offset: offset + int64(i)*188, Length: 188}
			}
		}
	}
	asFault = func(m *hls.Media) {
		asRanges(0)(m)
		m.Segments[0].Range, m.Segments[0].Fault = nil, errors.New("no beginning")
	}
	asHost = func(m *hls.Media) {
		m.Segments[2].URL, _ = url.Parse("http://other/s12.ts")
		m.Segments[2].URI = "http://other/s12.ts"
	}
	asOne = func(m *hls.Media) {
		m.Segments[2].URI = "ad.ts"
		m.Segments[2].URL, _ = url.Parse("http://source/ad.ts")
	}
)

// replacements are a list, the one after it, and what becomes of the ring.
var replacements = map[string]struct {
	before, after func(*hls.Media)
	first, last   hls.SN // of the list after
	replaced      []hls.SN
	fresh         []hls.SN
	reset         bool
	left          []cache.SN // of 10 to 15, in the ring
}{
	"nothing":                       {asDates(0), asDates(0), 10, 15, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
	"another token":                 {asURIs("s%d.ts?t=1", 10), asURIs("s%d.ts?t=2", 10), 10, 15, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
	"another host":                  {nil, asHost, 10, 15, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
	"dates that drift":              {asDates(0), asDates(time.Second), 10, 15, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
	"a range without a beginning":   {asRanges(0), asFault, 10, 15, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
	"one of another name":           {nil, asOne, 10, 15, []hls.SN{12}, []hls.SN{12}, false, []cache.SN{10, 11, 13, 14, 15}},
	"only the query tells":          {asURIs("seg.php?n=%d", 10), asURIs("seg.php?n=%d", 0), 14, 19, []hls.SN{14, 15}, []hls.SN{14, 15, 16, 17, 18, 19}, false, []cache.SN{10, 11, 12, 13}},
	"other ranges of the file":      {asRanges(0), asRanges(94), 14, 19, []hls.SN{14, 15}, []hls.SN{14, 15, 16, 17, 18, 19}, false, []cache.SN{10, 11, 12, 13}},
	"same names, later dates":       {asDates(0), asDates(time.Hour), 14, 19, []hls.SN{14, 15}, []hls.SN{14, 15, 16, 17, 18, 19}, false, []cache.SN{10, 11, 12, 13}},
	"moves under numbers that stay": {asRanges(0), asRanges(188), 10, 15, []hls.SN{10, 11, 12, 13, 14, 15}, []hls.SN{15}, false, nil},
	"back to numbers in use":        {asDates(0), asDates(time.Hour), 8, 12, nil, []hls.SN{8, 9, 10, 11, 12}, true, nil},
	"back to the beginning":         {nil, nil, 0, 3, nil, []hls.SN{0, 1, 2, 3}, true, nil},
	"an older answer":               {asDates(0), asDates(0), 8, 12, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
}

// TestWindowReplaced: bytes that are no longer those of their number leave the
// ring in the moment in which the window says so; bytes that merely have
// another address stay.
func TestWindowReplaced(t *testing.T) {
	for name, tt := range replacements {
		ring := cache.NewRing(cache.NewBudget(1<<20), 1<<20)
		w := newWindow(ring)
		before, after := media(10, 15), media(tt.first, tt.last)
		for m, change := range map[*hls.Media]func(*hls.Media){before: tt.before, after: tt.after} {
			if change != nil {
				change(m)
			}
		}
		w.update(before, 0)
		for sn := range cache.SN(6) {
			ring.Open(10 + sn)
		}
		c := w.update(after, time.Minute)
		if got := snsOf(c.fresh); !slices.Equal(c.replaced, tt.replaced) || !slices.Equal(got, tt.fresh) || c.reset != tt.reset {
			t.Errorf("%s: replaced %v, fresh %v, reset %v", name, c.replaced, got, c.reset)
		}
		var left []cache.SN
		for _, s := range ring.Segments() {
			left = append(left, s.SN())
		}
		if !slices.Equal(left, tt.left) {
			t.Errorf("%s: the ring holds %v", name, left)
		}
		for name, sn := range w.byName {
			if e, ok := w.bySN[sn]; !ok || e.name != name {
				t.Errorf("%s: %q stands for %d, which is %q", name, name, sn, e.name)
			}
		}
	}
}
