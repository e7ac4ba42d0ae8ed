//go:build e2e

package main_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// source is an HTTP server of the streams that ffmpeg makes below dir, at
//
//	/<run>/<stream>/<file>
//
// A run is any name. Requests are counted by it, and some runs suffer a fault.
// The server remembers the true bytes of every segment that was asked for.
type source struct {
	base   string
	dir    string
	faults map[string]*fault // by run

	mu    sync.Mutex
	files map[string][]byte // by path below dir
	asked map[asker]int
	sent  map[string]int64 // bytes of all but playlists, by run
}

// asker is who asked, and for what.
type asker struct {
	run, agent string
	playlist   bool
}

func startSource(t *testing.T, faults map[string]*fault) *source {
	t.Helper()
	s := &source{dir: t.TempDir(), faults: faults, files: map[string][]byte{}, asked: map[asker]int{}, sent: map[string]int64{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: s}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	s.base = "http://" + l.Addr().String()
	return s
}

func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	run, file, _ := strings.Cut(strings.TrimPrefix(path.Clean(r.URL.Path), "/"), "/")
	s.mu.Lock()
	s.asked[asker{run, r.UserAgent(), path.Ext(file) == ".m3u8"}]++
	s.mu.Unlock()
	f := s.faults[run]
	if f.strikes(w, r, file) {
		return
	}
	body, err := s.content(file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	f.listing(file, body)
	w.Header().Set("Access-Control-Allow-Origin", "*") // pages come from another host
	w.Header().Set("Content-Type", map[string]string{
		".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t", ".m4s": "video/mp4", ".mp4": "video/mp4",
	}[path.Ext(file)])
	counted := &countingWriter{ResponseWriter: w}
	http.ServeContent(counted, r, "", time.Time{}, bytes.NewReader(body))
	if path.Ext(file) != ".m3u8" {
		s.mu.Lock()
		s.sent[run] += counted.n
		s.mu.Unlock()
	}
}

// countingWriter counts the bytes of a body.
type countingWriter struct {
	http.ResponseWriter
	n int64
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.n += int64(n)
	return n, err
}

// content is what a file holds: of a playlist now, of any other file always,
// also when ffmpeg has deleted it.
func (s *source) content(file string) ([]byte, error) {
	if path.Ext(file) == ".m3u8" {
		return os.ReadFile(filepath.Join(s.dir, file))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if body, ok := s.files[file]; ok {
		return body, nil
	}
	body, err := os.ReadFile(filepath.Join(s.dir, file))
	if err == nil {
		s.files[file] = body
	}
	return body, err
}

// tally is how many requests there were, or how many in a minute.
type tally struct{ playlists, rest float64 }

// requests counts those that ok says.
func (s *source) requests(ok func(asker) bool) (n tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for by, times := range s.asked {
		switch {
		case ok(by) && by.playlist:
			n.playlists += float64(times)
		case ok(by):
			n.rest += float64(times)
		}
	}
	return n
}

func (n tally) per(minutes float64) tally { return tally{n.playlists / minutes, n.rest / minutes} }

func (n tally) String() string {
	return fmt.Sprintf("%.0f (%.0f playlists, %.0f segments, keys and the like)", n.playlists+n.rest, n.playlists, n.rest)
}
