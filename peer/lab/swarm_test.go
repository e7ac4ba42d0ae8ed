package lab

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// bubble makes a swarm virtual, HTTP included, with a delay each way.
func (c *SwarmConfig) bubble(delay time.Duration) {
	c.Virtual, c.pipes, c.keep = true, true, true
	if len(c.Lines) == 0 {
		c.Lines = []Line{{Delay: delay}}
	}
}

// bubble runs a virtual swarm for d of virtual time; each may look at it while
// it runs.
func bubble(t *testing.T, c SwarmConfig, d time.Duration, during func(*Swarm)) (r Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c.bubble(15 * time.Millisecond)
		s, err := NewSwarm(c)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		if during != nil {
			during(s)
		}
		time.Sleep(d) // virtual
		r = s.Report()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return r
}

// TestSwarmSharesAChannel: four real peers over a virtual network. The first
// can feed all; nothing stalls, every byte is the source's, and all but the
// first take most from peers.
func TestSwarmSharesAChannel(t *testing.T) {
	r := bubble(t, SwarmConfig{Peers: 4, Uplinks: []int64{4_000_000}, JoinEvery: 3 * time.Second}, time.Minute, nil)
	if *r.Stalls > 0 || *r.Wrong > 0 || r.Segments.Lost > 0 {
		t.Errorf("%d stalls, %d wrong and %d lost segments, want none", *r.Stalls, *r.Wrong, r.Segments.Lost)
	}
	for _, row := range r.Rows[1:] {
		if row.Counts.P2P <= 2*row.Counts.HTTP {
			t.Errorf("peer %d: %d segments from peers, %d by HTTP, want most from peers", row.Peer, row.Counts.P2P, row.Counts.HTTP)
		}
		if row.Viewer.Segments < 20 {
			t.Errorf("peer %d: its viewer saw %d segments of a minute", row.Peer, row.Viewer.Segments)
		}
	}
	if c := r.Rows[0].Counts; c.P2P != 0 {
		t.Errorf("the first peer took %d segments from its own children", c.P2P)
	}
}

// TestSwarmChains: where each uplink feeds one child, peers form a chain.
func TestSwarmChains(t *testing.T) {
	r := bubble(t, SwarmConfig{Peers: 4, Uplinks: []int64{300_000}, JoinEvery: 5 * time.Second}, time.Minute, nil)
	if *r.Stalls > 0 || *r.Wrong > 0 || r.Segments.Lost > 0 {
		t.Errorf("%d stalls, %d wrong and %d lost segments, want none", *r.Stalls, *r.Wrong, r.Segments.Lost)
	}
	if r.Level.Max == nil || *r.Level.Max < 2 {
		t.Errorf("levels %+v, want a chain", r.Level)
	}
	for _, row := range r.Rows {
		if len(row.Children) > 1 {
			t.Errorf("peer %d has %d children, its uplink feeds one", row.Peer, len(row.Children))
		}
	}
}

// TestSwarmEnds: a bubble only ends when all goroutines have; so this one says
// that a swarm cleans up at whatever moment it is stopped.
func TestSwarmEnds(t *testing.T) {
	for _, d := range []time.Duration{0, time.Millisecond, 500 * time.Millisecond, 3200 * time.Millisecond, 7 * time.Second} {
		bubble(t, SwarmConfig{Peers: 2, JoinEvery: time.Second}, d, nil)
	}
}
