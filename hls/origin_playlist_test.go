package hls

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestOriginPlaylist(t *testing.T) {
	t.Parallel()
	text := media("")
	big := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprint(z, "#EXTM3U\n"+strings.Repeat("#", 4*MaxPlaylist))
		_ = z.Close()
	}
	cutGzip := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprint(z, text)
		_ = z.Flush()
	}
	for _, c := range []struct {
		name   string
		serve  http.HandlerFunc
		base   string
		err    error
		status int
	}{
		{name: "plain", serve: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }, base: "http://h/a.m3u8?token=secret"},
		{name: "compressed", serve: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "gzip" {
				t.Error("gzip is not asked for")
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, text)
			_ = z.Close()
		}, base: "http://h/a.m3u8?token=secret"},
		{name: "redirected", serve: func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "h" {
				http.Redirect(w, r, "http://edge/session/b.m3u8", http.StatusFound)
				return
			}
			fmt.Fprint(w, text)
		}, base: "http://edge/session/b.m3u8"},
		{name: "redirected for ever", serve: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x?secret", http.StatusFound) }, err: ErrUnreachable},
		{name: "redirected to nonsense", serve: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://x:y/?secret", http.StatusFound)
		}, err: ErrUnreachable},
		{name: "redirected to a file", serve: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}, err: ErrUnreachable},
		{name: "page", serve: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>login</html>") }, err: ErrNotPlaylist},
		{name: "page behind a redirect", serve: func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "h" {
				http.Redirect(w, r, "http://portal.example/login?next=secret", http.StatusFound)
				return
			}
			fmt.Fprint(w, "<html>login</html>")
		}, err: ErrNotPlaylist},
		{name: "in pieces of unknown number", serve: func(w http.ResponseWriter, _ *http.Request) {
			for i := range len(text) {
				fmt.Fprint(w, text[i:i+1])
				_ = http.NewResponseController(w).Flush()
			}
		}, base: "http://h/a.m3u8?token=secret"},
		{name: "in parts although not asked", serve: partial(206, fmt.Sprintf("bytes 0-%d/%d", len(text)-1, len(text)), text), base: "http://h/a.m3u8?token=secret"},
		{name: "a part", serve: partial(206, "bytes 0-9/100", text[:10]), err: errAny},
		{name: "a part of nothing known", serve: partial(206, "", text), err: errAny},
		{name: "encoded as not asked", serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			fmt.Fprint(w, text)
		}, err: errAny},
		{name: "missing", serve: status(404), err: ErrGone, status: 404},
		{name: "not modified although not asked", serve: status(304), status: 304},
		{name: "cut", serve: cut, err: ErrCut},
		{name: "cut gzip", serve: cutGzip, err: ErrCut},
		{name: "gzip bomb", serve: big, err: ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := NewOrigin(OriginConfig{Transport: serve(t, c.serve)})
			defer o.Close()
			p, err := o.Playlist(t.Context(), mustURL(t, "http://h/a.m3u8?token=secret"), nil)
			checkError(t, err, c.err, c.status)
			if err == nil && (p.Base.String() != c.base || string(p.Text) != text) {
				t.Errorf("got %q relative to %s", p.Text, p.Base)
			}
		})
	}
}

// TestOriginConditional: an unchanged text is not sent again and gives the same
// playlist, unless redirects lead elsewhere now.
func TestOriginConditional(t *testing.T) {
	t.Parallel()
	var sent, asked atomic.Int32
	var edge atomic.Value
	edge.Store("/one/a.m3u8")
	o := NewOrigin(OriginConfig{Header: http.Header{"x-test": {"1"}}, Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a.m3u8" {
			http.Redirect(w, r, edge.Load().(string), http.StatusFound)
			return
		}
		asked.Add(1)
		if r.Header.Get("X-Test") != "1" || r.Header.Get("User-Agent") != DefaultUserAgent {
			t.Errorf("headers %v", r.Header)
		}
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent.Add(1)
		fmt.Fprint(w, media(""))
	}))})
	defer o.Close()
	fetch := func() *Playlist {
		p, err := o.Playlist(t.Context(), mustURL(t, "http://h/a.m3u8"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := fetch()
	if second := fetch(); second != first || sent.Load() != 1 || asked.Load() != 2 {
		t.Errorf("sent %d of %d times, same playlist: %v", sent.Load(), asked.Load(), second == first)
	}
	edge.Store("/two/a.m3u8")
	if third := fetch(); third.Media.Segments[0].URL.Path != "/two/last.ts" || sent.Load() != 1 {
		t.Errorf("segments at %s, sent %d times", third.Media.Segments[0].URL, sent.Load())
	}
}

// TestOriginImports: an unchanged text means something else with other
// variables of its master playlist.
func TestOriginImports(t *testing.T) {
	t.Parallel()
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, media("#EXT-X-DEFINE:IMPORT=\"a\"\n#EXTINF:2,\n{$a}.ts"))
	}))})
	defer o.Close()
	for _, want := range []string{"one", "one", "two"} {
		p, err := o.Playlist(t.Context(), mustURL(t, "http://h/a.m3u8"), Variables{"a": want})
		if err != nil || p.Media.Segments[0].URL.Path != "/"+want+".ts" {
			t.Errorf("%s: got %v, %v", want, p, err)
		}
	}
}

// TestOriginLastModified: a date of whole seconds says nothing of a text that
// may have changed again in the same second.
func TestOriginLastModified(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 1, 1, 0, 0, 10, 0, time.UTC)
	for age, want := range map[time.Duration]bool{0: false, time.Second: false, 2 * time.Second: true} {
		h := http.Header{
			"Date":          {now.Format(http.TimeFormat)},
			"Last-Modified": {now.Add(-age).Format(http.TimeFormat)},
		}
		if r, ok := remember(&Playlist{}, h); ok != want || (r.lastModified != "") != want {
			t.Errorf("%v old: used is %v", age, ok)
		}
	}
}

func TestRecentIsBounded(t *testing.T) {
	t.Parallel()
	r := newRecent[int](10)
	for i := range 30 {
		r.put(fmt.Sprint(i), i)
		if _, ok := r.get("0"); !ok {
			t.Fatal("what is used all the time was forgotten")
		}
		if got, ok := r.get(fmt.Sprint(i)); !ok || got != i {
			t.Fatalf("%d is %d, %v", i, got, ok)
		}
	}
	if len(r.values) != 10 {
		t.Errorf("%d values", len(r.values))
	}
	r.put("0", 7)
	if got, _ := r.get("0"); got != 7 || len(r.values) != 10 {
		t.Errorf("replaced: %d, %d values", got, len(r.values))
	}
	r.drop("0")
	if _, ok := r.get("0"); ok {
		t.Error("what was dropped is there")
	}
}

func TestOriginPlaylistTotal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for pause(r.Context(), time.Second) {
				fmt.Fprint(w, "#")
				_ = http.NewResponseController(w).Flush()
			}
		}))})
		defer o.Close()
		began := time.Now()
		_, err := o.Playlist(t.Context(), mustURL(t, "http://h/a.m3u8"), nil)
		if !errors.Is(err, ErrSourceTimeout) || errors.Is(err, ErrNoProgress) || time.Since(began) != DefaultTotal {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}
