package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hlspeer/peer/lab"
)

// reports are two runs that were: a small swarm on a virtual network, and a
// simulation.
var reports = []string{"swarm", "simulate"}

func storedReport(t *testing.T, name string) lab.Report {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "report", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r lab.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReportForms: what each form of a report looks like, to the byte.
func TestReportForms(t *testing.T) {
	t.Parallel()
	for _, kind := range reports {
		r := storedReport(t, kind)
		golden(t, "report", kind+".txt", reportTable(r))
		r.Failures = []string{"offload 0.5 is <b>less</b> than --min-offload 0.8"}
		var page bytes.Buffer
		if err := reportPage(&page, kind, r); err != nil {
			t.Fatal(err)
		}
		golden(t, "report", kind+".html", page.String())
	}
	golden(t, "report", "compare.txt",
		compareTable("this run", storedReport(t, "swarm"), "simulate.json", storedReport(t, "simulate")))
}

// TestReportIsReadAgain: what --json writes, --compare reads, with nothing lost.
func TestReportIsReadAgain(t *testing.T) {
	t.Parallel()
	for _, kind := range reports {
		stored, err := os.ReadFile(filepath.Join("testdata", "report", kind+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var first, again lab.Report
		known := json.NewDecoder(bytes.NewReader(stored))
		known.DisallowUnknownFields()
		if err := known.Decode(&first); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(first)
		if err == nil {
			err = json.Unmarshal(text, &again)
		}
		if diff := cmp.Diff(first, again, cmpopts.IgnoreUnexported(lab.Row{})); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", kind, err, diff)
		}
	}
}

// TestReportPageIsWhole: the page needs nothing from elsewhere, runs nothing, and
// takes no word of a report for its own.
func TestReportPageIsWhole(t *testing.T) {
	t.Parallel()
	r := storedReport(t, "swarm")
	r.Failures = []string{"<script>alert(1)</script>"}
	for len(r.Rows) < 3*pageRows {
		r.Rows = append(r.Rows, r.Rows...)
	}
	var page bytes.Buffer
	if err := reportPage(&page, "swarm", r); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{`<script`, `<link`, `src=`, `href=`, `url\(`, `@import`, `NaN`, `Inf`} {
		if found := regexp.MustCompile(pattern).FindString(page.String()); found != "" {
			t.Errorf("%q is in the page", found)
		}
	}
	if rows := strings.Count(page.String(), "<tr><td>"); rows != pageRows || !strings.Contains(page.String(), "more peers are in the report") {
		t.Errorf("%d rows, want %d and a word on the others", rows, pageRows)
	}
	if charts := strings.Count(page.String(), "<svg"); charts != 8 {
		t.Errorf("%d charts, want 8", charts)
	}
}

// TestReportOfNothing: a run in which nobody saw anything has a report.
func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	if err := reportPage(&page, "swarm", lab.Report{}); err != nil || strings.Contains(page.String(), "<svg") {
		t.Errorf("%v, %s", err, page.String())
	}
	if text := reportTable(lab.Report{}); strings.Contains(text, "offload") {
		t.Errorf("an offload of nothing: %s", text)
	}
}

// TestLimits: which reports break which limits.
func TestLimits(t *testing.T) {
	t.Parallel()
	offload, two := .75, int64(2)
	known := lab.Report{Offload: &offload, Stalls: &two, Wrong: &two}
	for _, tt := range []struct {
		limits limits
		report lab.Report
		want   []string
	}{
		{limits{0, -1, 2}, known, nil},
		{limits{.75, 2, 2}, known, nil},
		{limits{.8, 1, 1}, known, []string{"--min-offload 0.8", "--max-stalls 1", "--max-wrong 1"}},
		{limits{0, -1, 0}, lab.Report{}, nil},
		{limits{.1, 0, 0}, lab.Report{}, []string{"offload is not known", "stalls are not known"}},
	} {
		got := tt.limits.broken(tt.report)
		if len(got) != len(tt.want) {
			t.Errorf("%+v: %q", tt.limits, got)
			continue
		}
		for i, want := range tt.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%+v: %q, want a word of %s", tt.limits, got[i], want)
			}
		}
	}
}
