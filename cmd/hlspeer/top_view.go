package main

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"hlspeer/peer"
)

// View draws the screen.
func (m topModel) View() tea.View {
	v := tea.NewView(m.screen())
	v.AltScreen = true
	v.WindowTitle = "hlspeer top"
	return v
}

// screen is as many lines as the terminal has, none wider than it.
func (m topModel) screen() string {
	lines := []string{m.titleLine()}
	switch {
	case !m.heard:
		lines = append(lines, m.nothingYet()...)
	case m.panel != noPanel:
		lines = append(lines, m.panelView()...)
	default:
		lines = append(lines, m.body()...)
	}
	lines = lines[:min(len(lines), max(1, m.height-1))]
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	if m.height > 1 {
		lines = append(lines, m.keyLine())
	}
	text := strings.Join(lines, "\n")
	if m.ascii {
		text = asASCII(text)
	}
	return text
}

// titleLine says whose screen it is, and whether it is of now.
func (m topModel) titleLine() string {
	left := []string{" hlspeer top", visible(m.base)}
	if s := m.answer.status; m.heard {
		left = append(left, "up "+age(s.Uptime), fmt.Sprintf("cache %s of %s", bytesText(s.CacheUsed), bytesText(s.CacheLimit)))
	}
	right := ""
	switch {
	case !m.away.IsZero():
		right = fmt.Sprintf("no answer for %s ", age(max(1, m.now.Sub(m.away).Seconds())))
	case m.paused:
		right = "paused "
	case !m.again.IsZero() && m.now.Sub(m.again) < 30*time.Second:
		right = "it began anew at " + m.again.Format(time.TimeOnly) + " "
	case m.heard:
		right = m.answer.at.Format(time.TimeOnly) + " "
	}
	gap := m.width - lipgloss.Width(right)
	if gap < 1 {
		return titleStyle.Render(fit(right, m.width))
	}
	style := titleStyle
	if !m.away.IsZero() {
		style = style.Foreground(lipgloss.Red)
	}
	return style.Render(cell(whole(left, "  ", gap-1), gap-1, false) + " " + right)
}

// nothingYet is shown before the first answer.
func (m topModel) nothingYet() []string {
	if m.fault == nil {
		return []string{"", "Asking the peer ..."}
	}
	lines := append([]string{""}, wrap(visible(m.fault.Error()), m.width)...)
	return append(lines, "", fit("Asked again every second.", m.width))
}

// body is the tables, as many lines as there are between title and keys.
func (m topModel) body() []string {
	room := m.height - 2
	top := m.channelLines(max(2, min(6, room/4)))
	if m.fault != nil {
		top = append([]string{alarmStyle.Render(fit("Not of now: "+visible(m.fault.Error()), m.width))}, top...)
	}
	top = append(top, m.rateLines(room >= 16)...)
	bottom := m.stripLines()
	if room >= 12 {
		bottom = append(bottom, heading(cell("FALLBACKS", min(m.width, stripLabel), false))+m.fallbacks())
	} else if room < 10 {
		bottom = bottom[:min(1, len(bottom))]
	}
	if room >= 20 {
		top, bottom = append(top, ""), append([]string{""}, bottom...)
	}
	if room >= 16 {
		bottom = append(bottom, m.legend())
	}
	middle := m.linkLines(room - len(top) - len(bottom))
	return append(append(top, middle...), bottom...)
}

// channelLines is a line for each channel.
func (m topModel) channelLines(height int) []string {
	all := m.tracks()
	table := topTable{columns: []topColumn{
		{title: "CHANNEL"},
		{title: "ENGINE", drop: 6},
		{title: "LEVEL", right: true, drop: 5},
		{title: "TRACKER", drop: 3},
		{title: "OFFLOAD", right: true},
		{title: "IN ALL", right: true, drop: 4},
		{title: "SUBSTREAMS", drop: 8},
		{title: "LATE", right: true, drop: 9},
		{title: "LOST", right: true, drop: 9},
		{title: "EDGE", right: true, drop: 10},
		{title: "RATE OF STREAM", right: true, drop: 11},
	}, selected: m.trackIndex(all)}
	for _, t := range all {
		table.rows = append(table.rows, m.channelRow(t))
	}
	return table.lines(m.width, min(height, len(all)+1))
}

