package hls

import (
	"errors"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://user:pass@h.example:8443/a%2Fb/c.ts?token=1#x": "https://h.example:8443/a%2Fb/c.ts",
		"ws://h/ws?key=1":  "ws://h/ws",
		"relative?secret=": "relative",
	} {
		if got := Redact(mustURL(t, raw)); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
	if got := Redact(nil); got != "" {
		t.Errorf("nil: got %q", got)
	}
}

func TestScrub(t *testing.T) {
	t.Parallel()
	got := scrub(`Get "https://me:pw@h/a.ts?token=abc": parse "b?x=1#frag": failed`)
	if want := `Get "https://h/a.ts": parse "b": failed`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	base := mustURL(t, "http://h/dir/list.m3u8?q")
	for raw, want := range map[string]string{
		"a.ts":            "http://h/dir/a.ts",
		"50%.ts":          "http://h/dir/50%25.ts",
		"%zz%20.ts":       "http://h/dir/%25zz%20.ts",
		"1:2.ts":          "http://h/dir/1:2.ts",
		"x_1:2/3:4.ts":    "http://h/dir/x_1:2/3:4.ts",
		"HTTPS://o/a.ts":  "https://o/a.ts",
		"/../../b.ts":     "http://h/b.ts",
		"data:,x":         "data:,x",
		"https://o/%.ts?": "https://o/%25.ts?",
	} {
		u, err := resolve(base, raw)
		if err != nil || u.String() != want {
			t.Errorf("%s: got %v, %v, want %s", raw, u, err, want)
		}
	}
	for _, raw := range []string{"a\nb", "http://[::1/", "http://h:port/?token=secret"} {
		if u, err := resolve(base, raw); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v, %v", raw, u, err)
		}
	}
}

func TestRenditionID(t *testing.T) {
	t.Parallel()
	a := RenditionID(mustURL(t, "https://h/v/720.m3u8?token=1"))
	if b := RenditionID(mustURL(t, "https://h/v/720.m3u8?token=2")); a != b {
		t.Errorf("another token made another id: %s, %s", a, b)
	}
	if b := RenditionID(mustURL(t, "https://h/v/360.m3u8?token=1")); a == b {
		t.Error("two renditions have one id")
	}
	if strings.Trim(string(a), "0123456789abcdef") != "" || len(a) != 16 {
		t.Errorf("id %q", a)
	}
}

func TestBaseName(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"http://h":                             "segment.ts",
		"http://h/a/":                          "segment.ts",
		"http://h/a/..":                        "segment.ts",
		"http://h/a/b":                         "b.ts",
		"http://h/a/b.mp4?x=/c.ts":             "b.mp4",
		"http://h/" + strings.Repeat("x", 200): "segment.ts",
		"http://h/" + strings.Repeat("x", 200) + ".a": "segment.a",
		"http://h/a%22b.ts":                           "a%22b.ts",
	} {
		if got := mediaName(mustURL(t, raw), "segment.ts"); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestStatusErrorIsGone(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]bool{404: true, 410: true, 403: false, 500: false} {
		if got := errors.Is(&StatusError{code}, ErrGone); got != want {
			t.Errorf("%d: gone is %v", code, got)
		}
	}
	if !errors.Is(ErrNoProgress, ErrSourceTimeout) {
		t.Error("no progress is no timeout")
	}
}
