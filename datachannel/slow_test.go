package datachannel

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlowChildCostsABoundedBuffer: children that stop reading hold no more than
// their send buffers, and the others get all as if they were not there.
func TestSlowChildCostsABoundedBuffer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const stopped, size = 3, 8 << 20
		n := newLAN(t)
		cfg := DefaultConfig()
		config := func() Config {
			c := cfg
			c.Net = n.net()
			return c
		}
		parentConfig := config()
		configs := make([]Config, stopped+1)
		for i := range configs {
			configs[i] = config()
		}
		n.start()
		parent := newTestHost(t, parentConfig)
		s := stuck{make(chan struct{}), make(chan error, stopped)}
		var slow []pair
		for _, c := range configs[1:] {
			e := newEar()
			e.sink = func(*Link, Piece) Sink { return s }
			slow = append(slow, connectEars(t, newTestHost(t, c), parent, e, newEar()))
		}
		healthy := connect(t, newTestHost(t, configs[0]), parent)
		send := func(name string) time.Duration {
			start := time.Now()
			healthy.sendPiece(t, name, noise(size, 1))
			if err := take(t, "end of the piece", take(t, "piece", healthy.childEar.pieces).finished); err != nil {
				t.Error(err)
			}
			return time.Since(start)
		}
		alone := send("alone")
		for i, p := range slow {
			goSend(t.Context(), p.parent, fmt.Sprint("slow", i), size, &source{data: make([]byte, size)})
		}
		<-time.After(10 * time.Second)
		beside := send("beside")
		if beside > 2*alone+time.Second {
			t.Errorf("a piece takes %v beside children that do not read, and %v without", beside, alone)
		}
		for i, p := range slow {
			if got := p.parent.Pending(); got == 0 || got > int(cfg.HighWater)+cfg.PacketSize {
				t.Errorf("%d bytes wait for child %d, want at most %d", got, i, int(cfg.HighWater)+cfg.PacketSize)
			}
			p.parent.Close(errTest)
			take(t, "end of the parent's side", p.parent.Done())
		}
		close(s.release)
		for _, p := range slow {
			take(t, "end of the child", p.child.Done())
		}
	})
}
