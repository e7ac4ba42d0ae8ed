package main

import (
	"context"
	"fmt"
	"math"

	"hlspeer/peer"
	"hlspeer/signaling/tracker"
)

// agentActivity asks the loops of all tracks, so it waits for them, whatever
// becomes of ctx.
func agentActivity(agent *peer.Agent) activity {
	return func(context.Context) (string, error) { return describeStatus(agent.Status()), nil }
}

func describeStatus(s peer.Status) string {
	var parents, children, neighbours int
	var http, p2p int64
	for _, ch := range s.Channels {
		for _, t := range ch.Tracks {
			parents, children, neighbours = parents+len(t.Parents), children+len(t.Children), neighbours+len(t.Neighbours)
			http, p2p = http+t.Bytes.HTTP, p2p+t.Bytes.P2P
		}
	}
	text := count(len(s.Channels), "channel") + ", " + count(parents, "parent") + ", "
	if children == 1 {
		text += "1 child"
	} else {
		text += fmt.Sprintf("%d children", children)
	}
	if neighbours > 0 {
		text += ", " + count(neighbours, "neighbour")
	}
	if http+p2p > 0 {
		text += fmt.Sprintf(", %.0f %% from peers", 100*float64(p2p)/float64(http+p2p))
	}
	return text
}

// trackerActivity asks every room.
func trackerActivity(srv *tracker.Server) activity {
	return func(ctx context.Context) (string, error) {
		a, err := srv.Activity(ctx)
		if err != nil {
			return "", err
		}
		text := count(a.Peers, "peer") + " in " + count(a.Channels, "channel")
		if !math.IsNaN(a.Offload) {
			text += fmt.Sprintf(", %.0f %% from peers", 100*a.Offload)
		}
		return text, nil
	}
}
