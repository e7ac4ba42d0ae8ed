package tracker

import (
	"context"
	"fmt"
)

// Activity is how much a server has to do.
type Activity struct {
	Peers, Channels int
	Offload         float64 // share of P2P in what peers have reported; NaN before the first report
}

// Activity asks every room for a sign of life, so that an answer says that all of
// them work. It waits for them until ctx ends, which is an error. It may be called
// by any goroutine while the server runs.
func (s *Server) Activity(ctx context.Context) (Activity, error) {
	if !s.life.ready() {
		return Activity{}, errNotRunning
	}
	for _, name := range s.hub.names() {
		if err := s.hub.touch(ctx, name); err != nil {
			return Activity{}, fmt.Errorf("a channel does not answer: %w", err)
		}
	}
	peers, rooms := s.hub.size()
	more, swarms := s.swarms.size()
	return Activity{Peers: peers + more, Channels: rooms + swarms, Offload: s.meters.offload()}, nil
}

// touch waits until a room has taken what came before, if there is such a room.
func (h *hub) touch(ctx context.Context, room string) error {
	h.mu.Lock()
	l := h.rooms[room]
	h.mu.Unlock()
	if l == nil {
		return nil
	}
	seen := make(chan struct{}, 1)
	h.post(ctx, room, post{seen: seen})
	select {
	case <-seen:
	case <-l.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
