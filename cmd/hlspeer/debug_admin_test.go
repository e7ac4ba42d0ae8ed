package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hlspeer/peer"
	"hlspeer/peer/lab"
	brain "hlspeer/peer/mesh"
)

// TestDebugPeerFaults: what is wrong is said in a sentence, with its flag.
func TestDebugPeerFaults(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	rude := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "go \x1b[2J away", http.StatusForbidden)
	}))
	defer rude.Close()
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for chunk := []byte(strings.Repeat(" ", 1<<20)); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	const status, segments = "/api/v1/status", "/api/v1/segments"
	page := answering(t, map[string]string{status: "<html>\x1b[2J"})
	other := answering(t, map[string]string{status: `{"hello":"\u001b[2J"}`})
	older := answering(t, map[string]string{status: `{"channels":[{"name":"a","tracks":[{"room":"r"}]}]}`})
	newer := answering(t, map[string]string{status: `{"channels":{"a":1}}`})
	half := answering(t, map[string]string{status: `{"channels":[{"name":"a","tracks":[]}]}`, segments: `[{"name":"a","segments":[]}]`})
	known := recordedPeer(t, "hostile")
	for _, tt := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"--admin", "http://" + free.Addr().String()}, exitFailed, []string{"cannot be reached", "refused"}},
		{[]string{"--admin", free.Addr().String()}, exitFailed, []string{"http://" + free.Addr().String(), "refused"}},
		{[]string{"--admin", "off"}, exitUsage, []string{"--admin is no address"}},
		{[]string{"--admin", "ftp://h"}, exitUsage, []string{"--admin"}},
		{[]string{"--admin", "http://h/?token=secret"}, exitUsage, []string{"--admin wants a URL without"}},
		{[]string{"--admin", rude.URL}, exitFailed, []string{"403", `go \x1b[2J away`, "localhost"}},
		{[]string{"--admin", endless.URL}, exitFailed, []string{"longer than 16 MiB"}},
		{[]string{"--admin", page}, exitFailed, []string{"none of a peer"}},
		{[]string{"--admin", page + "/x/"}, exitFailed, []string{"404", "admin address of a peer?"}},
		{[]string{"--admin", other}, exitFailed, []string{"none of a peer"}},
		{[]string{"--admin", older}, exitFailed, []string{"this version"}},
		{[]string{"--admin", newer}, exitFailed, []string{"this version"}},
		{[]string{"--admin", known, "--channel", "b"}, exitFailed, []string{`has no channel b; it has: \x1b[2J\u202e"a\`}},
	} {
		for _, command := range [][]string{{"parents"}, {"segments"}, {"why", "7"}} {
			got := execute(t.Context(), append(append([]string{"debug"}, command...), tt.args...)...)
			for _, w := range tt.want {
				if got.code != tt.code || !strings.Contains(got.stderr, w) || got.stdout != "" || strings.Contains(got.stderr, "\x1b") || strings.Contains(got.stderr, "secret") {
					t.Errorf("%q %q: no %q in %+v", command, tt.args, w, got)
				}
			}
		}
	}
	for want, args := range map[string][]string{
		"this version": {"segments", "--admin", half},
		"--last 0":     {"segments", "--admin", known, "--last", "0"},
		`"x" is no`:    {"why", "x", "--admin", known},
		"arg":          {"why", "--admin", known},
	} {
		if got := execute(t.Context(), append([]string{"debug"}, args...)...); got.code == exitDone || !strings.Contains(got.stderr, want) {
			t.Errorf("%q: no %q in %+v", args, want, got)
		}
	}
}

// TestDebugPeerPatience: a peer that answers nothing.
func TestDebugPeerPatience(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := newPeerSource("http://"+l.Addr().String(), "", 200*time.Millisecond)
	if _, err := s.status(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "does not answer within 200ms") {
		t.Error(err)
	}
}

// TestDebugRunningPeer: the commands against two peers as users start them, of which
// one feeds the other.
func TestDebugRunningPeer(t *testing.T) {
	t.Parallel()
	src := httptest.NewServer(lab.NewOrigin(lab.OriginConfig{}))
	defer src.Close()
	tracker := meshTracker(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	var ends []chan int
	start := func() (play, admin string) {
		out, ended := lineWriter{make(chan string, 16)}, make(chan int, 1)
		ends = append(ends, ended)
		go func() {
			ended <- run(ctx, []string{"peer", src.URL + "/live.m3u8", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--tracker", tracker, "--log-level", "error"}, out, io.Discard)
		}()
		_, play = addressOf(t, <-out.lines, false)
		_, admin = addressOf(t, <-out.lines, false)
		return play, admin
	}
	_, first := start()
	_, second := start()
	defer func() {
		cancel()
		for _, ended := range ends {
			if code := <-ended; code != exitDone {
				t.Errorf("a peer ended with %d", code)
			}
		}
	}()
	show := func(admin string, args ...string) string {
		t.Helper()
		got := execute(t.Context(), append(append([]string{"debug"}, args...), "--admin", admin)...)
		if got.code != exitDone {
			t.Fatalf("%+v", got)
		}
		return got.stdout
	}
	sn := awaitShared(t, func() string {
		return show(second, "segments", "--json") + show(first, "segments", "--json")
	})
	feeder, fed := first, second
	if !strings.Contains(show(fed, "parents"), "\nparent  ") {
		feeder, fed = second, first
	}
	if text := show(fed, "parents"); !strings.Contains(text, "\nparent  ") || !strings.Contains(text, "tracker online") {
		t.Error(text)
	}
	if text := show(feeder, "parents"); !strings.Contains(text, "\nchild ") {
		t.Error(text)
	}
	if text := show(fed, "segments"); !strings.Contains(text, fmt.Sprintf("\n%d ", sn)) {
		t.Error(text)
	}
	if text := show(fed, "plan"); !strings.Contains(text, "\n  -> ask parent=") || !strings.Contains(text, "\n# Complete: all ") {
		t.Error(text)
	} else if again, err := brain.RunScript(text); err != nil || again != text {
		t.Errorf("a fresh brain decides otherwise: %v\n%s\n%s", err, text, again)
	}
	if got := execute(t.Context(), "debug", "fetch", src.URL+"/live.m3u8", fmt.Sprint(sn), "--tracker", tracker); got.code != exitDone ||
		!strings.Contains(got.stdout, "The segment is the same as the source's") {
		t.Errorf("%+v", got)
	}
	if got := execute(t.Context(), "doctor", "--admin", fed, "--tracker", tracker, src.URL+"/live.m3u8"); !strings.Contains(got.stdout, "P2P works") ||
		!strings.Contains(got.stdout, "1 other peer is in the channel") || strings.Contains(got.stdout, "\nfault") {
		t.Errorf("%+v", got)
	}
	if text := show(fed, "trace", "--kind", "request,piece,attachments", "--duration", "5s"); !strings.Contains(text, "  out  link  ") || !strings.Contains(text, "  attachments    sn=") {
		t.Error(text)
	}
	if text := show(fed, "why", fmt.Sprint(sn), "--channel", "live"); !strings.Contains(text, fmt.Sprintf("Segment %d came from peer ", sn)) || !strings.Contains(text, " 1. After ") {
		t.Error(text)
	}
}

// awaitShared waits for a segment that a peer had from another one.
func awaitShared(t *testing.T, segments func() string) int64 {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		for dec := json.NewDecoder(strings.NewReader(segments())); dec.More(); {
			var list struct{ Channels []peer.ChannelSegments }
			if err := dec.Decode(&list); err != nil {
				t.Fatal(err)
			}
			for _, c := range list.Channels {
				for _, s := range c.Segments {
					if s.Source == "p2p" {
						return int64(s.SN)
					}
				}
			}
		}
	}
	t.Fatal("no segment came from a peer")
	return 0
}

// TestDebugAdminToken: a peer on another machine wants its token, from each command.
func TestDebugAdminToken(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer sesame open" {
			http.Error(w, "token", http.StatusUnauthorized)
			return
		}
		http.Error(w, "let in", http.StatusTeapot)
	}))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("sesame open\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"parents"}, {"segments"}, {"why", "1"}, {"plan"}, {"trace"}} {
		args := append(append([]string{"debug"}, command...), "--admin", srv.URL)
		if got := execute(t.Context(), args...); got.code != exitFailed || !strings.Contains(got.stderr, "(here: --token or --token-file)") {
			t.Errorf("%q without a token: %+v", command, got)
		}
		for _, with := range [][]string{{"--token", "sesame open"}, {"--token-file", file}} {
			if got := execute(t.Context(), append(args, with...)...); !strings.Contains(got.stderr, "let in") {
				t.Errorf("%q %q: %+v", command, with, got)
			}
		}
	}
	if got := execute(t.Context(), "doctor", "--admin", srv.URL, "--token-file", file); !strings.Contains(got.stdout, "let in") {
		t.Errorf("doctor: %+v", got)
	}
}
