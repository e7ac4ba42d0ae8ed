package main

import (
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// topHelp is what ? shows.
const topHelp = `Keys

  q, Ctrl-C         quit
  tab, left, right  another channel
  up, down          select a link; in here: scroll
  enter             more about the link
  comma, period     select an older or a newer segment; after the newest: follow it
  w                 why the segment came as it did
  s                 sort links by role, rate, RTT, bytes or age
  p                 pause
  esc               back

What it shows

  OFFLOAD     share of segment bytes that came from peers, in the last 15 s
  IN ALL      the same since the channel began
  LEVEL       hops from the source
  SUBSTREAMS  parts of the stream that a parent feeds; root: it feeds on the source
  IN, OUT     bit/s of segments on a link, over the last 15 s
  GIVES       substreams of a parent, of all there are
  ASKED       segments that we wait for from it
  MISSES      of our last ten requests, those not answered in time
  WAITING     segments that it waits for from us
  curves      the last minute, each up to its own peak
  SEGMENTS    a letter for each, and how long it took: s source, p peer, m both,
              . on its way, x failed
  FALLBACKS   why segments did not come from peers only, how many, and the newest`

// panelHeight is how many lines of a panel there is room for.
func (m topModel) panelHeight() int { return max(1, m.height-3) }

// panelView shows the panel, from the line that it is scrolled to.
func (m topModel) panelView() []string {
	lines := m.panelLines()
	from := max(0, min(m.scroll, len(lines)-m.panelHeight()))
	return append([]string{""}, lines[from:min(len(lines), from+m.panelHeight())]...)
}

// panelLines are all lines of it, none wider than the screen.
func (m topModel) panelLines() (lines []string) {
	var all []string
	switch m.panel {
	case linkPanel:
		all = m.linkDetails()
	case whyPanel:
		all = m.whyLines()
	case helpPanel:
		return wrapAll(topHelp, m.width)
	}
	for _, line := range all {
		if m.panel == linkPanel {
			lines = append(lines, fit(line, m.width))
			continue
		}
		lines = append(lines, wrap(line, m.width)...)
	}
	if len(lines) > 0 {
		lines[0] = heading(lines[0])
	}
	return lines
}

// since is when something began that many seconds before the newest answer.
func (m topModel) since(seconds float64) string {
	if seconds <= 0 || seconds > 1e9 {
		return "-"
	}
	return m.answer.at.Add(-time.Duration(seconds * float64(time.Second))).Format("Jan 2 15:04:05")
}

// wrapAll breaks lines that are too long.
func wrapAll(text string, width int) (lines []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if lipgloss.Width(line) <= width {
			lines = append(lines, line)
			continue
		}
		lines = append(lines, wrap(line, width)...)
	}
	return lines
}
