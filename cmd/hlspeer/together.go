package main

import (
	"context"
	"errors"
	"sync"
)

// together runs parts until ctx ends or one of them fails, which ends the
// others. It returns when all have ended.
func together(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		wg.Go(func() {
			if errs[i] = part(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if errors.Is(err, errPlayerEnded) {
			errs[i] = nil
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &codedError{exitFailed, err}
	}
	return nil
}
