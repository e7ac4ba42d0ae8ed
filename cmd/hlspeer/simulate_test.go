package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"hlspeer/peer/lab"
)

func TestSimulate(t *testing.T) {
	t.Parallel()
	args := []string{"simulate", "--peers", "40", "--duration", "4m", "--seed", "3"}
	got := execute(t.Context(), args...)
	for _, want := range []string{"40 peers, 240 s, profile steady, rule tracker, seed 3", "offload", "segments by HTTP", "lower bound"} {
		if got.code != exitDone || !strings.Contains(got.stdout, want) {
			t.Errorf("exit code %d, no %q in\n%s%s", got.code, want, got.stdout, got.stderr)
		}
	}
	if got.stderr != "" {
		t.Errorf("on stderr, which is no terminal: %q", got.stderr)
	}
	if again := execute(t.Context(), args...); again.stdout != got.stdout {
		t.Errorf("not the same once more:\n%s", again.stdout)
	}
}

// TestSimulateJSON: one object with the fields that demo and swarm print too,
// and null for what a model cannot know.
func TestSimulateJSON(t *testing.T) {
	t.Parallel()
	got := execute(t.Context(), "simulate", "--peers", "40", "--duration", "4m", "--topology-only", "--json")
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(got.stdout), &fields); err != nil {
		t.Fatalf("%v:\n%s", err, got.stdout)
	}
	for name, want := range map[string]string{
		"peers": "40", "duration_s": "240", "engine": `"fastmesh"`, "stalls": "null", "bytes": "null",
		"segments": "null", "cpu_s_per_gb": "null", "rss_bytes_per_peer": "null",
	} {
		if string(fields[name]) != want {
			t.Errorf("%s is %s, want %s", name, fields[name], want)
		}
	}
	for _, name := range []string{"offload", "level", "missing", "reparents_per_departure", "threshold_failures", "violations"} {
		if v := string(fields[name]); v == "" || v == "null" {
			t.Errorf("%s is %q", name, v)
		}
	}
}

func TestSimulateFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{
			[]string{"--peers", "1", "--duration", "1s", "--stay", "1s", "--uplinks", "-1", "--substreams", "0", "--profile", "x", "--rule", "y"},
			[]string{"peers", "duration", "stay", "uplinks", "substreams", "profile", "rule"},
		},
		{
			[]string{"--ramp", "-1s", "--duration", "2m", "--measure-from", "5m", "--crash", "2", "--pair-fails", "1", "--min-offload", "3", "--compare", "/nonexistent"},
			[]string{"--ramp", "count from", "crashes", "cannot connect", "--min-offload", "--compare"},
		},
		{[]string{"--uplinks", "1Mbps,fast"}, []string{"--uplinks", "4Mbps"}},
		{[]string{"--goals", "--json"}, []string{"--json", "--goals"}},
		{[]string{"--goals", "--seeds", "0"}, []string{"--seeds"}},
		{[]string{"--duration", "long"}, []string{"--duration"}},
		{[]string{"x"}, []string{"x"}},
	} {
		got := execute(t.Context(), append([]string{"simulate"}, tt.args...)...)
		for _, w := range tt.want {
			if got.code != exitUsage || !strings.Contains(got.stderr, w) || got.stdout != "" {
				t.Errorf("%v: exit code %d, no word of %q in %s", tt.args, got.code, w, got.stderr)
			}
		}
	}
}

// TestSimulateGoals: a row for each goal, and a verdict.
func TestSimulateGoals(t *testing.T) {
	t.Parallel()
	got := execute(t.Context(), "simulate", "--goals", "--peers", "30", "--seeds", "2", "--topology-only")
	rows := 0
	for line := range strings.Lines(got.stdout) {
		if strings.HasPrefix(line, "30 ") && strings.Contains(line, "=") && (strings.Contains(line, " ok ") || strings.Contains(line, " missed ")) {
			rows++
		}
	}
	if got.code != exitDone || rows != 15 {
		t.Errorf("exit code %d, %d rows:\n%s%s", got.code, rows, got.stdout, got.stderr)
	}
}

// TestSimulateUplinks: a factor, or a list that is given in turn.
func TestSimulateUplinks(t *testing.T) {
	t.Parallel()
	supply := func(uplinks string) float64 {
		got := execute(t.Context(), "simulate", "--peers", "20", "--duration", "2m", "--profile", "none", "--uplinks", uplinks, "--json", "--topology-only")
		var r lab.Report
		if err := json.Unmarshal([]byte(got.stdout), &r); err != nil || r.Supply == nil {
			t.Fatalf("%s: %v, %s%s", uplinks, err, got.stdout, got.stderr)
		}
		return *r.Supply
	}
	if v := supply("2.8Mbps,5.6Mbps"); v < 1.49 || v > 1.51 {
		t.Errorf("peers that feed one or two others have uplinks for %.2f each", v)
	}
	if one, two := supply("1"), supply("2"); two < 1.5*one {
		t.Errorf("twice the uplinks feed %.2f in place of %.2f", two, one)
	}
}

// TestSimulateLimits: a simulation has the limits of a swarm.
func TestSimulateLimits(t *testing.T) {
	t.Parallel()
	got := execute(t.Context(), "simulate", "--peers", "20", "--duration", "2m", "--min-offload", "1", "--max-stalls", "100")
	if got.code != exitFailed || !strings.Contains(got.stderr, "--min-offload 1") || strings.Contains(got.stderr, "stalls") {
		t.Errorf("exit code %d, %s", got.code, got.stderr)
	}
}

func TestSimulateStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := execute(ctx, "simulate", "--peers", "40"); got.code != exitFailed || !strings.Contains(got.stderr, "simulating") {
		t.Errorf("%+v", got)
	}
}

func TestGoalRow(t *testing.T) {
	t.Parallel()
	of := func(level float64) lab.Report {
		r := lab.Report{}
		r.Level.Mean = &level
		return r
	}
	g := goal{name: "level", value: levelMean, factor: 1, format: "%.1f", aim: 4}
	for _, tt := range []struct {
		least bool
		level float64
		want  [6]string
	}{
		{false, 3, [6]string{"level", "3.0", "<= 4", "ok", "-", "9.0"}},
		{false, 4, [6]string{"level", "4.0", "<= 4", "ok", "-", "9.0"}},
		{false, 5, [6]string{"level", "5.0", "<= 4", "missed", "-", "9.0"}},
		{true, 5, [6]string{"level", "5.0", ">= 4", "ok", "-", "9.0"}},
		{true, 3, [6]string{"level", "3.0", ">= 4", "missed", "-", "9.0"}},
	} {
		// The mean of two runs counts.
		ours := []lab.Report{of(tt.level - 1), of(tt.level + 1)}
		if g.least = tt.least; g.row(ours, []lab.Report{of(9)}) != tt.want {
			t.Errorf("%q, want %q", g.row(ours, []lab.Report{of(9)}), tt.want)
		}
	}
	for _, unknown := range [][]lab.Report{nil, {{}}, {of(3), {}}} {
		if got := g.row(unknown, nil); got[1] != "-" || got[3] != "missed" || got[5] != "-" {
			t.Errorf("unknown: %q", got)
		}
	}
}
