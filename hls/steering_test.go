package hls

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestSteering(t *testing.T) {
	t.Parallel()
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.RawQuery {
		case "a=1&_HLS_pathway=CDN-A&_HLS_throughput=5000":
			fmt.Fprint(w, `{"VERSION":1,"TTL":300,"RELOAD-URI":"https://other/","PATHWAY-PRIORITY":["CDN-B","CDN-A"],"PATHWAY-CLONES":[{}]}`)
		case "a=1":
			fmt.Fprint(w, "<html>")
		case "a=1&_HLS_pathway=gone":
			w.WriteHeader(http.StatusGone)
		case "a=1&_HLS_pathway=long":
			fmt.Fprint(w, `{"x":"`+strings.Repeat("x", maxSteering)+`"}`)
		default:
			t.Errorf("query %s", r.URL.RawQuery)
		}
	}))})
	defer o.Close()
	text := mustParse(t, "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer?a=1\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n")
	client := player(t, ProxyConfig{}, o, fakeChannel{"": &fakeTrack{playlist: text}})
	path := "/ch/_/r/" + token(t, RefSteering, "https://cdn.example.com/steer?a=1") + "/steer"
	got := get(t, client, "GET", path+"?_HLS_pathway=CDN-A&_HLS_throughput=5000&x=y")
	if got.code != 200 || got.body != `{"PATHWAY-PRIORITY":["CDN-B","CDN-A"],"TTL":300,"VERSION":1}` || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %q %v", got.code, got.body, got.header)
	}
	for query, code := range map[string]int{"": 502, "?_HLS_pathway=gone": 404, "?_HLS_pathway=long": 502} {
		if got := get(t, client, "GET", path+query); got.code != code {
			t.Errorf("%s: got %d %q", query, got.code, got.body)
		}
	}
}
