package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"hlspeer/signaling"
)

// follow prints what changes, a line each, until ctx ends.
func (f *meshFeed) follow(ctx context.Context, out io.Writer) error {
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-f.failed:
			return f.source.broken(err)
		case m := <-f.messages:
			if line := changeLine(m); line != "" {
				if _, err := fmt.Fprintf(out, "%s  %s\n", time.Now().Format(time.TimeOnly), line); err != nil {
					return err
				}
			}
		}
	}
}

// changeLine says what a message changes; "" for nothing.
func changeLine(m signaling.Message) string {
	name := func(id signaling.PeerID) string { return short(string(id), maxShown) }
	switch m := m.(type) {
	case signaling.NodeJoin:
		n := newMeshNode(m.Node)
		line := fmt.Sprintf("%s comes, uplink %s", name(n.ID), bitRate(n.UplinkBW))
		if place := n.place(); place != "-" {
			line += ", " + place
		}
		return line
	case signaling.NodeLeave:
		return name(m.ID) + " goes"
	case signaling.EdgeUp:
		return fmt.Sprintf("%s feeds %s: %s", name(m.From), name(m.To), count(m.Substreams, "substream"))
	case signaling.EdgeDown:
		return fmt.Sprintf("%s no longer feeds %s", name(m.From), name(m.To))
	case signaling.Topology:
		return fmt.Sprintf("the tracker begins anew: %s", count(len(m.Nodes), "peer"))
	}
	return ""
}
