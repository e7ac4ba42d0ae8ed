package wan

import (
	"slices"
	"testing"
	"time"
)

// clockwork is an alarm that only notes when it is to go off.
type clockwork struct{ after time.Duration }

func (c *clockwork) set(after time.Duration) { c.after = after }

// through sends packets of 1000 bytes at times into a pipe and gives the times
// at which they come out.
func through(s Shape, at ...time.Duration) (out []time.Duration, counts Counts) {
	p := newPipe(s, 1, func(now time.Duration, pkt packet) {
		out = append(out, now)
		pkt.free()
	})
	c := &clockwork{}
	p.timer = c
	for _, now := range at {
		p.enter(now, packet{data: packets.Get().(*[mtu]byte), size: 1000})
	}
	p.deliver(nil, func() time.Duration { return time.Hour })
	return out, p.seen()
}

func TestPipeTimes(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, tt := range []struct {
		name  string
		shape Shape
		in    []time.Duration
		want  []time.Duration
		drops int64
	}{
		{"nothing", Shape{}, []time.Duration{1 * ms, 2 * ms}, []time.Duration{1 * ms, 2 * ms}, 0},
		{"delay", Shape{Delay: 5 * ms}, []time.Duration{1 * ms, 2 * ms}, []time.Duration{6 * ms, 7 * ms}, 0},
		{"rate", Shape{Rate: 8_000_000}, []time.Duration{0, 0, 10 * ms}, []time.Duration{1 * ms, 2 * ms, 11 * ms}, 0},
		{"both", Shape{Rate: 8_000_000, Delay: 5 * ms}, []time.Duration{0, 0}, []time.Duration{6 * ms, 7 * ms}, 0},
		{"queue", Shape{Rate: 8_000_000, Queue: 2000}, []time.Duration{0, 0, 0, 1 * ms}, []time.Duration{1 * ms, 2 * ms, 3 * ms}, 1},
		{"loss", Shape{Loss: 1}, []time.Duration{0, 0}, nil, 0},
	} {
		got, counts := through(tt.shape, tt.in...)
		if !slices.Equal(got, tt.want) || counts.Dropped != tt.drops {
			t.Errorf("%s: packets of %v came at %v and %d were dropped: want %v and %d", tt.name, tt.in, got, counts.Dropped, tt.want, tt.drops)
		}
	}
}

func TestQueueGrowsInOrder(t *testing.T) {
	t.Parallel()
	var f fifo
	next := 0
	for i := range 1000 {
		f.push(packet{size: i})
		if i%3 == 0 {
			if got := f.pop(); got.size != next {
				t.Fatalf("packet %d came, want %d", got.size, next)
			}
			next++
		}
	}
	for ; f.n > 0; next++ {
		if got := f.pop(); got.size != next {
			t.Fatalf("packet %d came, want %d", got.size, next)
		}
	}
	if next != 1000 || f.bytes != 0 {
		t.Errorf("%d packets came, %d bytes are left: want 1000 and none", next, f.bytes)
	}
}
