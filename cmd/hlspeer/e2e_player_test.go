//go:build e2e

package main_test

import (
	"context"
	"testing"
	"time"
)

// A player plays what is at url until it has shown playFor of it, ends by itself
// or ctx ends. It is started anew each time, and several may run at once.
type player struct {
	name string
	play func(ctx context.Context, t *testing.T, url string, playFor time.Duration) playback
}

// A playback is what a player made of a stream.
type playback struct {
	firstFrame time.Duration // from the player's start, or a page's load call, to its first decoded frame; 0: it had none
	lasted     time.Duration // from there to the end; 0: it began when the player was started
	frames     int           // video frames decoded, dropped ones included
	media      time.Duration // how far its clock went while it played
	faults     []string      // what it reported as errors, a line each
}
