//go:build e2e

package main_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// drainLimit is how long a process may take to end after SIGTERM, whatever hangs.
const drainLimit = 5 * time.Second

// ends signals a process and returns its exit code and how long it took to end.
func (p *process) ends(signals ...syscall.Signal) (code int, took time.Duration) {
	p.t.Helper()
	began := time.Now()
	for _, s := range signals {
		if err := p.cmd.Process.Signal(s); err != nil {
			p.t.Fatal(err)
		}
	}
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.t.Fatalf("%s has not ended 20 s after %v", p.name, signals)
	}
	if exit, ok := errors.AsType[*exec.ExitError](p.err); ok {
		return exit.ExitCode(), time.Since(began)
	} else if p.err != nil {
		p.t.Fatal(p.err)
	}
	return 0, time.Since(began)
}

// pair is a peer and its child at a tracker.
type pair struct {
	tracker       *process
	at            string // the tracker's address
	parent, child *node
}

func startPair(t *testing.T, source string) pair {
	t.Helper()
	tracker := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0")
	p := pair{tracker: tracker, at: tracker.address("tracker")}
	p.parent = startPeer(t, "parent", source, "--tracker", p.at)
	await(t, "the parent knows the tracker", 20*time.Second, func() bool {
		track, ok := p.parent.track()
		return ok && track.Tracker == "online" && track.Last != nil
	})
	p.child = startPeer(t, "child", source, "--tracker", p.at)
	await(t, "a segment from the parent", 30*time.Second, func() bool {
		track, ok := p.child.track()
		return ok && track.Counts.P2P > 0
	})
	return p
}

// TestE2EDrain: on SIGTERM a peer says good-bye: CLOSE to its links, leave to the
// tracker, and ends with 0. The tracker does too.
func TestE2EDrain(t *testing.T) {
	t.Parallel()
	src := httptest.NewServer(lab.NewOrigin(lab.OriginConfig{}))
	defer src.Close()
	p := startPair(t, src.URL+"/live.m3u8")
	code, took := p.parent.ends(syscall.SIGTERM)
	t.Logf("the parent took %v", took)
	if code != 0 || took > 2*time.Second {
		t.Errorf("the parent ended with %d after %v", code, took)
	}
	await(t, "the child is told that the link ends", time.Second, func() bool {
		return strings.Contains(p.child.stderr.String(), `msg="link closed"`)
	})
	if got := p.child.stderr.String(); !strings.Contains(got, "closed by the peer") {
		t.Errorf("the child did not hear CLOSE:\n%s", tail(got, 1000))
	}
	if got := fetch(t, p.at+"/metrics", -1); !strings.Contains(got, `hlspeer_tracker_messages_total{action="leave",direction="in"} 1`) {
		t.Errorf("the tracker did not hear leave:\n%s", got)
	}
	if code, took := p.tracker.ends(syscall.SIGTERM); code != 0 || took > drainLimit {
		t.Errorf("the tracker ended with %d after %v", code, took)
	}
}

// TestE2EDrainAlone: where nobody answers any more, not tracker, child, source or
// player, a peer ends in time all the same; on a second signal at once.
func TestE2EDrainAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		signals []syscall.Signal
		code    int
		within  time.Duration
	}{
		{"one signal", []syscall.Signal{syscall.SIGTERM}, 0, drainLimit},
		{"two signals", []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}, 130, 400 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var hang atomic.Bool
			origin := lab.NewOrigin(lab.OriginConfig{Faults: func(*http.Request) lab.Fault { return lab.Fault{Hang: hang.Load()} }})
			src := httptest.NewServer(origin)
			defer src.Close()
			p := startPair(t, src.URL+"/live.m3u8")
			list := fetch(t, p.parent.play, -1)
			hang.Store(true)
			for _, q := range []*process{p.tracker, p.child.process} {
				if err := q.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
					t.Fatal(err)
				}
				defer func() { _ = q.cmd.Process.Signal(syscall.SIGCONT) }() // so that it can end
			}
			// A player that waits for a segment that does not come.
			segment := lastLine(list)
			got := make(chan error, 1)
			go func() {
				resp, err := http.Get(p.parent.play[:strings.LastIndex(p.parent.play, "/")+1] + segment)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				got <- err
			}()
			code, took := p.parent.ends(tt.signals...)
			t.Logf("it took %v", took)
			if code != tt.code || took > tt.within {
				t.Errorf("ended with %d after %v, want %d within %v", code, took, tt.code, tt.within)
			}
			<-got
		})
	}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
