//go:build e2e

package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hlspeer/peer"
)

// These tests run the real binary in processes of their own, with a channel
// that ffmpeg makes and real players. `make e2e` installs what they need; here
// a missing tool is a failure.

// binary builds hlspeer once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hlspeer-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hlspeer")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// process is a running program; it is killed when the test ends.
type process struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	lines  chan string // of stdout
	ended  chan struct{}
	err    error // valid after ended
	stderr lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, name, program string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, cmd: exec.Command(program, args...), lines: make(chan string, 1024), ended: make(chan struct{})}
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("%s: %v (make e2e installs what is needed)", name, err)
	}
	go func() {
		for sc := bufio.NewScanner(out); sc.Scan(); {
			select {
			case p.lines <- sc.Text():
			default: // nobody reads a player's output
			}
		}
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s said:\n%s", name, tail(p.stderr.String(), 4000))
		}
	})
	return p
}

func hlspeer(t *testing.T, name string, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return start(t, name, path, args...)
}

// stop signals the process by its id and waits for its end.
func (p *process) stop(s syscall.Signal) {
	select {
	case <-p.ended:
		return
	default:
	}
	_ = p.cmd.Process.Signal(s)
	select {
	case <-p.ended:
	case <-time.After(8 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// line is the next of stdout, which is to tell addresses.
func (p *process) line() string {
	p.t.Helper()
	select {
	case line := <-p.lines:
		return line
	case <-p.ended:
		p.t.Fatalf("%s ended before it said its addresses: %v\n%s", p.name, p.err, p.stderr.String())
	case <-time.After(20 * time.Second):
		p.t.Fatalf("%s did not say its addresses", p.name)
	}
	return ""
}

// address waits for the line "kind: URL".
func (p *process) address(kind string) string {
	p.t.Helper()
	for {
		if url, ok := strings.CutPrefix(p.line(), kind+": "); ok {
			return url
		}
	}
}

// rss is the process's resident memory in bytes.
func (p *process) rss() int64 {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kb int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); err == nil {
			return kb << 10
		}
	}
	p.t.Fatal("no VmRSS")
	return 0
}

// node is a peer process with the addresses that it told.
type node struct {
	*process
	plays []string // where to play each channel
	play  string   // the first of them
	admin string
}

func startPeer(t *testing.T, name string, args ...string) *node {
	t.Helper()
	args = append([]string{"peer", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "debug"}, args...)
	n := &node{process: hlspeer(t, name, args...)}
	for n.admin == "" {
		switch kind, url, _ := strings.Cut(n.line(), ": "); kind {
		case "play":
			n.plays = append(n.plays, url)
		case "admin":
			n.admin = url
		}
	}
	n.play = n.plays[0]
	return n
}

func (n *node) status() (s peer.Status) {
	n.t.Helper()
	getJSON(n.t, n.admin+"/api/v1/status", &s)
	return s
}

// metric is the value of a series of the peer, 0 before there is one.
func (n *node) metric(series string) (v float64) {
	n.t.Helper()
	for line := range strings.Lines(fetch(n.t, n.admin+"/metrics", -1)) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			if _, err := fmt.Sscan(rest, &v); err != nil {
				n.t.Fatalf("%s: %v", line, err)
			}
		}
	}
	return v
}

// track is the status of the peer's only track; ok is false before there is
// one.
func (n *node) track() (peer.TrackStatus, bool) {
	n.t.Helper()
	for _, ch := range n.status().Channels {
		for _, tr := range ch.Tracks {
			return tr, true
		}
	}
	return peer.TrackStatus{}, false
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(fetch(t, url, -1)), into); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
}

// await polls until ok says so.
func await(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %v in vain: %s", limit, what)
		}
	}
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
