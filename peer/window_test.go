package peer

import (
	"context"
	"fmt"
	"net/url"
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
