package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// sheet is what a row has found.
type sheet struct {
	row, about string
	figures    []figure
	head       []string   // of lines
	lines      [][]string // absolute figures, for people
	notes      []string
	values     []value // absolute figures, for programs
	missing    string  // why there are none
	err        error
}

// figure is a number that may have a goal. Most are ratios.
type figure struct {
	key    string // in JSON
	what   string
	goal   float64 // 0: none
	atMost bool    // the goal is a limit
	wish   bool    // the goal is more than what has been promised
	rounds []float64
	ours   string // what the number is made of
	theirs string
	// because says why the goal is missed, where it is.
	because string
}

// value is a number without a goal.
type value struct {
	key string
	n   float64
}

// median is the figure itself; ok is false if it was not measured.
func (f figure) median() (m float64, ok bool) {
	return median(f.rounds), len(f.rounds) > 0
}

// met says whether the goal is reached.
func (f figure) met() bool {
	m, ok := f.median()
	switch {
	case f.goal == 0 && !f.atMost:
		return true
	case !ok:
		return false
	case f.atMost:
		return m <= f.goal
	}
	return m >= f.goal
}

func (f figure) hasGoal() bool { return f.goal != 0 || f.atMost }

// verdict is how the figure stands to its goal.
func (f figure) verdict() string {
	_, ok := f.median()
	switch {
	case !ok:
		return "not measured"
	case !f.hasGoal():
		return ""
	case f.met():
		return "yes"
	case f.wish:
		return "not yet"
	}
	return "**no**"
}

func (f figure) goalText() string {
	if !f.hasGoal() {
		return ""
	}
	sign := "≥ "
	if f.atMost {
		sign = "≤ "
	}
	text := sign + number(f.goal)
	if f.wish {
		text += " (stretch)"
	}
	return text
}

// span is the figure with the lowest and the highest round.
func (f figure) span() string { return span(f.rounds) }

// span is the median with the lowest and the highest number.
func span(all []float64) string {
	switch len(all) {
	case 0:
		return "-"
	case 1:
		return number(all[0])
	}
	return fmt.Sprintf("%s (%s to %s)", number(median(all)), number(slices.Min(all)), number(slices.Max(all)))
}

// number prints three digits.
func number(n float64) string {
	switch {
	case n >= 100 || n == float64(int(n)):
		return fmt.Sprintf("%.0f", n)
	case n >= 10:
		return fmt.Sprintf("%.1f", n)
	default:
		return fmt.Sprintf("%.2f", n)
	}
}

// median of no numbers is 0.
func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(all))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// ratios divides round by round; rounds without a divisor are left out.
func ratios(a, b []float64) []float64 {
	var all []float64
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			all = append(all, a[i]/b[i])
		}
	}
	return all
}

func (s *sheet) add(f figure) { s.figures = append(s.figures, f) }

func (s *sheet) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

func (s *sheet) value(key string, n float64) {
	s.values = append(s.values, value{strings.NewReplacer("-", "_", ":", "_", ".", "").Replace(key), n})
}

// print shows a sheet on a terminal.
func (s *sheet) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(s.lines) > 0 {
		fmt.Fprintf(t, "   %s\n", strings.Join(s.head, "\t"))
	}
	for _, l := range s.lines {
		fmt.Fprintf(t, "   %s\n", strings.Join(l, "\t"))
	}
	_ = t.Flush() // to a terminal
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range s.figures {
		fmt.Fprintf(t, "   %s\t%s\t%s\t%s\n", f.what, f.span(), f.goalText(), strings.Trim(f.verdict(), "*"))
	}
	_ = t.Flush()
	for _, n := range s.notes {
		fmt.Fprintf(w, "   %s\n", n)
	}
}
