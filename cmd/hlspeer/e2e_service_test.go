//go:build e2e

package main_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// output is what a program says, and it is to end well.
func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// installed is a unit as it would be where the program is ours.
func installed(t *testing.T, unit string) (path string) {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("dist/" + unit)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), "/usr/bin/hlspeer ") != 1 {
		t.Fatalf("%s starts no program", unit)
	}
	path = filepath.Join(t.TempDir(), unit)
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "/usr/bin/hlspeer", program, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestE2EUnits: systemd finds nothing wrong with the units, and little that they
// leave open.
func TestE2EUnits(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"hlspeer-peer.service", "hlspeer-tracker.service"} {
		path := installed(t, unit)
		if out := output(t, "systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path); out != "" {
			t.Errorf("%s: %s", unit, out)
		}
		out := output(t, "systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15", path)
		t.Logf("%s: %s", unit, out[strings.LastIndex(out, "Overall"):])
	}
}

// allowed are the system calls that a unit's filter lets through.
func allowed(t *testing.T, unit string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("dist/" + unit)
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]bool{}
	var add func(name string, to map[string]bool)
	add = func(name string, to map[string]bool) {
		if !strings.HasPrefix(name, "@") {
			to[name] = true
			return
		}
		for line := range strings.Lines(output(t, "systemd-analyze", "syscall-filter", name)) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") || line == "" || line == name {
				continue
			}
			add(line, to)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^SystemCallFilter=(~?)(.*)$`).FindAllStringSubmatch(string(text), -1) {
		some := map[string]bool{}
		for _, name := range strings.Fields(m[2]) {
			add(name, some)
		}
		for name := range some {
			calls[name] = m[1] == ""
		}
	}
	return calls
}

// TestE2ESandbox: what peer and tracker ask the system for while they work, start
// and end, is what their units let them: system calls, and kinds of sockets.
func TestE2ESandbox(t *testing.T) {
	t.Parallel()
	src := httptest.NewServer(lab.NewOrigin(lab.OriginConfig{}))
	defer src.Close()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	traced := func(name string, args ...string) (p *process, trace string) {
		trace = filepath.Join(t.TempDir(), "trace")
		return start(t, name, "strace", append([]string{"-f", "-qq", "-e", "signal=none", "-o", trace, program}, args...)...), trace
	}
	tracker, trackerTrace := traced("tracker", "tracker", "--listen", "127.0.0.1:0")
	at := tracker.address("tracker")
	peer, peerTrace := traced("peer", "peer", src.URL+"/live.m3u8", "--tracker", at, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	fetch(t, peer.address("play"), -1)
	other := startPeer(t, "other", src.URL+"/live.m3u8", "--tracker", at)
	await(t, "a segment from the traced peer", 30*time.Second, func() bool {
		track, ok := other.track()
		return ok && track.Counts.P2P > 0
	})
	for _, p := range []*process{peer, tracker} {
		endChild(t, p)
	}
	for unit, trace := range map[string]string{"hlspeer-peer.service": peerTrace, "hlspeer-tracker.service": trackerTrace} {
		text, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		may := allowed(t, unit)
		seen := map[string]bool{}
		for _, m := range regexp.MustCompile(`(?m)^\d+ +([a-z]\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			seen[m[1]] = true
		}
		for name := range seen {
			if !may[name] && name != "execve" { // this one is systemd's own
				t.Errorf("%s does not allow %s", unit, name)
			}
		}
		if !seen["accept4"] || len(may) < 100 {
			t.Errorf("%s: %d calls seen, %d allowed: this was no run", unit, len(seen), len(may))
		}
		file, err := os.ReadFile("dist/" + unit)
		if err != nil {
			t.Fatal(err)
		}
		families := strings.Fields(regexp.MustCompile(`(?m)^RestrictAddressFamilies=(.*)$`).FindStringSubmatch(string(file))[1])
		for _, m := range regexp.MustCompile(`socket\((AF_\w+)`).FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(families, m[1]) {
				t.Errorf("%s does not allow sockets of %s", unit, m[1])
			}
		}
	}
}

// endChild ends the program that strace runs, and strace with it.
func endChild(t *testing.T, p *process) {
	t.Helper()
	pid := p.cmd.Process.Pid
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		t.Fatal(err)
	}
	var child int
	if _, err := fmt.Sscan(string(text), &child); err != nil {
		t.Fatalf("the children of strace are %q: %v", text, err)
	}
	if err := syscall.Kill(child, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s goes on after SIGTERM", p.name)
	}
	if p.err != nil {
		t.Errorf("%s: %v", p.name, p.err)
	}
}
