package main

import (
	"context"
	"time"
)

// drainWithin is how long good-byes may take after a signal.
const drainWithin = 5 * time.Second

// daemon is together for peer and tracker. It returns within drainWithin of the end
// of ctx, even if a part hangs, which is an error: then the process is to end, and
// the part with it.
func daemon(ctx context.Context, parts ...func(context.Context) error) error {
	ended := make(chan error, 1)
	go func() { ended <- together(ctx, parts...) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	late := time.NewTimer(drainWithin)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
		return fail(exitFailed, "a part of the program has not ended within %v", drainWithin)
	}
}
