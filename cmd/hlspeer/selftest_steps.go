package main

import (
	"context"
	"fmt"
	"time"

	"hlspeer/peer/lab"
)

// selftestSegments is how many segments have to come from the other peer.
const selftestSegments = 3

// selftestStep is something that is to become true of the two peers.
type selftestStep struct {
	name string
	hint string // of what is wrong, if it does not
	done func(first, second lab.Row) (detail string, ok bool)
}

var selftestSteps = []selftestStep{
	{"both peers are known to the tracker", "WebSockets on loopback do not work", func(first, second lab.Row) (string, bool) {
		return fmt.Sprintf("%s and %s", first.PeerID, second.PeerID), first.Tracker == "online" && second.Tracker == "online"
	}},
	{"a data channel between them is open", "UDP on loopback or DTLS does not work; --log-level debug tells more", func(_, second lab.Row) (string, bool) {
		for _, p := range second.Parents {
			return fmt.Sprintf("round trip %.1f ms", p.RTT), true
		}
		return "", false
	}},
	// What the viewer has seen beyond what the source delivered came from the peer.
	{"segments come over it, byte for byte the source's", "what comes does not pass, or too late; --log-level debug tells more", func(_, second lab.Row) (string, bool) {
		n := second.Viewer.Segments - int(second.Counts.HTTP)
		return fmt.Sprintf("%d segments, %d kB", second.Counts.P2P, second.Bytes.P2P/1000), n >= selftestSegments
	}},
}

// await looks at the peers until the step is done, or ctx ends. Wrong bytes end it
// at once.
func (s selftestStep) await(ctx context.Context, swarm interface{ Rows() []lab.Row }) (detail string, err error) {
	tick := time.NewTicker(selftestEvery)
	defer tick.Stop()
	for {
		rows := swarm.Rows()
		for _, r := range rows {
			if n := r.Viewer.Wrong; n > 0 {
				return "", fmt.Errorf("peer %d: %d segments differ from the source's", r.Peer, n)
			}
		}
		if detail, ok := s.done(rows[0], rows[1]); ok {
			return detail, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", fmt.Errorf("%w: %s", context.Cause(ctx), s.hint)
		}
	}
}
