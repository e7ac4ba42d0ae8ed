//go:build chaos

package lab

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// TestChaosHour is `make chaos`. CHAOS_SEED draws what happens; without it, the clock
// does.
func TestChaosHour(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("CHAOS_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("CHAOS_SEED: %v", err)
		}
	}
	t.Logf("CHAOS_SEED=%d", seed)
	runChaos(t, seed, time.Hour, 12*time.Second)
}
