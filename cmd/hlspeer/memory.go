package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// memoryBeside is what the Go runtime may hold beside the cache, bytes: the
	// links of 16 children and their goroutines, and garbage. The program itself
	// adds about 17 MiB to that, so the process stays within the cache and 30 MiB.
	memoryBeside = 14 << 20
	// memoryRoom is how much may be allocated from one collection to the next at
	// least, bytes, and collectEvery the time in which that much and more is
	// allocated. With less room collections would cost more than the memory is
	// worth: each takes a few milliseconds.
	memoryRoom   = 6 << 20
	collectEvery = 130 * time.Millisecond
	// memoryTick is the time between two looks at what is in use.
	memoryTick = 500 * time.Millisecond
)

// memoryKeeper keeps a process as small as its cache allows. The collector by
// itself would let garbage grow as large as all that is in use, the cache with
// it, although a collection that finds little but segments costs next to
// nothing.
type memoryKeeper struct {
	base   int64 // bytes of the Go runtime while nothing unusual goes on
	limit  int64 // in force
	pace   int64 // bytes allocated in a tick, on average
	before int64 // bytes allocated until the last tick; 0 before the first
	sample []metrics.Sample
}

// newMemoryKeeper is nil where the user has said in the environment how the
// collector is to work.
func newMemoryKeeper(cache int64) *memoryKeeper {
	for _, name := range []string{"GOMEMLIMIT", "GOGC"} {
		if os.Getenv(name) != "" {
			return nil
		}
	}
	k := &memoryKeeper{base: cache + memoryBeside}
	for _, name := range []string{
		"/gc/heap/live:bytes", "/memory/classes/total:bytes", "/memory/classes/heap/released:bytes",
		"/memory/classes/heap/free:bytes", "/memory/classes/heap/objects:bytes",
		"/gc/heap/allocs:bytes",
	} {
		k.sample = append(k.sample, metrics.Sample{Name: name})
	}
	return k
}

// run sets the limit until ctx ends. More than usual may be in use, by many
// links at once: then the limit gives way at once, so that the collector never
// works in vain, and comes back little by little.
func (k *memoryKeeper) run(ctx context.Context) error {
	if k == nil {
		return nil
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(k.base))
	k.limit = k.base
	tick := time.NewTicker(memoryTick)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		if limit := k.next(k.needed()); limit != k.limit {
			k.limit = limit
			debug.SetMemoryLimit(limit)
		}
	}
}

// next is the limit after the one in force, where so many bytes are needed.
func (k *memoryKeeper) next(needed int64) int64 {
	return max(k.base, needed, k.limit-max((k.limit-k.base)/16, 64<<10))
}

// needed is what the last collection has left, all that is no heap, and room.
func (k *memoryKeeper) needed() int64 {
	metrics.Read(k.sample)
	value := func(i int) int64 { return int64(k.sample[i].Value.Uint64()) }
	live, total, released, free, objects := value(0), value(1), value(2), value(3), value(4)
	return live + (total - released - free - objects) + k.room(value(5))
}

// room is what may be allocated from one collection to the next, by how many
// bytes have been allocated since the start.
func (k *memoryKeeper) room(allocated int64) int64 {
	if k.before > 0 {
		k.pace += (allocated - k.before - k.pace) / 8
	}
	k.before = allocated
	return max(memoryRoom, k.pace*int64(collectEvery/time.Millisecond)/int64(memoryTick/time.Millisecond))
}
