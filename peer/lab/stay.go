package lab

import (
	"context"
	"fmt"
	"time"
)

// Stay is when a peer of a [Swarm] is there.
type Stay struct {
	From time.Duration // since the swarm began to run
	For  time.Duration // until the peer says good-bye; 0: to the end
}

// validate names what is wrong.
func (s Stay) validate() error {
	if s.From < 0 || s.For < 0 {
		return fmt.Errorf("a peer comes after %v and stays for %v: want 0 or more", s.From, s.For)
	}
	return nil
}

// within is ctx for as long as the peer stays from now on.
func (s Stay) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.For == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, s.For)
}

// stay is when peer i is there.
func (c SwarmConfig) stay(i int) Stay {
	if i < len(c.Stays) {
		return c.Stays[i]
	}
	return Stay{From: time.Duration(i) * c.JoinEvery}
}
