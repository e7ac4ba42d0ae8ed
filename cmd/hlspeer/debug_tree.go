package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

const (
	maxIndent = 12 // levels below which lines are no longer indented
	maxShown  = 40 // letters of an id or a place in a line
	maxOthers = 4  // other parents in a line
)

// meshTree shows a mesh to people.
func meshTree(m *mesh) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", visible(m.Channel))
	if m.Peers == 0 {
		b.WriteString("Nobody is there.\n")
		return b.String()
	}
	fmt.Fprintf(&b, "%s\n\n", m.title())
	t := meshPrinter{mesh: m, table: tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0), heads: map[*meshNode]bool{}}
	for _, n := range m.heads() {
		t.heads[n] = true
	}
	t.print()
	t.table.Flush()
	fmt.Fprintf(&b, "\n%s\n", m.summary())
	return trimLines(b.String())
}

// trimLines cuts off the space that aligned columns leave at the ends of lines.
func trimLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, " \n"))
		b.WriteByte('\n')
	}
	return b.String()
}

func (m *mesh) title() string {
	engine := "engine unknown"
	if m.Engine != nil {
		engine = visible(*m.Engine)
	}
	if m.Substreams > 0 {
		return engine + ", " + count(m.Substreams, "substream")
	}
	return engine
}

// summary is the mesh in one line.
func (m *mesh) summary() string {
	parts := []string{count(m.Peers, "peer"), count(m.Links, "link")}
	if m.Depth != nil {
		parts = append(parts, fmt.Sprintf("depth %d", *m.Depth))
	}
	if n := len(m.Orphans); n > 0 {
		parts = append(parts, count(n, "orphan"))
	}
	if n := len(m.Cycles); n > 0 {
		parts = append(parts, fmt.Sprintf("%d in cycles", n))
	}
	if m.Bytes != nil {
		parts = append(parts, fmt.Sprintf("offload %s (%d KB by HTTP, %d KB by P2P)", percent(m.Offload), m.Bytes.HTTP/1024, m.Bytes.P2P/1024))
	}
	return strings.Join(parts, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// meshPrinter prints the lines of the tree.
type meshPrinter struct {
	*mesh
	table *tabwriter.Writer
	heads map[*meshNode]bool // where cycles are cut
}

func (t *meshPrinter) print() {
	top, others := "source", "ALSO FROM"
	if t.isSwarm() {
		top, others = "swarm", "LINKED WITH"
	}
	t.line("PEER", "LEVEL", "GETS", others, "UPLINK", "HTTP KB", "P2P KB", "OFFLOAD", "PLACE")
	of := func(roles ...meshRole) []*meshNode {
		var some []*meshNode
		for _, n := range t.Nodes {
			if n.main == nil && slices.Contains(roles, n.Role) {
				some = append(some, n)
			}
		}
		return some
	}
	t.section(top, of(roleRoot, rolePeer))
	t.section("orphans", of(roleOrphan))
	var heads []*meshNode
	for _, n := range t.Nodes {
		if t.heads[n] {
			heads = append(heads, n)
		}
	}
	t.section("cycles", heads)
}

func (t *meshPrinter) section(title string, nodes []*meshNode) {
	if len(nodes) == 0 {
		return
	}
	t.line(title)
	for i, n := range nodes {
		t.node(n, "", i == len(nodes)-1, 0)
	}
}

// line prints cells, and none for the columns that are left.
func (t *meshPrinter) line(cells ...string) {
	for len(cells) < 9 {
		cells = append(cells, "")
	}
	fmt.Fprintln(t.table, strings.Join(cells, "\t"))
}

// node prints a peer in full, and then its children.
func (t *meshPrinter) node(n *meshNode, indent string, last bool, depth int) {
	branch, below := "├─ ", indent+"│  "
	if last {
		branch, below = "└─ ", indent+"   "
	}
	if depth >= maxIndent {
		below = indent
	}
	http, p2p := "-", "-"
	if n.Bytes != nil {
		http, p2p = fmt.Sprint(n.Bytes.HTTP/1024), fmt.Sprint(n.Bytes.P2P/1024)
	}
	t.line(indent+branch+short(string(n.ID), maxShown), number(n.Level), t.gets(n, n.main), t.others(n, depth > maxIndent),
		bitRate(n.UplinkBW), http, p2p, percent(n.Offload), n.place())
	for i, id := range n.Children {
		child, last := t.byID[id], i == len(n.Children)-1
		if child.main == n && !t.heads[child] {
			t.node(child, below, last, depth+1)
			continue
		}
		branch := "├─ "
		if last {
			branch = "└─ "
		}
		t.line(below+branch+"("+short(string(id), maxShown)+")", "", t.gets(child, n))
	}
}

// gets says how many substreams a parent gives; "-" for none.
func (t *meshPrinter) gets(n, parent *meshNode) string {
	for _, p := range n.Parents {
		if parent != nil && p.ID == parent.ID {
			if t.Substreams > 0 {
				return fmt.Sprintf("%d of %d", p.Substreams, t.Substreams)
			}
			return fmt.Sprint(p.Substreams)
		}
	}
	return "-"
}

// others names the parents below which a peer does not stand; and after '<' the
// one below which it does, if that is not seen. In a swarm they are its neighbours.
func (t *meshPrinter) others(n *meshNode, flat bool) string {
	var names []string
	for _, id := range n.Neighbours[:min(len(n.Neighbours), maxOthers)] {
		names = append(names, short(string(id), maxShown))
	}
	if more := len(n.Neighbours) - maxOthers; more > 0 {
		names = append(names, fmt.Sprintf("+%d", more))
	}
	if flat && n.main != nil {
		names = append(names, "<"+short(string(n.main.ID), maxShown))
	}
	others := 0
	for _, p := range n.Parents {
		if n.main != nil && p.ID == n.main.ID {
			continue
		}
		if others++; others <= maxOthers {
			names = append(names, fmt.Sprintf("%s:%d", short(string(p.ID), maxShown), p.Substreams))
		}
	}
	if others > maxOthers {
		names = append(names, fmt.Sprintf("+%d", others-maxOthers))
	}
	return orDash(strings.Join(names, " "))
}

// place is where a peer is, from what is nearest.
func (n *meshNode) place() string {
	var parts []string
	for _, s := range []string{n.ISP, n.City, n.Province, n.Country} {
		if s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	return orDash(short(strings.Join(parts, ", "), maxShown))
}

// bitRate writes a rate as people do.
func bitRate(r int64) string {
	switch {
	case r >= 1e6:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(r)/1e6), ".0") + " Mbps"
	case r >= 1e3:
		return fmt.Sprintf("%.0f kbps", float64(r)/1e3)
	}
	return fmt.Sprintf("%d bps", r)
}
