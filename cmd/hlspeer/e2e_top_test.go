//go:build e2e

package main_test

import (
	"fmt"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// A pane is a terminal of a tmux of the test's own.
type pane struct {
	t      *testing.T
	socket string
}

func newPane(t *testing.T, width, height int, command string) *pane {
	t.Helper()
	p := &pane{t, filepath.Join(t.TempDir(), "tmux")}
	p.tmux("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), command+"; echo ended with $?; exec cat")
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", p.socket, "kill-server").Run() })
	return p
}

func (p *pane) tmux(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-u", "-S", p.socket}, args...)...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func (p *pane) screen() string { return p.tmux("capture-pane", "-p") }

// shows waits until all words are on the screen.
func (p *pane) shows(limit time.Duration, words ...string) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			p.t.Log(p.screen())
		}
	}()
	for _, w := range words {
		await(p.t, "on the screen: "+w, limit, func() bool { return strings.Contains(p.screen(), w) })
	}
}

// TestE2ETop: the screen of a running peer that goes and comes back, and keys.
func TestE2ETop(t *testing.T) {
	src := httptest.NewServer(lab.NewOrigin(lab.OriginConfig{}))
	defer src.Close()
	tracker := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0").address("tracker")
	args := []string{src.URL + "/live.m3u8", "--tracker", tracker}
	startPeer(t, "feeder", args...)
	first := startPeer(t, "peer", args...)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := newPane(t, 80, 24, path+" top --admin "+first.admin)
	p.shows(30*time.Second, "hlspeer top", "> live", "online", "from peers", "> ", "SEGMENTS", "kbps")
	if colours := p.tmux("capture-pane", "-p", "-e"); !strings.Contains(colours, "\x1b[33m") {
		t.Errorf("no colours:\n%s", colours)
	}
	p.tmux("send-keys", "?")
	p.shows(5*time.Second, "What it shows")
	p.tmux("send-keys", "?", "w")
	p.shows(5*time.Second, "Segment ")
	p.tmux("send-keys", "w", "p")
	p.shows(5*time.Second, "paused")
	p.tmux("send-keys", "p", "s")
	p.shows(5*time.Second, "sort: rate")
	p.tmux("resize-window", "-x", "40", "-y", "12")
	p.shows(5*time.Second, "q quit  ? help  tab channel\n")
	p.tmux("resize-window", "-x", "100", "-y", "30")
	p.shows(5*time.Second, "up/down link")
	first.stop(syscall.SIGTERM)
	p.shows(20*time.Second, "no answer for", "Not of now")
	startPeer(t, "peer again", append(args, "--admin", strings.TrimPrefix(first.admin, "http://"))...)
	p.shows(20*time.Second, "it began anew at")
	p.tmux("send-keys", "q")
	p.shows(5*time.Second, "ended with 0")
	none := newPane(t, 80, 24, "NO_COLOR=1 "+path+" top --admin "+first.admin)
	none.shows(20*time.Second, "SEGMENTS", "source")
	if colours := none.tmux("capture-pane", "-p", "-e"); regexp.MustCompile(`\x1b\[([0-9]+;)*(3[0-7]|9[0-7])m`).MatchString(colours) {
		t.Errorf("colours in spite of NO_COLOR:\n%s", colours)
	}
	none.tmux("send-keys", "C-c")
	none.shows(5*time.Second, "ended with 0")
}
