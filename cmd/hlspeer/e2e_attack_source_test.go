//go:build e2e

package main_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// A trap is a victim of a source that is honest until the victim is there, and then
// answers as do says.
func trap(t *testing.T, tracker string, do http.HandlerFunc) (n *node, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	var sprung atomic.Bool
	honest := lab.NewOrigin(lab.OriginConfig{})
	src := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); sprung.Load() {
			do(w, r)
			return
		}
		honest.ServeHTTP(w, r)
	}))
	t.Cleanup(src.Close)
	n = startPeer(t, "victim", src.URL+"/live.m3u8", "--tracker", tracker)
	asked.Store(0)
	sprung.Store(true)
	return n, asked
}

// mediaPlaylist is a short one with such lines.
func mediaPlaylist(lines string) string {
	return "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n" + lines
}

func fileTargets(t *testing.T, tracker string) outcome {
	bodies := []string{
		mediaPlaylist("#EXTINF:2,\nfile:///etc/passwd\n"),
		mediaPlaylist("#EXT-X-MAP:URI=\"file:///etc/passwd\"\n#EXTINF:2,\na.m4s\n"),
		mediaPlaylist("#EXT-X-KEY:METHOD=AES-128,URI=\"file:///etc/passwd\"\n#EXTINF:2,\na.ts\n"),
		"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nfile:///etc/passwd\n",
	}
	var at atomic.Int64
	n, asked := trap(t, tracker, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, bodies[at.Load()]) })
	var told []string
	for i := range bodies {
		at.Store(int64(i))
		before := asked.Load()
		status, text := 0, ""
		await(t, "the victim has read it", 20*time.Second, func() bool {
			status, text = visit(t, http.MethodGet, n.play, "")
			return asked.Load() >= before+2 // the first may have been under way
		})
		answer := fmt.Sprint(status)
		if strings.Contains(text, "file:") {
			answer += " (left in the text, for the player to refuse)"
		}
		told = append(told, answer)
		for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '"' }) {
			if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "file:") || !strings.Contains(line, "_/") || strings.Contains(line, "/a.") || strings.Contains(line, "/seg-") {
				continue // what is left as it is, the player may refuse
			}
			if _, body := visit(t, http.MethodGet, resolve(t, n.play, line), ""); strings.Contains(body, "root:") {
				t.Errorf("%q gives the file", line)
			}
		}
		if strings.Contains(text, "root:") {
			t.Error("the file is in the answer")
		}
	}
	return outcome{"never opens a file; as segment, MAP, key and rendition the playlist is answered " + strings.Join(told, ", "), "-", "-"}
}

func metadataTargets(t *testing.T, tracker string) outcome {
	const series = `hlspeer_refused_total{what="inward address"}`
	n, _ := trap(t, tracker, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, mediaPlaylist("#EXTINF:2,\nhttp://169.254.169.254/latest/meta-data/a.ts\n#EXTINF:2,\nhttp://169.254.169.254/b.ts\n#EXTINF:2,\nhttp://169.254.169.254/c.ts\n"))
	})
	status, text := 0, ""
	await(t, "the playlist that leads there", 20*time.Second, func() bool {
		status, text = visit(t, http.MethodGet, n.play, "")
		return strings.Contains(text, "/a.ts")
	})
	client := &http.Client{Timeout: 15 * time.Second}
	answer := "none asked for"
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		resp, err := client.Get(resolve(t, n.play, line))
		if err != nil {
			answer = "no answer"
			break
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if answer = fmt.Sprintf("%d with %d bytes, broken off", resp.StatusCode, len(body)); len(body) > 0 || err == nil {
			t.Errorf("the segment is there: %d bytes, %v", len(body), err)
		}
		break
	}
	if n.metric(series) == 0 {
		t.Error("nothing was refused")
	}
	return outcome{
		fmt.Sprintf("connects to nobody; playlist %d, segment %s", status, answer), fmt.Sprintf("`refused` inward address %.0f", n.metric(series)), "-",
	}
}

// borne visits a channel whose playlist is an attack, for a while, and says what
// that costs.
func borne(t *testing.T, n *node, asked *atomic.Int64) outcome {
	t.Helper()
	status, _ := visit(t, http.MethodGet, n.play, "")
	await(t, "the victim has read it three times", 20*time.Second, func() bool {
		status, _ = visit(t, http.MethodGet, n.play, "")
		return asked.Load() >= 3
	})
	if r := n.rss(); r > 100<<20 {
		t.Errorf("it takes %d MB", r>>20)
	}
	if got := asked.Load(); got > 100 {
		t.Errorf("%d requests at the source", got)
	}
	return outcome{
		fmt.Sprintf("answers %d, goes on; resident memory %.0f MB", status, float64(n.rss())/1e6), fmt.Sprintf("requests at the source: %d", asked.Load()), "-",
	}
}

func millionSegments(t *testing.T, tracker string) outcome {
	text := []byte(mediaPlaylist(strings.Repeat("#EXTINF:2,\nsegment-with-a-name-of-its-own.ts\n", 1_000_000)))
	n, asked := trap(t, tracker, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(text) })
	return borne(t, n, asked)
}

func playlistOfItself(t *testing.T, tracker string) outcome {
	var asked atomic.Int64
	src := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		io.WriteString(w, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlive.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2000\nlive.m3u8?again\n")
	}))
	defer src.Close()
	n := startPeer(t, "victim", src.URL+"/live.m3u8", "--tracker", tracker)
	began, visits := asked.Load(), int64(0)
	var answers []string
	for _, line := range strings.Split(fetch(t, n.play, -1), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		status, _ := visit(t, http.MethodGet, resolve(t, n.play, line), "") // as a player follows it
		answers = append(answers, fmt.Sprint(status))
		visits++
	}
	if visits != 2 {
		t.Errorf("%d renditions, want 2", visits)
	}
	out := borne(t, n, &asked)
	out.victim = "answers its renditions " + strings.Join(answers, " and ") + "; the playlist " + out.victim
	out.counted = fmt.Sprintf("requests at the source: %d for %d visits", asked.Load()-began, visits+1)
	return out
}

func gzipBomb(t *testing.T, tracker string) outcome {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	io.WriteString(z, mediaPlaylist(""))
	chunk := bytes.Repeat([]byte("#EXTINF:2,\na.ts\n"), 1<<16)
	for range 1 << 10 {
		_, _ = z.Write(chunk)
	}
	z.Close()
	n, asked := trap(t, tracker, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	return borne(t, n, asked)
}
