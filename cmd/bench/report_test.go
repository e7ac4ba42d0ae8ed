package main

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		f             figure
		span, verdict string
	}{
		{figure{goal: 2}, "-", "not measured"},
		{figure{rounds: []float64{3, 1, 2}}, "2 (1 to 3)", ""},
		{figure{goal: 2, rounds: []float64{3, 1, 2}}, "2 (1 to 3)", "yes"},
		{figure{goal: 2, atMost: true, rounds: []float64{2.5}}, "2.50", "**no**"},
		{figure{atMost: true, rounds: []float64{0}}, "0", "yes"},
		{figure{goal: .6, wish: true, rounds: []float64{.1, .2}}, "0.15 (0.10 to 0.20)", "not yet"},
	} {
		if span, verdict := tt.f.span(), tt.f.verdict(); span != tt.span || verdict != tt.verdict {
			t.Errorf("%+v: %q and %q, want %q and %q", tt.f, span, verdict, tt.span, tt.verdict)
		}
	}
	if got := ratios([]float64{1, 2, 3}, []float64{2, 0}); !slices.Equal(got, []float64{.5}) {
		t.Errorf("ratios are %v", got)
	}
}

// TestReport: what failed and what is missing is null, and said.
func TestReport(t *testing.T) {
	t.Parallel()
	b := &bench{sheets: []*sheet{
		{row: "link", about: "links", figures: []figure{
			{key: "link_vs_tuned_pion", what: "link / pion", goal: .95, rounds: []float64{.9}, because: "it is slow"},
			{key: "other", what: "other", goal: 1},
		}, values: []value{{"some", 2}}},
		{row: "wan-lan", about: "lan", missing: "no right"},
		{row: "cpu", about: "cpu", err: errors.New("broken")},
	}}
	o := b.object()
	if n := o["link_vs_tuned_pion"]; n == nil || math.Abs(*n-.9) > 1e-9 {
		t.Errorf("link_vs_tuned_pion is %v", n)
	}
	for _, key := range append([]string{"other"}, promised[1:]...) {
		if n, ok := o[key]; !ok || n != nil {
			t.Errorf("%s is %v (there: %v), want null", key, n, ok)
		}
	}
	text := b.text()
	for _, want := range []string{
		"- link: link / pion is 0.90 in place of ≥ 0.95: it is slow\n", "Not measured:\n\n- link: other\n",
		"Not measured: no right.", "Failed: broken.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q:\n%s", want, text)
		}
	}
	if !b.failed() {
		t.Error("a run with a row that failed has not failed")
	}
}

// TestRowsAreChosen: each row's own command chooses that row alone.
func TestRowsAreChosen(t *testing.T) {
	t.Parallel()
	for _, r := range allRows() {
		s := &sheet{row: r.name}
		o, err := parse([]string{"--only", strings.Trim(s.command(), "'")}, testWriter{t})
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range allRows() {
			if o.only.MatchString(other.name) != (other.name == r.name) {
				t.Errorf("%s chooses %s", s.command(), other.name)
			}
		}
		if o.document != "" {
			t.Errorf("%s writes %s", s.command(), o.document)
		}
	}
}
