package tracker

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"hlspeer/signaling"
)

// TestActivity: every room is asked, so that one that hangs is noticed.
func TestActivity(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	if a, err := s.server.Activity(t.Context()); err != nil || a.Peers+a.Channels != 0 || !math.IsNaN(a.Offload) {
		t.Errorf("%+v, %v of nobody", a, err)
	}
	a, _ := s.join(testRoomName, 4e6)
	s.join(testRoomName+"2", 4e6)
	a.send(signaling.Statistics{Source: 1, P2P: 3})
	a.send(signaling.GetParents{})
	nodes(t, a.receive())
	if a, err := s.server.Activity(t.Context()); err != nil || a != (Activity{Peers: 2, Channels: 2, Offload: .75}) {
		t.Errorf("%+v, %v", a, err)
	}
	stuck := make(chan Snapshot) // nobody takes it
	s.server.hub.post(t.Context(), testRoomName, post{ask: stuck})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.server.Activity(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v while a room hangs", err)
	}
	<-stuck
	if _, err := s.server.Activity(t.Context()); err != nil {
		t.Errorf("%v after that", err)
	}
}

// TestActivityOver: a server that does not run is not alive.
func TestActivityOver(t *testing.T) {
	t.Parallel()
	s, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Activity(t.Context()); err == nil {
		t.Error("alive before it runs")
	}
}
