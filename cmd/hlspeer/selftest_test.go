package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/peer"
	"hlspeer/peer/lab"
)

// TestSelftest: on a machine where all is well, each step says so.
func TestSelftest(t *testing.T) {
	t.Parallel()
	got := execute(t.Context(), "selftest")
	if got.code != exitDone || got.stderr != "" {
		t.Errorf("%+v", got)
	}
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	if len(lines) != 3+len(selftestSteps) {
		t.Errorf("%d lines:\n%s", len(lines), got.stdout)
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "ok ") {
			t.Error(line)
		}
	}
}

// TestSelftestFails: the step that fails is told, none after it, and the exit
// code says so.
func TestSelftestFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, step, format string }{
		{"--timeout 500ms", selftestSteps[0].name, "FAIL"}, // the second peer has not even come
		{"--timeout 500ms --json", selftestSteps[0].name, `"ok":false`},
	} {
		got := execute(t.Context(), append([]string{"selftest"}, strings.Fields(tt.args)...)...)
		if got.code != exitFailed || !strings.Contains(got.stderr, tt.step) || !strings.Contains(got.stderr, "not within 500ms") {
			t.Errorf("%s: %+v", tt.args, got)
		}
		lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
		for i, line := range lines {
			if last := i == len(lines)-1; strings.Contains(line, tt.format) != last || last != strings.Contains(line, tt.step) {
				t.Errorf("%s: line %d of %d: %s", tt.args, i+1, len(lines), line)
			}
		}
	}
	if got := execute(t.Context(), "selftest", "--timeout", "0s"); got.code != exitUsage {
		t.Errorf("without time: %+v", got)
	}
}

// twoPeers are rows that do not change.
type twoPeers [2]lab.Row

func (p twoPeers) Rows() []lab.Row { return p[:] }

// TestSelftestSteps: no step is done before what it says has happened, and wrong
// bytes fail at once.
func TestSelftestSteps(t *testing.T) {
	t.Parallel()
	online := lab.Row{TrackStatus: peer.TrackStatus{Tracker: "online"}}
	linked := online
	linked.Parents = []peer.LinkStatus{{}}
	fetched := linked // the viewer has not seen more than the source has brought
	fetched.Counts, fetched.Viewer.Segments = peer.TrackCounts{HTTP: 4, P2P: 9}, 6
	seen := fetched
	seen.Viewer.Segments = 7
	wrong := seen
	wrong.Viewer.Wrong = 1
	for i, tt := range []struct{ before, after lab.Row }{{lab.Row{}, online}, {online, linked}, {fetched, seen}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := selftestSteps[i].await(ctx, twoPeers{online, tt.after}); err != nil {
				t.Errorf("step %d: %v", i, err)
			}
			if _, err := selftestSteps[i].await(ctx, twoPeers{online, tt.before}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("step %d: %v although nothing has happened", i, err)
			}
		})
		if _, err := selftestSteps[i].await(t.Context(), twoPeers{online, wrong}); err == nil || !strings.Contains(err.Error(), "differ") {
			t.Errorf("step %d: %v with wrong bytes", i, err)
		}
	}
}
