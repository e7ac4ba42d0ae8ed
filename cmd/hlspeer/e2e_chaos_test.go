//go:build e2e

package main_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// played is a peer with a player.
type played struct {
	*node
	viewer *lab.Viewer
}

// ragged starts real processes on a channel that the test makes.
type ragged struct {
	t       *testing.T
	origin  *lab.Origin
	source  string
	tracker *process
	at      string
	ctx     context.Context
	players sync.WaitGroup
}

func startRagged(t *testing.T) *ragged {
	t.Helper()
	r := &ragged{t: t, origin: lab.NewOrigin(lab.OriginConfig{})}
	src := httptest.NewServer(r.origin)
	r.source = src.URL + "/live.m3u8"
	r.tracker = hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0")
	r.at = r.tracker.address("tracker")
	ctx, stop := context.WithCancel(context.Background())
	r.ctx = ctx
	t.Cleanup(func() {
		stop()
		r.players.Wait()
		src.Close()
	})
	return r
}

// peer starts one with a player. A shell may set up its surroundings: "ulimit -n 40;".
func (r *ragged) peer(name, setUp, redirect string) *played {
	r.t.Helper()
	path, err := binary()
	if err != nil {
		r.t.Fatal(err)
	}
	p := start(r.t, name, "sh", "-c", setUp+` exec "$0" "$@" `+redirect, path, "peer", r.source, "--tracker", r.at,
		"--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "debug")
	w := &played{node: &node{process: p, play: p.address("play")}}
	w.admin = p.address("admin")
	w.viewer = lab.NewViewer(lab.ViewerConfig{
		URL: w.play, Client: &http.Client{Transport: &http.Transport{}},
		Check: func(sn int64, body []byte) error {
			if !bytes.Equal(body, r.origin.Segment(lab.RenditionMain, sn)) {
				return fmt.Errorf("segment %d differs", sn)
			}
			return nil
		},
	})
	r.players.Go(func() { _ = w.viewer.Run(r.ctx) }) // ends with the test
	return w
}

func (w *played) signal(s syscall.Signal) {
	w.t.Helper()
	if err := w.cmd.Process.Signal(s); err != nil {
		w.t.Fatal(err)
	}
}

// plays waits until each has played so many segments more.
func (r *ragged) plays(when string, n int, all ...*played) {
	r.t.Helper()
	before := map[string]int{}
	for _, w := range all {
		before[w.name] = w.viewer.Report().Segments
	}
	for _, w := range all {
		await(r.t, fmt.Sprintf("%s plays on %s", w.name, when), 20*time.Second, func() bool { return w.viewer.Report().Segments >= before[w.name]+n })
	}
}

// TestE2EChaos: what befalls processes and machines does not reach the players of
// others, and what a process survives its own player survives.
func TestE2EChaos(t *testing.T) {
	t.Parallel()
	r := startRagged(t)
	parent := r.peer("parent", "", "")
	r.plays("from the source", 1, parent)
	stops, child := r.peer("stops", "", ""), r.peer("child", "", "")
	full, poor := r.peer("full disk", "", "2>/dev/full"), r.peer("few files", "ulimit -n 40;", "")
	rest := []*played{child, full, poor}
	fromPeers := func(w *played) func() bool {
		before, _ := w.track()
		return func() bool {
			now, ok := w.track()
			return ok && now.Counts.P2P > before.Counts.P2P+1
		}
	}
	for _, w := range append(rest, stops) {
		await(t, w.name+" is fed by peers", 30*time.Second, fromPeers(w))
	}

	parent.signal(syscall.SIGKILL)
	r.plays("when its parent is killed", 3, append(rest, stops)...)

	if err := r.tracker.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.tracker.cmd.Process.Signal(syscall.SIGCONT) }() // so that it can end
	r.plays("while the tracker stands still", 3, rest...)
	if err := r.tracker.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}

	stops.signal(syscall.SIGSTOP)
	defer func() { _ = stops.cmd.Process.Signal(syscall.SIGCONT) }()
	r.plays("while another peer stands still", 4, rest...)
	stops.signal(syscall.SIGCONT)
	r.plays("after it stood still", 2, stops)

	release := exhaust(t, poor.play)
	await(t, "few files is out of them", 10*time.Second, func() bool { return strings.Contains(poor.stderr.String(), "too many open files") })
	r.plays("without files", 3, poor)
	release()
	var fed []func() bool
	for _, w := range append(rest, stops) {
		fed = append(fed, fromPeers(w))
	}
	defer func() {
		for _, w := range append(rest, stops) {
			if tr, ok := w.track(); ok && t.Failed() {
				t.Logf("%s: root %v, %s, %d unfed, %d parents, %d children, %+v, %+v", w.name, tr.Root, tr.Tracker, tr.Unfed, len(tr.Parents), len(tr.Children), tr.Counts, *tr.Connects)
			}
		}
	}()
	// The tracker may have made two of them roots, as the one that stood still was gone.
	await(t, "all but two roots are fed by peers again", 30*time.Second, func() bool {
		n := 0
		for _, yes := range fed {
			if yes() {
				n++
			}
		}
		return n >= len(fed)-2
	})
	for _, w := range rest {
		if v := w.viewer.Report(); v.Stalls+v.Lost+v.Bad > 0 {
			t.Errorf("%s: %+v", w.name, v)
		}
	}
	if v := stops.viewer.Report(); v.Bad > 0 {
		t.Errorf("%s: %+v", stops.name, v)
	}
}

// exhaust opens more connections to a proxy than it has files.
func exhaust(t *testing.T, play string) (release func()) {
	t.Helper()
	host := strings.SplitN(strings.TrimPrefix(play, "http://"), "/", 2)[0]
	var all []net.Conn
	for range 60 {
		c, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return func() {
		for _, c := range all {
			c.Close()
		}
	}
}
