package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"hlspeer/peer"
)

// topLink is a link with what it is to us.
type topLink struct {
	peer.LinkStatus
	role string
}

func (l topLink) name() string { return l.role + " " + string(l.PeerID) }

// feeds says whether we ask it for segments.
func (l topLink) feeds() bool { return l.role == "parent" || l.role == "neighbour" }

// topLinks are the links of a track, those first that feed it.
func topLinks(t peer.TrackStatus) (all []topLink) {
	add := func(role string, list []peer.LinkStatus) {
		for _, l := range list {
			all = append(all, topLink{l, role})
		}
	}
	add("parent", t.Parents)
	if t.Standby != nil {
		add("standby", []peer.LinkStatus{*t.Standby})
	}
	add("neighbour", t.Neighbours)
	add("child", t.Children)
	return all
}

// topSorts are what links can be sorted by.
var topSorts = []string{"role", "rate", "RTT", "bytes", "age"}

// links are those of the selected track, sorted.
func (m topModel) links() []topLink {
	t, ok := m.track()
	if !ok {
		return nil
	}
	all := topLinks(t.TrackStatus)
	order := map[string]func(a, b topLink) int{
		"rate":  func(a, b topLink) int { return cmp.Compare(m.linkRate(b), m.linkRate(a)) },
		"RTT":   func(a, b topLink) int { return cmp.Compare(knownRTT(a), knownRTT(b)) },
		"bytes": func(a, b topLink) int { return cmp.Compare(b.Received+b.Sent, a.Received+a.Sent) },
		"age":   func(a, b topLink) int { return cmp.Compare(b.OpenFor, a.OpenFor) },
	}[topSorts[m.sort]]
	if order != nil {
		slices.SortStableFunc(all, order)
	}
	return all
}

// knownRTT is in ms; one that is not known comes last.
func knownRTT(l topLink) float64 {
	if l.RTT <= 0 {
		return math.Inf(1)
	}
	return l.RTT
}

// linkKey names a counter of a link of the selected track.
func (m topModel) linkKey(l topLink, what string) topKey {
	t, _ := m.track()
	return topKey{t.channel, t.Room, l.name(), what}
}

// linkRate is both ways, bit/s.
func (m topModel) linkRate(l topLink) int64 {
	in, _ := m.history.rate(m.linkKey(l, "in"))
	out, _ := m.history.rate(m.linkKey(l, "out"))
	return in + out
}

// asked are the segments that a peer is to bring just now.
func (m topModel) asked(l topLink) (sns []string) {
	for _, p := range m.segments().InFlight {
		for _, s := range p.Attempts {
			if s.From == l.PeerID && s.Outcome == peer.Running {
				sns = append(sns, fmt.Sprint(p.SN))
				break
			}
		}
	}
	return sns
}

// linkTable shows the links of the selected track.
func (m topModel) linkTable() topTable {
	t, _ := m.track()
	table := topTable{columns: []topColumn{
		{title: "ROLE"},
		{title: "PEER"},
		{title: "GIVES", drop: 5},
		{title: "IN", right: true},
		{title: "OUT", right: true},
		{title: "RTT", right: true, drop: 3},
		{title: "RECEIVED", right: true, drop: 2},
		{title: "SENT", right: true, drop: 1},
		{title: "OPEN FOR", right: true, drop: 6},
		{title: "ASKED", right: true, drop: 7},
		{title: "MISSES", right: true, drop: 8},
		{title: "WAITING", right: true, drop: 9},
	}}
	for _, l := range m.links() {
		gives, asked, misses, rtt := "-", "-", "-", "-"
		if l.role == "parent" {
			gives = fmt.Sprintf("%d of %d", l.Substreams, t.Substreams)
		}
		if l.feeds() {
			asked, misses = fmt.Sprint(l.InHand), fmt.Sprint(l.Misses)
		}
		if l.RTT > 0 {
			rtt = fmt.Sprintf("%.1f ms", l.RTT)
		}
		table.rows = append(table.rows, []string{
			l.role, short(string(l.PeerID), m.idWidth()), gives, m.rateText(m.linkKey(l, "in")), m.rateText(m.linkKey(l, "out")), rtt,
			bytesText(l.Received), bytesText(l.Sent), age(l.OpenFor), asked, misses, fmt.Sprint(l.Waiting),
		})
	}
	return table
}

// idWidth is how many letters of an id there is room for.
func (m topModel) idWidth() int { return min(maxShown, max(12, m.width/5)) }

// linkDetails is all about the selected link.
func (m topModel) linkDetails() []string {
	links := m.links()
	if len(links) == 0 {
		return []string{"There is no link to tell of."}
	}
	l := links[m.linkIndex(links)]
	t, _ := m.track()
	lines := []string{strings.ToUpper(l.role[:1]) + l.role[1:] + " " + visible(string(l.PeerID)), ""}
	add := func(label, format string, args ...any) {
		lines = append(lines, fmt.Sprintf("  %-15s %s", label, fmt.Sprintf(format, args...)))
	}
	if l.role == "parent" {
		add("gives", "%d of %s", l.Substreams, count(t.Substreams, "substream"))
	}
	add("open for", "%s, since %s", age(l.OpenFor), m.since(l.OpenFor))
	rtt := "not known"
	if l.RTT > 0 {
		rtt = fmt.Sprintf("%.1f ms", l.RTT)
	}
	add("round trip", "%s", rtt)
	add("received", "%s, now %s", bytesText(l.Received), m.rateText(m.linkKey(l, "in")))
	add("", "%s", m.sparkline(m.linkKey(l, "in"), min(60, m.width-20)))
	add("sent", "%s, now %s", bytesText(l.Sent), m.rateText(m.linkKey(l, "out")))
	add("", "%s", m.sparkline(m.linkKey(l, "out"), min(60, m.width-20)))
	if l.feeds() {
		asked := m.asked(l)
		add("asked for", "%s", orDash(strings.Join(asked, " ")))
		add("misses", "%d of our last ten requests", l.Misses)
	}
	add("it waits for", "%s from us", count(l.Waiting, "segment"))
	if n, mean := m.brought(l); n > 0 {
		add("brought", "%s of those remembered, %s each", count(n, "segment"), took(mean))
	}
	return lines
}

// brought is how many remembered segments a peer brought, and how long these took
// on average, seconds.
func (m topModel) brought(l topLink) (n int, mean float64) {
	for _, p := range m.segments().Segments {
		if p.From == l.PeerID && p.Failed == "" && p.Source == "p2p" {
			n++
			mean += p.Took
		}
	}
	return n, mean / float64(max(n, 1))
}
