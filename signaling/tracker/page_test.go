package tracker

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hlspeer/signaling"
)

// fromHere asks as a browser on this machine does.
func fromHere(t *testing.T, request string, headers ...string) *http.Request {
	t.Helper()
	return asked(t, request, "127.0.0.1:5000", "localhost:7070", headers...)
}

// TestPageHeaders: what a page may load and who may show it.
func TestPageHeaders(t *testing.T) {
	t.Parallel()
	h := serverWith(t, testToken)
	for _, r := range []*http.Request{fromHere(t, "/"), fromHere(t, "/page/main.js"), asked(t, "/", "192.0.2.1:1", "h")} {
		header := answer(h, r).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": "",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", r.URL, name, got, want)
			}
		}
		policy := header.Get("Content-Security-Policy")
		for _, want := range []string{
			"default-src 'none';", "script-src 'self';", "style-src 'self';", "img-src 'self' data:;",
			"form-action 'self';", "base-uri 'none';", "frame-ancestors 'none'",
		} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: no %q in %q", r.URL, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: %q", r.URL, policy)
		}
	}
	if got := pagePolicy("localhost:7070"); !strings.Contains(got, "connect-src 'self' ws://localhost:7070 wss://localhost:7070;") {
		t.Error(got)
	}
	for _, host := range []string{"a; script-src *", "a b", "a,b", "*", "'x'", ""} {
		if got := pagePolicy(host); !strings.Contains(got, "connect-src 'self';") {
			t.Errorf("host %q: %s", host, got)
		}
	}
}

// TestPageFiles: all of them are built in and are sent as what they are.
func TestPageFiles(t *testing.T) {
	t.Parallel()
	h := serverWith(t, "")
	entries, err := os.ReadDir("page")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile("page/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		path := "/page/" + e.Name()
		if strings.HasSuffix(path, ".html") {
			if w := answer(h, fromHere(t, path)); w.Code != 404 {
				t.Errorf("%s by its name: %d", path, w.Code)
			}
			if path = "/"; e.Name() != pageIndex {
				continue
			}
		}
		w := answer(h, fromHere(t, path))
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), text) || w.Header().Get("Content-Type") == "" {
			t.Errorf("%s: %d, %d bytes, %v", path, w.Code, w.Body.Len(), w.Header())
		}
		if w := answer(h, fromHere(t, "HEAD "+path)); w.Code != 200 || w.Body.Len() != 0 {
			t.Errorf("HEAD %s: %d, %d bytes", path, w.Code, w.Body.Len())
		}
	}
	for _, path := range []string{
		"/page/", "/page", "/page/../page.go", "/page/..%2fpage.go", "/page/%2e%2e/page.go", "/page//main.js", "/page/main.js/",
		"/page/..%5cpage.go", "/page/page.go", "/page/main.js%00", "/index.html", "/page/MAIN.JS", "/main.js",
	} {
		if w := answer(h, fromHere(t, path)); w.Code == 200 {
			t.Errorf("%s is answered: %.40q", path, w.Body)
		}
	}
	if w := answer(h, fromHere(t, "DELETE /")); w.Code != 405 {
		t.Errorf("DELETE: %d", w.Code)
	}
}

// TestPageCaching: a browser asks again each time, and is told that nothing has
// changed.
func TestPageCaching(t *testing.T) {
	t.Parallel()
	h := serverWith(t, "")
	plain := answer(h, fromHere(t, "/page/main.js"))
	tag := plain.Header().Get("ETag")
	if tag == "" || plain.Header().Get("Cache-Control") != "no-cache" || !slices.Contains(plain.Header().Values("Vary"), "Accept-Encoding") {
		t.Errorf("headers %v", plain.Header())
	}
	packed := answer(h, fromHere(t, "/page/main.js", "Accept-Encoding: br, gzip;q=0.5"))
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("ETag") == tag {
		t.Errorf("headers %v", packed.Header())
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || !bytes.Equal(text, plain.Body.Bytes()) {
		t.Errorf("unpacked: %d bytes, %v", len(text), err)
	}
	for _, none := range []string{"br", "gzip;q=0", "x-gzip"} {
		if w := answer(h, fromHere(t, "/page/main.js", "Accept-Encoding: "+none)); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("packed for %q", none)
		}
	}
	for given, want := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200} {
		w := answer(h, fromHere(t, "/page/main.js", "If-None-Match: "+given))
		if w.Code != want || want == 304 && w.Body.Len() > 0 {
			t.Errorf("%s: %d with %d bytes, want %d", given, w.Code, w.Body.Len(), want)
		}
	}
}

// TestPageIsStrict: nothing that the policy would forbid, or that would come from
// elsewhere or make markup of text.
func TestPageIsStrict(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\sstyle="|\son[a-z]+="|<script>|@import|url\(|//cdn`)
	foreign := regexp.MustCompile(`https?://[^\s'"]+`)
	for name, f := range loadPage() {
		for _, found := range forbidden.FindAllString(string(f.plain), -1) {
			t.Errorf("%s has %q", name, found)
		}
		for _, found := range foreign.FindAllString(string(f.plain), -1) {
			if found != "http://www.w3.org/2000/svg" {
				t.Errorf("%s names %s", name, found)
			}
		}
		if n := bytes.Count(f.plain, []byte("\n")); n > 300 {
			t.Errorf("%s has %d lines, at most 300 are allowed", name, n)
		}
	}
}

// TestChannelsWithoutNodes: the list of channels is light.
func TestChannelsWithoutNodes(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.join(testRoomName, 4e6)
	_, body, _ := s.get("/api/v1/channels?nodes=0&channel=" + url.QueryEscape(testRoomName))
	var report channelsReport
	if err := json.Unmarshal([]byte(body), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Channels) != 1 || report.Channels[0].Peers != 1 || strings.Contains(body, "nodes") {
		t.Error(body)
	}
}

// TestShowAddresses: viewers of the feed see addresses only if they are to.
func TestShowAddresses(t *testing.T) {
	t.Parallel()
	for show, want := range map[bool]string{false: "", true: "127.0.0.1"} {
		s := start(t, func(c *Config) { c.ShowAddresses = show })
		_, idA := s.join(testRoomName, 4e6)
		v, snapshot := s.watch(testRoomName)
		if len(snapshot.Nodes) != 1 || snapshot.Nodes[0].ID != idA || snapshot.Nodes[0].Info.Address != want {
			t.Errorf("%v: snapshot %+v", show, snapshot)
		}
		s.join(testRoomName, 4e6)
		if joined, ok := v.update().(signaling.NodeJoin); !ok || joined.Node.Info.Address != want {
			t.Errorf("%v: %+v", show, joined)
		}
	}
}
