package main

import (
	"context"
	"math"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoryLimitGivesWay(t *testing.T) {
	t.Parallel()
	k := &memoryKeeper{base: 100 << 20, limit: 100 << 20}
	if got := k.next(80 << 20); got != k.base {
		t.Errorf("limit %d, want %d where less is needed", got, k.base)
	}
	if k.limit = k.next(200 << 20); k.limit != 200<<20 {
		t.Fatalf("limit %d, want what is needed", k.limit)
	}
	ticks := 0
	for ; k.limit > k.base; ticks++ {
		next := k.next(80 << 20)
		if next >= k.limit {
			t.Fatalf("limit %d after %d", next, k.limit)
		}
		k.limit = next
	}
	if took := time.Duration(ticks) * memoryTick; took < 10*time.Second || took > 2*time.Minute {
		t.Errorf("the limit comes back after %v", took)
	}
}

func TestMemoryNeeded(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	if got := newMemoryKeeper(1 << 20).needed(); got < memoryRoom || got > 4<<30 {
		t.Errorf("%d bytes needed", got)
	}
}

// Collections stay rare where much is allocated.
func TestMemoryRoom(t *testing.T) {
	t.Parallel()
	k := &memoryKeeper{}
	allocated := int64(1 << 30)
	for range 100 {
		if got := k.room(allocated); got < memoryRoom {
			t.Fatalf("room of %d bytes", got)
		}
		allocated += 100 << 20 // 200 MiB/s
	}
	if got := k.room(allocated); got < 25<<20 || got > 26<<20 {
		t.Errorf("room of %d bytes, want 26 MiB", got)
	}
	for range 100 {
		k.room(allocated)
	}
	if got := k.room(allocated); got != memoryRoom {
		t.Errorf("room of %d bytes when nothing goes on", got)
	}
}

// What the environment says counts, and the limit ends with the peer.
func TestMemoryLimitInForce(t *testing.T) {
	for env, want := range map[string]bool{"": true, "GOGC": false, "GOMEMLIMIT": false} {
		t.Setenv("GOGC", "")
		t.Setenv("GOMEMLIMIT", "")
		if env != "" {
			t.Setenv(env, "100")
		}
		before := debug.SetMemoryLimit(-1)
		synctest.Test(t, func(t *testing.T) {
			const cache = 1 << 40
			ctx, cancel := context.WithCancel(t.Context())
			go func() { _ = newMemoryKeeper(cache).run(ctx) }()
			synctest.Wait()
			if got := debug.SetMemoryLimit(-1); (got == cache+memoryBeside) != want {
				t.Errorf("limit %d with %q", got, env)
			}
			cancel()
		})
		if got := debug.SetMemoryLimit(-1); got != before || before != math.MaxInt64 {
			t.Errorf("limit %d afterwards, %d before", got, before)
		}
	}
}
