package main

import (
	"fmt"
	"strings"

	"hlspeer/signaling"
)

// meshDot writes a mesh for Graphviz.
func meshDot(m *mesh) string {
	var b strings.Builder
	b.WriteString("digraph mesh {\n  rankdir=TB;\n  node [shape=box, style=rounded];\n")
	fmt.Fprintf(&b, "  label=%s;\n", dotText(visible(m.Channel)+"\n"+m.summary()))
	if !m.isSwarm() {
		b.WriteString("  source [shape=ellipse];\n")
	}
	for _, n := range m.Nodes {
		lines := []string{visible(string(n.ID)), bitRate(n.UplinkBW)}
		if n.Offload != nil {
			lines = append(lines, percent(n.Offload)+" P2P")
		}
		if place := n.place(); place != "-" {
			lines = append(lines, place)
		}
		style := ""
		if n.Role == roleOrphan || n.Role == roleCycle {
			style = `, style="rounded,dashed"`
		}
		fmt.Fprintf(&b, "  %s [label=%s%s];\n", dotID(n.ID), dotText(strings.Join(lines, "\n")), style)
	}
	for _, n := range m.Nodes {
		for _, id := range n.Neighbours {
			if n.ID < id {
				fmt.Fprintf(&b, "  %s -> %s [dir=none];\n", dotID(n.ID), dotID(id))
			}
		}
		if n.Role == roleRoot {
			fmt.Fprintf(&b, "  source -> %s;\n", dotID(n.ID))
		}
		for _, p := range n.Parents {
			if m.byID[p.ID] != nil {
				fmt.Fprintf(&b, "  %s -> %s [label=\"%d\"];\n", dotID(p.ID), dotID(n.ID), p.Substreams)
			}
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// dotID names a peer in the graph, so that none is called as the source is.
func dotID(id signaling.PeerID) string { return dotText("peer " + visible(string(id))) }

// dotText quotes a text whose lines end with \n.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
