package peer

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"

	"hlspeer/hls"
)

// TestTrackerLearns: what a peer says to its tracker when it comes holds none of
// the source's secrets: no query, no user, no header.
func TestTrackerLearns(t *testing.T) {
	t.Parallel()
	for engine, path := range map[EngineKind]string{EngineFastmesh: "/ws", EngineBitTorrent: "/announce"} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			heard := make(chan string, 64)
			tracker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text, _ := httputil.DumpRequest(r, true)
				select {
				case heard <- r.URL.Path + "\n" + string(text):
				default:
				}
				http.Error(w, "go away", http.StatusServiceUnavailable)
			}))
			defer tracker.Close()
			source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.SetCookie(w, &http.Cookie{Name: "session", Value: "hush-cookie"})
				if strings.HasSuffix(r.URL.Path, ".m3u8") {
					_, _ = w.Write([]byte(liveText))
					return
				}
				_, _ = w.Write(packets(3))
			}))
			defer source.Close()
			c := DefaultConfig()
			c.Engine, c.Key = engine, "the-key"
			c.Origin = hls.OriginConfig{Header: http.Header{"Authorization": {"hush-header"}, "Referer": {"http://hush-referer/"}}, UserAgent: "hush-agent"}
			c.Channels = []ChannelConfig{{URL: strings.Replace(source.URL, "://", "://viewer:hush-password@", 1) + "/live/a.m3u8?token=hush-token#hush-fragment"}}
			ws := strings.Replace(tracker.URL, "http", "ws", 1)
			if engine == EngineFastmesh {
				c.Schedulers, c.Signalers = []string{ws + "/ws"}, []string{ws + "/signal"}
			} else {
				c.Announces, c.Signalers = []string{tracker.URL}, []string{ws + "/signal"}
			}
			a, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			defer runs(t, a)()
			text := <-heard
			if !strings.HasPrefix(text, path) || !strings.Contains(text, "the-key") || !strings.Contains(text, "live%2Fa.m3u8") {
				t.Errorf("the tracker is asked:\n%s", text)
			}
			if strings.Contains(text, "hush") || strings.Contains(text, "viewer") {
				t.Errorf("the tracker learns a secret:\n%s", text)
			}
			if room := a.serving()[0].id; strings.Contains(room, "hush") || !strings.HasSuffix(room, "/live/a.m3u8") {
				t.Errorf("the room is %s", room)
			}
		})
	}
}
