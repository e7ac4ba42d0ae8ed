package peer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/cache"
	"hlspeer/datachannel"
	"hlspeer/hls"
)

// media is a live playlist with segments first to last of 2 s each.
func media(first, last hls.SN) *hls.Media {
	m := &hls.Media{TargetDuration: 2 * time.Second, Sequence: first}
	for sn := first; sn <= last; sn++ {
		uri := fmt.Sprintf("s%d.ts", sn)
		m.Segments = append(m.Segments, hls.Segment{
			SN: sn, URI: uri, URL: &url.URL{Scheme: "http", Host: "source", Path: "/" + uri}, Duration: 2 * time.Second,
		})
	}
	return m
}

func TestWindowUpdate(t *testing.T) {
	w := newWindow(cache.NewRing(cache.NewBudget(1<<20), 1<<20))
	steps := []struct {
		name        string
		first, last hls.SN
		fresh       []hls.SN
		reset       bool
	}{
		{"first playlist", 10, 15, []hls.SN{10, 11, 12, 13, 14, 15}, false},
		{"same again", 10, 15, nil, false},
		{"moved by two", 12, 17, []hls.SN{16, 17}, false},
		{"an older answer of another edge server", 11, 16, nil, false},
		{"newest again", 12, 17, nil, false},
		{"the source began anew", 0, 5, []hls.SN{0, 1, 2, 3, 4, 5}, true},
		{"and goes on", 1, 6, []hls.SN{6}, false},
	}
	for i, s := range steps {
		c := w.update(media(s.first, s.last), time.Duration(i)*time.Second)
		if got := fmt.Sprint(snsOf(c.fresh)); got != fmt.Sprint(s.fresh) && len(c.fresh)+len(s.fresh) > 0 {
			t.Errorf("%s: fresh %v, want %v", s.name, got, s.fresh)
		}
		if c.reset != s.reset {
			t.Errorf("%s: reset %v, want %v", s.name, c.reset, s.reset)
		}
	}
	if _, ok := w.segment(12); ok {
		t.Error("a segment from before the reset is still known")
	}
}

func TestWindowForgets(t *testing.T) {
	w := newWindow(cache.NewRing(cache.NewBudget(1<<20), 1<<20))
	for sn := range hls.SN(1000) {
		w.update(media(sn, sn+5), time.Duration(sn)*2*time.Second)
	}
	if n := len(w.bySN); n > 20 || len(w.byName) != n {
		t.Errorf("%d entries and %d names after 1000 playlists of 6, want at most 20 of each", n, len(w.byName))
	}
	if _, ok, _ := w.find("s10.ts", -1); ok {
		t.Error("s10.ts is still known by name")
	}
}

func TestWindowTimeline(t *testing.T) {
	w := newWindow(cache.NewRing(cache.NewBudget(1<<20), 1<<20))
	w.update(media(0, 5), 10*time.Second)
	w.update(media(1, 6), 12*time.Second)
	for sn, want := range map[hls.SN]time.Duration{3: 6 * time.Second, 5: 10 * time.Second, 6: 12 * time.Second} {
		if e, _ := w.segment(sn); e.at != want {
			t.Errorf("sn %d is at %v, want %v", sn, e.at, want)
		}
	}
}

func TestWindowFind(t *testing.T) {
	w := newWindow(cache.NewRing(cache.NewBudget(1<<20), 1<<20))
	w.update(media(3, 8), 0)
	tests := []struct {
		name string
		uri  string
		sn   hls.SN
		want hls.SN
		ok   bool
	}{
		{"case 13: only url", "s5.ts", -1, 5, true},
		{"case 14: url wins over sn", "s5.ts", 7, 5, true},
		{"case 15: only sn", "", 7, 7, true},
		{"case 15: unknown sn", "", 99, 0, false},
		{"case 16: differs in the query", "s5.ts?x", 5, 0, false},
		{"neither", "", -1, 0, false},
	}
	for _, tt := range tests {
		e, ok, _ := w.find(tt.uri, tt.sn)
		if ok != tt.ok || e.SN != tt.want {
			t.Errorf("%s: %d %v, want %d %v", tt.name, e.SN, ok, tt.want, tt.ok)
		}
	}
}

func TestWindowRenamed(t *testing.T) {
	w := newWindow(cache.NewRing(cache.NewBudget(1<<20), 1<<20))
	w.update(media(0, 5), 0)
	m := media(0, 5)
	m.Segments[5].URI = "other.ts"
	w.update(m, 0)
	if _, ok, _ := w.find("s5.ts", -1); ok {
		t.Error("the former name of a segment is still known")
	}
	if e, ok, _ := w.find("other.ts", -1); !ok || e.SN != 5 {
		t.Error("the new name is not known")
	}
}

