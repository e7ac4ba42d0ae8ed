package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestHealthcheck: ready is who says so with 200, at any of the addresses; who is
// not tells why.
func TestHealthcheck(t *testing.T) {
	sick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the playlist is 40 s old", http.StatusServiceUnavailable)
	}))
	defer sick.Close()
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			http.NotFound(w, r)
		}
		io.WriteString(w, "ok\n")
	}))
	defer well.Close()
	at := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	if got := execute(t.Context(), "healthcheck", at(sick), at(well)); got.code != exitDone || got.stdout != at(well)+": ready\n" {
		t.Errorf("%+v", got)
	}
	nobody := "127.0.0.1:1"
	got := execute(t.Context(), "healthcheck", at(sick), nobody)
	if got.code != exitFailed || !strings.Contains(got.stderr, at(sick)+": the playlist is 40 s old") || !strings.Contains(got.stderr, nobody+": ") {
		t.Errorf("%+v", got)
	}
	if got := execute(t.Context(), "healthcheck", "here"); got.code != exitUsage {
		t.Errorf("%+v", got)
	}
	_, port, _ := net.SplitHostPort(at(well))
	t.Setenv("HLSPEER_ADMIN", ":"+port) // every address, of which this machine's is asked
	if got := execute(t.Context(), "healthcheck"); got.code != exitDone {
		t.Errorf("%+v", got)
	}
}
