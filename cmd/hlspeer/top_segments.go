package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hlspeer/peer"
)

// stripLabel is how wide what stands before the strip is, cells.
const stripLabel = 14

// topSegment is a segment of the strip.
type topSegment struct {
	peer.Provenance
	flying bool
}

// strip is the newest story of each segment, by its number.
func (m topModel) strip() (all []topSegment) {
	c := m.segments()
	for _, p := range c.Segments {
		all = append(all, topSegment{Provenance: p})
	}
	for _, p := range c.InFlight {
		all = append(all, topSegment{p, true})
	}
	slices.SortStableFunc(all, func(a, b topSegment) int { return cmp.Compare(a.SN, b.SN) })
	newest := all[:0]
	for i, p := range all {
		if i+1 == len(all) || all[i+1].SN != p.SN {
			newest = append(newest, p)
		}
	}
	return newest
}

// kind is where it came from, as the legend has it.
func (p topSegment) kind() topKind {
	switch {
	case p.flying:
		return waiting
	case p.Failed != "":
		return failed
	case p.Source == "p2p":
		return byPeer
	case p.Source == "mixed":
		return mixed
	}
	return bySource
}

// chosen is the selected segment, else the newest.
func (m topModel) chosen(all []topSegment) (p topSegment, ok bool) {
	if len(all) == 0 {
		return p, false
	}
	i := slices.IndexFunc(all, func(p topSegment) bool { return p.SN == m.selected.segment })
	if i < 0 {
		i = len(all) - 1
	}
	return all[i], true
}

// stripLines show the newest segments: how long each took, where it came from, and
// what is known of the selected one.
func (m topModel) stripLines() []string {
	all := m.strip()
	p, ok := m.chosen(all)
	if !ok {
		return []string{heading(fit("SEGMENTS", m.width)) + fit("  none yet", m.width-8)}
	}
	room := max(1, m.width-stripLabel-1)
	from := max(0, len(all)-room)
	if i := slices.IndexFunc(all, func(q topSegment) bool { return q.SN == p.SN }); i < from {
		from = i
	}
	shown := all[from:min(len(all), from+room)]
	most := 0.0
	for _, q := range shown {
		most = max(most, q.Took)
	}
	var times, kinds strings.Builder
	for _, q := range shown {
		bar := string(bars[barOf(q.Took, most)])
		letter := string(kindLetters[q.kind()])
		style := kindStyles[q.kind()]
		if q.SN == p.SN {
			style = style.Reverse(true)
		}
		times.WriteString(kindStyles[q.kind()].Render(bar))
		kinds.WriteString(style.Render(letter))
	}
	return []string{
		heading(cell("SEGMENTS", min(m.width-1, stripLabel), false)) + kinds.String(),
		faint(cell("up to "+took(most), min(m.width-1, stripLabel), false)) + times.String(),
		m.segmentLine(p),
	}
}

// segmentLine is the selected segment in a line.
func (m topModel) segmentLine(p topSegment) string {
	text := fmt.Sprintf("%d ", p.SN)
	style := kindStyles[p.kind()]
	switch p.kind() {
	case waiting:
		text += fmt.Sprintf("on its way for %s, %s here", took(p.Took), bytesText(p.HTTP+p.P2P))
	case failed:
		text += fmt.Sprintf("failed after %s and %s: %s", took(p.Took), count(p.Tries, "attempt"), short(p.Failed, maxShown))
	default:
		from := "the source"
		if p.kind() == byPeer {
			from = "peer " + short(string(p.From), m.idWidth())
		} else if p.kind() == mixed {
			from = "the source and peers"
		}
		text += fmt.Sprintf("from %s in %s, %s", from, took(p.Took), bytesText(p.HTTP+p.P2P))
	}
	if p.Late {
		text += ", late"
	}
	if why := whyNotP2P(p.Provenance); why != "" && p.kind() != failed && !p.flying {
		text += "; not from peers: " + why
	}
	return style.Render(fit(text, m.width))
}

// fallbacks counts why segments that are remembered did not come from peers only,
// most frequent first, each with the newest one.
func (m topModel) fallbacks() string {
	type reason struct {
		why    string
		n      int
		newest peer.Provenance
	}
	var all []reason
	for _, p := range m.segments().Segments {
		why := whyNotP2P(p)
		if why == "" {
			continue
		}
		i := slices.IndexFunc(all, func(r reason) bool { return r.why == why })
		if i < 0 {
			i, all = len(all), append(all, reason{why: why})
		}
		all[i].n++
		all[i].newest = p
	}
	slices.SortStableFunc(all, func(a, b reason) int { return cmp.Compare(b.n, a.n) })
	var parts []string
	for _, r := range all {
		parts = append(parts, fmt.Sprintf("%s %d (newest %d)", r.why, r.n, r.newest.SN))
	}
	if len(parts) == 0 {
		parts = []string{"none"}
	}
	return whole(parts, "   ", m.width-stripLabel)
}

// whyLines are the sentences of 'hlspeer debug why' for the selected segment.
func (m topModel) whyLines() []string {
	p, ok := m.chosen(m.strip())
	if !ok {
		return []string{"There is no segment to tell of."}
	}
	a := why(m.segments(), p.SN)
	lines := a.Text
	if a.Advice != nil {
		lines = append(lines, *a.Advice)
	}
	return lines
}
