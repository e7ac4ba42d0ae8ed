package peer

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestBerths: no more pieces leave at once than there are places, those in need
// go first, and who waits for too long is told so.
func TestBerths(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b berths
		var mu sync.Mutex
		var got []string
		var work sync.WaitGroup
		ask := func(name string, urgent bool) {
			work.Go(func() {
				ok := b.take(t.Context(), urgent, 1)
				mu.Lock()
				defer mu.Unlock()
				if !ok {
					name += " in vain"
				}
				got = append(got, name)
			})
			synctest.Wait()
		}
		ask("first", false)
		ask("late 1", false)
		ask("late 2", false)
		ask("urgent 1", true)
		ask("urgent 2", true)
		for range 3 {
			b.free()
			synctest.Wait()
		}
		work.Wait() // berthWait later, in virtual time
		if want := []string{"first", "urgent 1", "urgent 2", "late 1", "late 2 in vain"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		b.free()
		if b.taken != 0 || len(b.queue) != 0 {
			t.Errorf("%d taken, %d waiting, at the end", b.taken, len(b.queue))
		}
	})
}

// TestBerthsLimits: a stream for which there are more places goes on where
// another waits.
func TestBerthsLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b berths
		for range 3 {
			if !b.take(t.Context(), false, 3) {
				t.Fatal("no berth of three")
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if b.take(ctx, true, 3) {
			t.Error("a fourth berth of three")
		}
		if !b.take(t.Context(), false, 4) {
			t.Error("no berth of four, with three taken")
		}
	})
}
