//go:build e2e

package main_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// table is the matrix as Markdown. A cell counts the frames that were decoded
// through the proxy, or says what is wrong.
func (m *matrix) table(players []player) string {
	head := []string{"player"}
	for _, c := range m.columns {
		head = append(head, c.title)
	}
	rows := [][]string{append(head, "first frame, ratio (worst)", "requests/min direct")}
	for _, p := range players {
		row := []string{p.name}
		for _, c := range m.columns {
			row = append(row, m.cell(p.name, c))
		}
		rows = append(rows, append(row, m.firstFrames(p.name), fmt.Sprintf("%.0f", m.directly(p.name))))
	}
	last := []string{"from peers"}
	for _, c := range m.columns {
		last = append(last, m.share(c))
	}
	return aligned(append(rows, append(last, "", ""))) + "\n" + m.requests()
}

func (m *matrix) cell(player string, c column) string {
	var texts []string
	for _, x := range m.of(func(x *try) bool { return x.player == player && x.column.title == c.title }) {
		switch {
		case len(x.wrong) > 0 && x.direct:
			texts = append(texts, "direct FAILED: "+short(x.wrong))
		case len(x.wrong) > 0:
			texts = append(texts, "FAILED: "+short(x.wrong))
		case !x.direct:
			texts = append(texts, fmt.Sprint(x.frames))
		}
	}
	if len(texts) == 0 {
		return "not played"
	}
	return strings.Join(texts, "; ")
}

// short is the first of several faults, as far as a cell has room.
func short(faults []string) string {
	text := strings.ReplaceAll(faults[0], "|", "/")
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "..."
	}
	if n := len(faults) - 1; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// firstFrames compares the times to the first frame, through the proxy and
// direct: the median of the ratios and the worst difference.
func (m *matrix) firstFrames(player string) string {
	var ratios []float64
	var worst time.Duration
	for _, c := range m.columns {
		times := map[bool]time.Duration{}
		for _, x := range m.of(func(x *try) bool { return x.player == player && x.column.title == c.title }) {
			times[x.direct] = x.firstFrame
		}
		if times[true] == 0 || times[false] == 0 {
			continue
		}
		ratios = append(ratios, times[false].Seconds()/times[true].Seconds())
		if diff := times[false] - times[true]; len(ratios) == 1 || diff > worst {
			worst = diff
		}
	}
	if len(ratios) == 0 {
		return "-"
	}
	slices.Sort(ratios)
	return fmt.Sprintf("%.2f (%+d ms)", ratios[len(ratios)/2], worst.Milliseconds())
}

// directly counts a player's requests at the source in a minute.
func (m *matrix) directly(player string) float64 {
	n := m.src.requests(func(by asker) bool { return by.run == direct+player })
	return (n.playlists + n.rest) / m.minutes(func(x *try) bool { return x.direct && x.player == player })
}

// minutes is how long the tries lasted that ok says, in all.
func (m *matrix) minutes(ok func(*try) bool) (sum float64) {
	for _, x := range m.of(ok) {
		sum += x.took.Minutes()
	}
	return max(sum, 1e-9)
}

// requests compares what reaches the source.
func (m *matrix) requests() string {
	proxied := m.minutes(func(x *try) bool { return !x.direct && !x.column.faulty() })
	by := func(agent string) tally {
		return m.src.requests(func(by asker) bool { return by.run == meshed && by.agent == agent }).per(proxied)
	}
	return fmt.Sprintf(`Requests at the source per player minute:
%v direct,
%v through the follower, which follows all channels all the time, for %.1f players on average here,
%v of the peer that feeds it.`,
		m.src.requests(func(by asker) bool { return strings.HasPrefix(by.run, direct) }).per(m.minutes(func(x *try) bool { return x.direct })),
		by("second"), proxied/m.played.Minutes(), by("first"))
}

// share is how much of a channel the follower has from the other peer.
func (m *matrix) share(c column) string {
	http, p2p := m.bytes(c)
	return fmt.Sprintf("%.0f %%", 100*p2p/max(1, http+p2p))
}

// aligned is a Markdown table of rows, of which the first is its head.
func aligned(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, text := range row {
			width[i] = max(width[i], utf8.RuneCountInString(text))
		}
	}
	var b strings.Builder
	for i, row := range rows {
		for j, text := range row {
			fmt.Fprintf(&b, "| %-*s ", width[j], text)
		}
		b.WriteString("|\n")
		if i > 0 {
			continue
		}
		for _, w := range width {
			b.WriteString("|" + strings.Repeat("-", w+2))
		}
		b.WriteString("|\n")
	}
	return b.String()
}
