//go:build e2e

package main_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// source is a live channel that ffmpeg makes, behind an HTTP server that
// remembers the true bytes of every segment.
type source struct {
	url string
	dir string

	mu       sync.Mutex
	segments map[string][]byte
	served   int64
}

// media makes 30 s of film once for all tests.
var media = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hlspeer-e2e-media-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "src.mp4")
	args := "-nostdin -y -v error -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000 -t 30 " +
		"-c:v libx264 -preset ultrafast -tune zerolatency -b:v 2500k -maxrate 2500k -bufsize 2500k -g 60 -keyint_min 60 -sc_threshold 0 " +
		"-pix_fmt yuv420p -c:a aac -b:a 128k " + path
	if out, err := exec.Command("ffmpeg", strings.Fields(args)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("ffmpeg: %w\n%s", err, out)
	}
	return path, nil
})

// startSource begins a live channel of 2 s segments, and waits until a player
// could start.
func startSource(t *testing.T) *source {
	t.Helper()
	film, err := media()
	if err != nil {
		t.Fatal(err)
	}
	s := &source{dir: t.TempDir(), segments: map[string][]byte{}}
	args := "-nostdin -v error -re -stream_loop -1 -i " + film + " -c copy -f hls -hls_time 2 -hls_list_size 6 -hls_delete_threshold 4 " +
		"-hls_flags delete_segments+program_date_time+independent_segments+omit_endlist+temp_file " + filepath.Join(s.dir, "live.m3u8")
	start(t, "ffmpeg source", "ffmpeg", strings.Fields(args)...)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: s}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	s.url = "http://" + l.Addr().String() + "/live.m3u8"
	await(t, "four segments of the source", 30*time.Second, func() bool {
		list, err := os.ReadFile(filepath.Join(s.dir, "live.m3u8"))
		return err == nil && strings.Count(string(list), "#EXTINF") >= 4
	})
	return s
}

func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := filepath.Base(r.URL.Path)
	if name == "live.m3u8" {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		body, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Write(body)
		return
	}
	body, err := s.segment(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	s.served += int64(len(body))
	s.mu.Unlock()
	w.Header().Set("Content-Type", "video/mp2t")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// segment is the true content of a file, also when ffmpeg has deleted it.
func (s *source) segment(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if body, ok := s.segments[name]; ok {
		return body, nil
	}
	body, err := os.ReadFile(filepath.Join(s.dir, name))
	if err == nil {
		s.segments[name] = body
	}
	return body, err
}

// check compares a segment that a player got with the true one.
func (s *source) check(sn int64, body []byte) error {
	want, err := s.segment(fmt.Sprintf("live%d.ts", sn))
	if err != nil {
		return err
	}
	if !bytes.Equal(body, want) {
		return fmt.Errorf("segment %d differs from the source's", sn)
	}
	return nil
}
