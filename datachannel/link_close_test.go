package datachannel

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestAttend: what never ends is left behind, what ends is waited for.
func TestAttend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wrong := errors.New("wrong")
		if ended, err := attend(time.Second, func() error { time.Sleep(time.Second / 2); return wrong }); !ended || err != wrong {
			t.Errorf("ended %v, error %v", ended, err)
		}
		release := make(chan struct{})
		began := time.Now()
		ended, err := attend(time.Second, func() error { <-release; return wrong })
		if ended || err != nil || time.Since(began) != time.Second {
			t.Errorf("ended %v, error %v, after %v", ended, err, time.Since(began))
		}
		close(release)
	})
}
