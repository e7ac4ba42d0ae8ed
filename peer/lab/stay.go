package lab

import (
	"fmt"
	"time"
)

// Stay is when a peer of a [Swarm] is there.
type Stay struct {
	From time.Duration // since the swarm began to run
	For  time.Duration // until the peer goes; 0: to the end
	// Crash has it go without a word: nothing that it sends arrives any more.
	// Without it, it says good-bye. For virtual swarms and simulations.
	Crash bool
}

// validate names what is wrong.
func (s Stay) validate() error {
	if s.From < 0 || s.For < 0 {
		return fmt.Errorf("a peer comes after %v and stays for %v: want 0 or more", s.From, s.For)
	}
	return nil
}

// stay is when peer i is there.
func (c SwarmConfig) stay(i int) Stay {
	if i < len(c.Stays) {
		return c.Stays[i]
	}
	return Stay{From: time.Duration(i) * c.JoinEvery}
}
