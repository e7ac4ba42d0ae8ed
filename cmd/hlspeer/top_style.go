package main

import (
	"fmt"
	"regexp"
	"strings"

	"charm.land/lipgloss/v2"
)

// topKind is where a segment came from.
type topKind int

const (
	bySource topKind = iota
	byPeer
	mixed
	waiting
	failed
)

// Letters say without colours what these say.
var kindLetters = [...]rune{'s', 'p', 'm', '.', 'x'}

var kindNames = [...]string{"source", "peer", "both", "waiting", "failed"}

var kindStyles = [...]lipgloss.Style{
	lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	lipgloss.NewStyle().Foreground(lipgloss.Green),
	lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	lipgloss.NewStyle().Foreground(lipgloss.Blue),
	lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
}

var (
	titleStyle    = lipgloss.NewStyle().Bold(true).Reverse(true)
	headingStyle  = lipgloss.NewStyle().Bold(true)
	faintStyle    = lipgloss.NewStyle().Faint(true)
	selectedStyle = lipgloss.NewStyle().Reverse(true)
	alarmStyle    = lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true)
)

func heading(s string) string { return headingStyle.Render(s) }
func faint(s string) string   { return faintStyle.Render(s) }

// bars are the heights of a curve.
var bars = []rune("▁▂▃▄▅▆▇█")

// barOf is the height for a value of at most most.
func barOf(v, most float64) int {
	if v <= 0 || most <= 0 {
		return 0
	}
	return max(0, min(len(bars)-1, int(v/most*float64(len(bars)-1)+0.5)))
}

// sparkline is the last minute of a counter, that many cells wide.
func (m topModel) sparkline(k topKey, width int) string {
	if width <= 0 {
		return ""
	}
	curve := m.history.curve(k, width)
	most := 0.0
	for _, v := range curve {
		most = max(most, v)
	}
	var b strings.Builder
	for _, v := range curve {
		if v < 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(bars[barOf(v, most)])
	}
	return b.String()
}

// plainRunes stand for the others where a terminal has only ASCII.
var plainRunes = map[rune]rune{
	'▁': '_', '▂': '.', '▃': ':', '▄': '-', '▅': '=', '▆': '+', '▇': '*', '█': '#', '…': '~', '·': '-',
}

// asASCII leaves only ASCII, one letter for each.
func asASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 {
			return r
		}
		if plain, ok := plainRunes[r]; ok {
			return plain
		}
		return '?'
	}, s)
}

// fit cuts a text without colours to a width in cells.
func fit(s string, width int) string {
	if lipgloss.Width(s) <= width {
		return s
	}
	if width <= 0 {
		return ""
	}
	used := 0
	for i, r := range s {
		w := lipgloss.Width(string(r))
		if used+w > width-1 {
			return s[:i] + "…"
		}
		used += w
	}
	return s
}

// cell is a text in a column.
func cell(s string, width int, right bool) string {
	s = fit(s, width)
	gap := strings.Repeat(" ", max(0, width-lipgloss.Width(s)))
	if right {
		return gap + s
	}
	return s + gap
}

// whole joins as many parts as there is room for; the first is cut if need be.
func whole(parts []string, between string, width int) string {
	text := fit(parts[0], width)
	for _, p := range parts[1:] {
		if lipgloss.Width(text+between+p) > width {
			break
		}
		text += between + p
	}
	return text
}

// hanging is what later lines of a text are indented by: as its beginning, a number,
// or a first column.
var hanging = regexp.MustCompile(`^( *[0-9]+\. |  \S.*?  +| +)`)

// wrap breaks a text at spaces into lines, none wider than width, or than 8 cells.
func wrap(text string, width int) (lines []string) {
	width = max(8, width)
	line := hanging.FindString(text)
	if len(line) > width/2 {
		line = "  "
	}
	begin, empty := strings.Repeat(" ", len(line)), true
	for w := range strings.FieldsSeq(strings.TrimPrefix(text, line)) {
		switch {
		case empty:
			line += w
		case lipgloss.Width(line+" "+w) > width:
			lines, line = append(lines, line), begin+w
		default:
			line += " " + w
		}
		empty = false
		for lipgloss.Width(line) > width { // a word longer than a line
			head := strings.TrimSuffix(fit(line, width+1), "…")
			lines, line = append(lines, head), begin+line[len(head):]
		}
	}
	return append(lines, line)
}

// rateText is the rate of a counter.
func (m topModel) rateText(k topKey) string {
	bits, ok := m.history.rate(k)
	switch {
	case !ok:
		return "-"
	case bits == 0:
		return "0"
	}
	return bitRate(bits)
}

// bytesText is bytes as people read them.
func bytesText(n int64) string {
	switch f := float64(n); {
	case n < 0:
		return "?"
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case f < 1000<<10:
		return fmt.Sprintf("%.0f KiB", f/(1<<10))
	case f < 1000<<20:
		return fmt.Sprintf("%.1f MiB", f/(1<<20))
	default:
		return fmt.Sprintf("%.1f GiB", f/(1<<30))
	}
}
