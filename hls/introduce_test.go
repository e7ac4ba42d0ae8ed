package hls

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestHeaderHosts: what the configured headers may tell, only the configured
// hosts are told, wherever playlists and redirects lead.
func TestHeaderHosts(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string]string{} // headers by host and path
	o := NewOrigin(OriginConfig{
		Header: http.Header{
			"authorization": {"Bearer x"}, "x-token": {"t"}, "Cookie": {"a=1"}, "Referer": {"http://page/"}, "User-Agent": {"own"},
		},
		HeaderHosts: []string{"tv.example:8080", "other.example"},
		Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			h := r.Header
			got[r.Host+r.URL.Path] = h.Get("Authorization") + "|" + h.Get("X-Token") + "|" + h.Get("Cookie") + "|" + h.Get("Referer") + "|" + h.Get("User-Agent")
			if to := r.URL.Query().Get("to"); to != "" {
				http.Redirect(w, r, to, http.StatusFound)
				return
			}
			fmt.Fprint(w, media(""))
		})),
	})
	defer o.Close()
	const all, little = "Bearer x|t|a=1|http://page/|own", "|||http://page/|own"
	for _, u := range []string{
		"http://tv.example:8080/a", "http://TV.example/b", "http://sub.tv.example/c", "http://cdn.example/d", "http://eviltv.example/e",
		"http://tv.example/f?to=http://cdn.example/f", "http://cdn.example/g?to=http://other.example/g",
		"http://tv.example/h?to=http://sub.tv.example/h", "http://tv.example/i?to=//cdn.example/i%3Fto=http://tv.example/i2",
	} {
		if _, err := o.Playlist(t.Context(), mustURL(t, u), nil); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
	for address, want := range map[string]string{
		"tv.example:8080/a": all, "TV.example/b": all, "sub.tv.example/c": all, "cdn.example/d": little, "eviltv.example/e": little,
		"tv.example/f": all, "cdn.example/f": little, "cdn.example/g": little, "other.example/g": all, "sub.tv.example/h": all,
		"cdn.example/i": little, "tv.example/i2": all,
	} {
		if got[address] != want {
			t.Errorf("%s got %q, want %q", address, got[address], want)
		}
	}
}

// TestRedirectKeepsSecrets: the address that led somewhere is nobody's business
// there. What the request itself is about goes on.
func TestRedirectKeepsSecrets(t *testing.T) {
	t.Parallel()
	o := NewOrigin(OriginConfig{Header: http.Header{"range": {"bytes=1-"}}, Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "h" {
			http.Redirect(w, r, "http://edge/", http.StatusFound)
			return
		}
		if r.Header.Get("Referer") != "" || r.Header.Get("Range") != "bytes=5-" {
			t.Errorf("headers %v", r.Header)
		}
		honest(w, r)
	}))})
	defer o.Close()
	got := sink{}
	if err := o.Segment(t.Context(), Segment{URL: mustURL(t, "http://h/a.ts?token=secret")}, 5, &got); err != nil || got.String() != whole[5:] {
		t.Errorf("got %q, %v", got.String(), err)
	}
}

// TestCookies: a session that the playlist hands out is shown with the
// segments, and to nobody else.
func TestCookies(t *testing.T) {
	t.Parallel()
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".m3u8") {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
			fmt.Fprint(w, media(""))
			return
		}
		if known := r.Header.Get("Cookie") == "session=1"; known != (r.Host == "h") {
			t.Errorf("%s got %v", r.Host, r.Header)
		}
		honest(w, r)
	}))})
	defer o.Close()
	if _, err := o.Playlist(t.Context(), mustURL(t, "http://h/a.m3u8"), nil); err != nil {
		t.Fatal(err)
	}
	for _, u := range []string{"http://h/a.ts", "http://other/a.ts"} {
		if err := o.Segment(t.Context(), Segment{URL: mustURL(t, u)}, 0, &sink{}); err != nil {
			t.Error(err)
		}
	}
}

func TestJarIsBounded(t *testing.T) {
	t.Parallel()
	j := newJar()
	u := mustURL(t, "http://h/")
	for i := range 3 * maxCookies {
		j.SetCookies(u, []*http.Cookie{{Name: fmt.Sprint("c", i), Value: "1"}, {Name: "same", Value: "1"}})
	}
	if n := len(j.Cookies(u)); n == 0 || n > maxCookies || len(j.names) > maxCookies {
		t.Errorf("%d cookies, %d names", n, len(j.names))
	}
	j.empty()
	j.SetCookies(u, []*http.Cookie{{Name: "large", Value: strings.Repeat("x", maxCookieSize)}, {Name: "small", Value: "1"}})
	if got := j.Cookies(u); len(got) != 1 || got[0].Name != "small" {
		t.Errorf("got %v", got)
	}
}
