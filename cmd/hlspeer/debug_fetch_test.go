package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hlspeer/peer"
	"hlspeer/peer/lab"
)

// TestFetchSummary: what came of it, in a few lines.
func TestFetchSummary(t *testing.T) {
	t.Parallel()
	ms := func(f float64) *float64 { return &f }
	yes, no, n, at := true, false, int64(48692), int64(188)
	phases := fetchPhases{ms(1.2), ms(3), ms(4), ms(16), ms(0.4), ms(12), ms(0.1), ms(340)}
	var all strings.Builder
	for _, r := range []fetchReport{
		{OK: true, Phases: phases, Bytes: n, SourceBytes: &n, Same: &yes},
		{Phases: phases, Bytes: 300, SourceBytes: &n, Same: &no, DiffersAt: &at},
		{OK: true, Phases: phases, Bytes: 300},
		{Phases: fetchPhases{Tracker: ms(5)}},
		{},
	} {
		all.WriteString(r.summary() + "--\n")
	}
	golden(t, "peer", "fetch.txt", all.String())
}

func TestDebugFetchFaults(t *testing.T) {
	t.Parallel()
	origin := lab.NewOrigin(lab.OriginConfig{})
	src := httptest.NewServer(origin)
	defer src.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	live, tracker := src.URL+"/live.m3u8", meshTracker(t, "")
	text := get(t, live)
	sn := regexp.MustCompile(`MEDIA-SEQUENCE:(\d+)`).FindStringSubmatch(text)[1]
	for _, tt := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"ftp://h", "x", "--timeout", "0s", "--engine", "none"}, exitUsage, []string{"URL: \"ftp://h\"", "SN: \"x\"", "--tracker is to be given once", "--engine \"none\"", "--timeout 0s"}},
		{[]string{live, "-1", "--tracker", tracker}, exitUsage, []string{"unknown shorthand flag"}},
		{[]string{gone.URL + "/a.m3u8?token=hush", "1", "--tracker", tracker}, exitFailed, []string{"the source gives no playlist", "404"}},
		{[]string{src.URL + "/master.m3u8", "1", "--tracker", tracker}, exitFailed, []string{"this is a master playlist"}},
		{[]string{live, "999999", "--tracker", tracker}, exitFailed, []string{"does not list segment 999999"}},
		{[]string{live, sn, "--tracker", gone.URL}, exitFailed, []string{"the tracker cannot be reached"}},
		{[]string{live, sn, "--tracker", tracker}, exitFailed, []string{"names no peer"}},
		{[]string{live, sn, "--tracker", tracker, "--engine", "bittorrent"}, exitFailed, []string{"names no peer"}},
		{[]string{live, sn, "--tracker", tracker, "--from", "nobody\x1b"}, exitFailed, []string{"cannot be reached"}},
	} {
		got := execute(t.Context(), append([]string{"debug", "fetch"}, tt.args...)...)
		for _, want := range tt.want {
			if got.code != tt.code || !strings.Contains(got.stderr, want) || strings.ContainsAny(got.stdout+got.stderr, "\x1b") || strings.Contains(got.stdout+got.stderr, "hush") {
				t.Errorf("%q: no %q in %+v", tt.args, want, got)
			}
		}
	}
}

// TestDebugFetchFilm: a segment of a film from a running peer of a swarm; what the
// peer lacks, and a source that gives other bytes than the peer has.
func TestDebugFetchFilm(t *testing.T) {
	t.Parallel()
	var odd atomic.Bool
	origin := lab.NewOrigin(lab.OriginConfig{})
	src := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if odd.Load() && strings.HasSuffix(r.URL.Path, ".ts") {
			io.WriteString(w, strings.Repeat("x", 188*8))
			return
		}
		origin.ServeHTTP(w, r)
	}))
	defer src.Close()
	film, tracker := src.URL+"/vod.m3u8", meshTracker(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := lineWriter{make(chan string, 16)}, make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"peer", film, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--tracker", tracker, "--log-level", "error"}, out, io.Discard)
	}()
	defer func() {
		cancel()
		<-ended
	}()
	_, play := addressOf(t, <-out.lines, false)
	_, admin := addressOf(t, <-out.lines, false)
	uri := regexp.MustCompile(`(?m)^[^#\n].*$`).FindString(get(t, play))
	get(t, play[:strings.LastIndex(play, "/")+1]+uri)
	id := joinedPeer(t, admin)
	file := filepath.Join(t.TempDir(), "0.ts")
	fetch := func(sn string, more ...string) output {
		return execute(t.Context(), append([]string{"debug", "fetch", film, sn, "--tracker", tracker}, more...)...)
	}
	got := fetch("0", "--out", file)
	if got.code != exitDone || !strings.Contains(got.stdout, "The segment is the same as the source's") {
		t.Errorf("%+v", got)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != string(origin.Segment(lab.RenditionVOD, 0)) {
		t.Errorf("%d bytes in the file, %v", len(data), err)
	}
	if got := fetch("29", "--from", id); got.code != exitFailed || !strings.Contains(got.stderr, "LACK: it does not have the segment") {
		t.Errorf("%+v", got)
	}
	odd.Store(true)
	got = fetch("0", "--json", "--from", id)
	var r fetchReport
	if err := json.Unmarshal([]byte(got.stdout), &r); err != nil || got.code != exitFailed {
		t.Fatalf("%v: %+v", err, got)
	}
	if r.Peer != id || r.Same == nil || *r.Same || r.DiffersAt == nil || *r.DiffersAt != 0 || r.Phases.LastByte == nil || r.Phases.DTLS == nil {
		t.Errorf("%s", got.stdout)
	}
}

// joinedPeer waits until the peer has joined its tracker, and is its id there.
func joinedPeer(t *testing.T, admin string) string {
	t.Helper()
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-every.C {
		var s peer.Status
		if err := json.Unmarshal([]byte(get(t, admin+"/api/v1/status")), &s); err != nil {
			t.Fatal(err)
		}
		for _, track := range s.Channels[0].Tracks {
			if track.Standing == "joined" {
				return string(track.PeerID)
			}
		}
	}
	t.Fatal(fmt.Sprint("the peer at ", admin, " does not join"))
	return ""
}