func (m topModel) channelRow(t topTrack) []string {
	name := short(t.channel, max(10, m.width/4))
	if t.Standing == "" {
		return []string{name, "idle", "-", "-", "-", "-", "-", "-", "-", "-", "-"}
	}
	fed := "-"
	switch {
	case t.Root:
		fed = "root"
	case t.Substreams > 0:
		fed = fmt.Sprintf("%d of %d fed", t.Substreams-t.Unfed, t.Substreams)
	}
	tracker := short(t.Tracker, 12)
	if t.Tracker == "online" && t.Standing != "joined" {
		tracker = short(t.Standing, 12)
	}
	edge, stream := "-", "-"
	if t.Edge != nil {
		edge = fmt.Sprint(*t.Edge)
	}
	if t.BitRate > 0 {
		stream = bitRate(t.BitRate)
	}
	return []string{
		name, short(string(t.Engine), 12), number(t.Level), tracker, percent(m.offloadNow(t)), percent(t.Offload), fed,
		fmt.Sprint(t.Counts.Late), fmt.Sprint(t.Counts.Lost), edge, stream,
	}
}

// offloadNow is the share of P2P over the last seconds; nil for no traffic.
func (m topModel) offloadNow(t topTrack) *float64 {
	source, _ := m.history.moved(topKey{t.channel, t.Room, "", "source"}, topWindow)
	peers, _ := m.history.moved(topKey{t.channel, t.Room, "", "peers"}, topWindow)
	return (&meshBytes{HTTP: source, P2P: peers}).offload()
}

// rateLines show what the selected track takes and gives, with curves where there
// is room.
func (m topModel) rateLines(curves bool) []string {
	t, ok := m.track()
	if !ok || t.Standing == "" {
		return []string{fit("No playlist of it is running: nobody plays it, or its source does not answer.", m.width)}
	}
	rows := []struct {
		label, short, what string
		total              int64
		kind               topKind
	}{
		{"from source", "http", "source", t.Bytes.HTTP, bySource},
		{"from peers", "p2p", "peers", t.Bytes.P2P, byPeer},
		{"to peers", "up", "up", t.Bytes.Uploaded, mixed},
	}
	if !curves {
		var parts []string
		for _, r := range rows {
			parts = append(parts, r.short+" "+m.rateText(topKey{t.channel, t.Room, "", r.what}))
		}
		return []string{whole(parts, "  ", m.width)}
	}
	var lines []string
	for _, r := range rows {
		k := topKey{t.channel, t.Room, "", r.what}
		line := fit(cell(r.label, 12, false)+cell(m.rateText(k), 10, true), m.width)
		if room := m.width - 37; room > 0 {
			line += "  " + kindStyles[r.kind].Render(m.sparkline(k, min(60, room))) + faint(cell(bytesText(r.total), 11, true))
		}
		lines = append(lines, line)
	}
	return lines
}

// linkLines are the table of links.
func (m topModel) linkLines(height int) []string {
	t, ok := m.track()
	if !ok || t.Standing == "" || height <= 0 {
		return make([]string, max(0, height))
	}
	table := m.linkTable()
	table.selected = m.linkIndex(m.links())
	var lines []string
	switch {
	case t.Engine == peer.EngineNone:
		lines = []string{fit("Engine none: all comes from the HTTP source.", m.width)}
	case len(table.rows) == 0:
		lines = []string{fit("No links to other peers.", m.width)}
	default:
		lines = table.lines(m.width, height)
	}
	for len(lines) < height {
		lines = append(lines, "")
	}
	return lines
}

// legend says what the letters of the strip mean.
func (m topModel) legend() string {
	if m.width < stripLabel+12 {
		return ""
	}
	var parts []string
	for k, name := range kindNames {
		parts = append(parts, kindStyles[k].Render(string(kindLetters[k]))+" "+name)
	}
	return strings.Repeat(" ", stripLabel) + whole(parts, "   ", m.width-stripLabel)
}

// keyLine says which keys there are.
func (m topModel) keyLine() string {
	keys := []string{"q quit", "? help", "tab channel", "up/down link", "enter details", "w why", "s sort: " + topSorts[m.sort], ",. segment", "p pause"}
	if m.panel != noPanel {
		keys = []string{"q quit", "esc back", "up/down", ",. segment", "tab channel"}
	}
	return faint(whole(keys, "  ", m.width))
}
