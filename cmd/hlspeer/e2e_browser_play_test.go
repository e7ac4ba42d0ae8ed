//go:build e2e

package main_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestE2EBrowser: the browser's players play a live channel and a film, from the
// source and through a peer.
func TestE2EBrowser(t *testing.T) {
	live := httptest.NewServer(crossOrigin(startSource(t)))
	t.Cleanup(live.Close)
	channels := map[string]string{"live": live.URL + "/live.m3u8", "film": serveFilm(t)}
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0").address("tracker")
	for kind, address := range channels {
		proxied := startPeer(t, "peer", address, "--tracker", at).play
		for way, play := range map[string]string{"source": address, "peer": proxied} {
			for _, p := range browserPlayers() {
				if p.name == "video" && kind == "live" {
					continue // it does not play segments of 2 s
				}
				t.Run(kind+"/"+way+"/"+p.name, func(t *testing.T) {
					t.Parallel()
					playsWell(t, p, play, 8*time.Second)
				})
			}
		}
	}
}

// playsWell fails the test unless a player shows so much of a film of 30 frames
// per second, and complains of nothing.
func playsWell(t *testing.T, p player, address string, playFor time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), playFor+30*time.Second)
	defer cancel()
	got := p.play(ctx, t, address, playFor)
	t.Logf("first frame after %v, %d frames in %v", got.firstFrame.Round(time.Millisecond), got.frames, got.media.Round(time.Millisecond))
	if got.firstFrame == 0 || got.media < playFor || float64(got.frames) < 25*got.media.Seconds() {
		t.Errorf("%s showed %d frames in %v, want %v of film", p.name, got.frames, got.media, playFor)
	}
	for _, fault := range got.faults {
		t.Errorf("%s: %s", p.name, fault)
	}
}

// serveFilm gives the address of the media as an on-demand list.
func serveFilm(t *testing.T) string {
	t.Helper()
	film, err := media()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := "-nostdin -v error -i " + film + " -c copy -f hls -hls_time 2 -hls_playlist_type vod " + filepath.Join(dir, "film.m3u8")
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	server := httptest.NewServer(crossOrigin(http.FileServer(http.Dir(dir))))
	t.Cleanup(server.Close)
	return server.URL + "/film.m3u8"
}

// crossOrigin lets pages of other origins read what h serves, and says what a
// playlist and a segment are, which not every machine knows.
func crossOrigin(h http.Handler) http.Handler {
	types := map[string]string{".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if kind := types[filepath.Ext(r.URL.Path)]; kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		h.ServeHTTP(w, r)
	})
}
