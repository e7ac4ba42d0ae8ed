package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestDaemon: what ends in time is waited for, what hangs is not, and what fails
// ends the rest.
func TestDaemon(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		needs time.Duration // of a part, after the signal
		fault error
		code  int
		took  time.Duration
	}{
		"at once":    {0, nil, exitDone, 0},
		"good-bye":   {drainWithin - 1, nil, exitDone, drainWithin - 1},
		"hangs":      {time.Hour, nil, exitFailed, drainWithin},
		"has failed": {time.Second, errors.New("a fault"), exitFailed, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				began := time.Now()
				cancel()
				err := daemon(ctx, func(ctx context.Context) error {
					<-ctx.Done()
					time.Sleep(tt.needs) // virtual
					return tt.fault
				})
				code := exitDone
				if coded, ok := errors.AsType[*codedError](err); ok {
					code = coded.code
				}
				if took := time.Since(began); code != tt.code || took != tt.took {
					t.Errorf("%v after %v, want code %d after %v", err, took, tt.code, tt.took)
				}
				time.Sleep(tt.needs) // virtual, until what hangs has ended
			})
		})
	}
}
