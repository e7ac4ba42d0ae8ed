package hls

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lowLatency is the text of a low-latency playlist from sn on.
func lowLatency(sn int) string {
	return fmt.Sprintf("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24\n"+
		"#EXT-X-MEDIA-SEQUENCE:%d\n#EXTINF:4,\n%d.ts\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"part.ts\"\n", sn, sn)
}

// TestBlockingReload: what a low-latency player waits for, it waits for at the
// source.
func TestBlockingReload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var asked []string
		o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			asked = append(asked, r.URL.RequestURI())
			mu.Unlock()
			switch q := r.URL.Query(); {
			case strings.HasSuffix(r.URL.Path, ".ts"):
				honest(w, r)
			case q.Get("_HLS_skip") != "":
				fmt.Fprint(w, strings.Replace(lowLatency(6), "#EXTINF", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF", 1))
			case q.Get("_HLS_msn") == "99":
				http.Error(w, "too far ahead", http.StatusBadRequest)
			case pause(r.Context(), 15*time.Second):
				fmt.Fprint(w, lowLatency(8))
			}
		}))})
		defer o.Close()
		client := player(t, ProxyConfig{}, o, fakeChannel{"": &fakeTrack{playlist: mustParse(t, lowLatency(7))}})
		for _, c := range []struct {
			query, asked, want string
			took               time.Duration
		}{
			{"", "", "_/7/7.ts", 0},
			{"?_HLS_msn=8&_HLS_part=2&_HLS_evil=1&x=y", "/live/channel/index.m3u8?token=secret&_HLS_msn=8&_HLS_part=2", "_/8/8.ts", 15 * time.Second},
			{"?_HLS_skip=YES", "/live/channel/index.m3u8?token=secret&_HLS_skip=YES", "_/9/6.ts", 0},
			{"?_HLS_msn=99", "/live/channel/index.m3u8?token=secret&_HLS_msn=99", "_/7/7.ts", 0},
			{"?_HLS_msn=-1&_HLS_part=a&_HLS_skip=no", "", "_/7/7.ts", 0},
		} {
			began := time.Now()
			got := get(t, client, "GET", "/ch/index.m3u8"+c.query)
			if got.code != 200 || !strings.Contains(got.body, "\n"+c.want+"\n") || time.Since(began) != c.took {
				t.Errorf("%s: got %d %q after %v", c.query, got.code, got.body, time.Since(began))
			}
			if last := strings.Join(asked, " "); last != c.asked {
				t.Errorf("%s: the source was asked for %q", c.query, last)
			}
			asked = nil
		}
		// Its players know segments before the track does.
		get(t, client, "GET", "/ch/index.m3u8?_HLS_msn=8")
		if got := get(t, client, "GET", "/ch/_/8/8.ts"); got.code != 200 || got.body != whole {
			t.Errorf("the new segment: %d %q", got.code, got.body)
		}
		if got := get(t, client, "GET", "/ch/_/r/"+token(t, RefPart, "https://cdn.example.com/live/channel/part.ts")+"/part.ts"); got.body != whole {
			t.Errorf("the part: %d %q", got.code, got.body)
		}
	})
}

// TestNoReload: a source that offers nothing of the kind is not asked for it.
func TestNoReload(t *testing.T) {
	t.Parallel()
	o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the source was asked for %s", r.URL)
	}))})
	defer o.Close()
	client := player(t, ProxyConfig{}, o, fakeChannel{
		"":  &fakeTrack{playlist: mustParse(t, media(""))},
		"m": &fakeTrack{playlist: mustParse(t, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n")},
	})
	for _, path := range []string{"/ch/index.m3u8", "/ch/m/index.m3u8"} {
		if got := get(t, client, "GET", path+"?_HLS_msn=8&_HLS_skip=YES"); got.code != 200 {
			t.Errorf("%s: got %d", path, got.code)
		}
	}
}

// TestReloadPatience: a source may take three target durations more than it
// may be silent otherwise, and then the newest text is the answer.
func TestReloadPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := NewOrigin(OriginConfig{Transport: serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))})
		defer o.Close()
		client := player(t, ProxyConfig{}, o, fakeChannel{"": &fakeTrack{playlist: mustParse(t, lowLatency(7))}})
		began := time.Now()
		got := get(t, client, "GET", "/ch/index.m3u8?_HLS_msn=8")
		if got.code != 200 || !strings.Contains(got.body, "_/7/7.ts") || time.Since(began) != DefaultNoProgress+12*time.Second {
			t.Errorf("got %d %q after %v", got.code, got.body, time.Since(began))
		}
	})
}

// TestQueryVariables: a text that takes variables from the query of its own
// address is found at one that has them.
func TestQueryVariables(t *testing.T) {
	t.Parallel()
	text := mustParse(t, media("#EXT-X-DEFINE:QUERYPARAM=\"token\"\n#EXT-X-DEFINE:QUERYPARAM=\"none\"\n#EXTINF:2,\na.ts?{$token}"))
	if got := text.Media.Segments[0].URL.RawQuery; got != "secret" {
		t.Errorf("query %q", got)
	}
	client := player(t, ProxyConfig{}, nil, fakeChannel{"": &fakeTrack{playlist: text}})
	got := get(t, client, "GET", "/ch/index.m3u8?x=1")
	if got.code != 307 || got.header.Get("Location") != "?token=secret&x=1" {
		t.Errorf("got %d to %s", got.code, got.header.Get("Location"))
	}
	if got := get(t, client, "GET", "/ch/index.m3u8"+got.header.Get("Location")); got.code != 200 || !strings.Contains(got.body, "_/0/a.ts") {
		t.Errorf("got %d %q", got.code, got.body)
	}
}