// TestWindowNames: byte ranges of one file have names of their own, and the file
// has none; one name for two segments is told apart by sn.
func TestWindowNames(t *testing.T) {
	w := newWindow(cache.NewRing(cache.NewBudget(1<<20), 1<<20))
	m := media(0, 5)
	for i := range m.Segments {
		m.Segments[i].URI = "all.ts"
		m.Segments[i].Range = &hls.ByteRange{Offset: int64(i) * 188, Length: 188}
	}
	m.Segments[4].Range = m.Segments[3].Range
	m.Segments[5].URI = strings.Repeat("x", datachannel.MaxURL)
	w.update(m, 0)
	for _, tt := range []struct {
		name string
		sn   hls.SN
		want hls.SN
		ok   bool
	}{
		{"all.ts", 2, 0, false},
		{"all.ts\n188@376", -1, 2, true},
		{"all.ts\n188@376", 1, 2, true},
		{"all.ts\n188@564", 3, 3, true},
		{"all.ts\n188@564", 4, 4, true},
		{"", 2, 2, true},
	} {
		if e, ok, _ := w.find(tt.name, tt.sn); ok != tt.ok || e.SN != tt.want {
			t.Errorf("%q, sn %d: %d %v, want %d %v", tt.name, tt.sn, e.SN, ok, tt.want, tt.ok)
		}
	}
	if e, _ := w.segment(5); e.travels() || e.name != "" {
		t.Error("a name that is too long for the wire is used")
	}
}

// TestWindowReplaced: bytes that are no longer those of their number leave the
// ring in the moment in which the window says so; bytes that merely have
// another address stay.
func TestWindowReplaced(t *testing.T) {
	began := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	uris := func(form string, first int64) func(m *hls.Media) {
		return func(m *hls.Media) {
			for i := range m.Segments {
				s := &m.Segments[i]
				s.URI = fmt.Sprintf(form, first+int64(i))
				s.URL, _ = url.Parse("http://source/" + s.URI)
			}
		}
	}
	dates := func(shift time.Duration) func(m *hls.Media) {
		return func(m *hls.Media) {
			for i := range m.Segments {
				m.Segments[i].ProgramDateTime = began.Add(shift + time.Duration(m.Segments[i].SN)*2*time.Second)
			}
		}
	}
	ranges := func(offset int64) func(m *hls.Media) {
		return func(m *hls.Media) {
			for i := range m.Segments {
				m.Segments[i].URI, m.Segments[i].URL = "all.ts", &url.URL{Scheme: "http", Host: "source", Path: "/all.ts"}
				m.Segments[i].Range = &hls.ByteRange{Offset: offset + int64(i)*188, Length: 188}
			}
		}
	}
	fault := func(m *hls.Media) {
		ranges(0)(m)
		m.Segments[0].Range, m.Segments[0].Fault = nil, errors.New("no beginning")
	}
	host := func(m *hls.Media) {
		m.Segments[2].URL, _ = url.Parse("http://other/s12.ts")
		m.Segments[2].URI = "http://other/s12.ts"
	}
	one := func(m *hls.Media) {
		m.Segments[2].URI = "ad.ts"
		m.Segments[2].URL, _ = url.Parse("http://source/ad.ts")
	}
	for name, tt := range map[string]struct {
		before, after func(*hls.Media)
		first, last   hls.SN // of the list after
		replaced      []hls.SN
		fresh         []hls.SN
		reset         bool
		left          []cache.SN // of 10 to 15, in the ring
	}{
		"nothing":                       {dates(0), dates(0), 10, 15, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
		"another token":                 {uris("s%d.ts?t=1", 10), uris("s%d.ts?t=2", 10), 10, 15, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
		"another host":                  {nil, host, 10, 15, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
		"dates that drift":              {dates(0), dates(time.Second), 10, 15, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
		"a range without a beginning":   {ranges(0), fault, 10, 15, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
		"one of another name":           {nil, one, 10, 15, []hls.SN{12}, []hls.SN{12}, false, []cache.SN{10, 11, 13, 14, 15}},
		"only the query tells":          {uris("seg.php?n=%d", 10), uris("seg.php?n=%d", 0), 14, 19, []hls.SN{14, 15}, []hls.SN{14, 15, 16, 17, 18, 19}, false, []cache.SN{10, 11, 12, 13}},
		"other ranges of the file":      {ranges(0), ranges(94), 14, 19, []hls.SN{14, 15}, []hls.SN{14, 15, 16, 17, 18, 19}, false, []cache.SN{10, 11, 12, 13}},
		"same names, later dates":       {dates(0), dates(time.Hour), 14, 19, []hls.SN{14, 15}, []hls.SN{14, 15, 16, 17, 18, 19}, false, []cache.SN{10, 11, 12, 13}},
		"moves under numbers that stay": {ranges(0), ranges(188), 10, 15, []hls.SN{10, 11, 12, 13, 14, 15}, []hls.SN{15}, false, nil},
		"back to numbers in use":        {dates(0), dates(time.Hour), 8, 12, nil, []hls.SN{8, 9, 10, 11, 12}, true, nil},
		"back to the beginning":         {nil, nil, 0, 3, nil, []hls.SN{0, 1, 2, 3}, true, nil},
		"an older answer":               {dates(0), dates(0), 8, 12, nil, nil, false, []cache.SN{10, 11, 12, 13, 14, 15}},
	} {
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

func TestWindowWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(cache.NewRing(cache.NewBudget(1<<20), 1<<20))
		w.update(media(0, 5), 0)
		go func() {
			time.Sleep(time.Second) // in the bubble's time
			w.update(media(1, 6), 0)
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		if e, ok := w.wait(ctx, "s6.ts", 6); !ok || e.SN != 6 || time.Since(began) != time.Second {
			t.Errorf("got %d %v after %v, want 6 after 1s", e.SN, ok, time.Since(began))
		}
		if _, ok := w.wait(ctx, "s7.ts", 7); ok || time.Since(began) != 2*time.Second {
			t.Errorf("found s7.ts, or gave up after %v in place of 2s", time.Since(began))
		}
	})
}
