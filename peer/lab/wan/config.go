package wan

import (
	"errors"
	"fmt"
	"time"
)

// ErrUnsupported says that this system, or this user, cannot have such a network.
var ErrUnsupported = errors.New("no networks of namespaces and TUN devices here")

const (
	mtu = 1500 // bytes; every packet that a node sends is at most so large

	queueTime  = 100 * time.Millisecond // the default queue holds what the line carries in it
	queueLeast = 64 << 10               // bytes, at least
	// heldMost bounds what one direction of a node holds, the packets on their
	// way included, bytes.
	heldMost = 32 << 20
)

// Shape is one direction of a node's line. The zero value lets everything
// through at once.
type Shape struct {
	Delay time.Duration // one way, after the bottleneck
	Loss  float64       // share of the packets that never arrive, 0 to 1
	Rate  int64         // bit/s, counted with IP headers; 0: no bottleneck
	// Queue is how many bytes may wait at the bottleneck; packets that find it
	// full are dropped. 0: what the line carries in 100 ms, but at least 64 KiB.
	Queue int64
}

// NodeConfig is the line of one node. A packet goes through the Up of its
// sender, then through the Down of its receiver.
type NodeConfig struct {
	Up, Down Shape
	Seed     uint64 // of the losses
}

// Counts is what one direction of a node has seen.
type Counts struct {
	Packets, Bytes int64 // that came through, or are on their way
	Lost           int64 // packets lost by chance
	Dropped        int64 // packets that found the queue full
}

func (c NodeConfig) validate() error {
	return errors.Join(c.Up.validate("up"), c.Down.validate("down"))
}

func (s Shape) validate(name string) error {
	switch {
	case s.Delay < 0 || s.Delay > time.Minute:
		return fmt.Errorf("%s: a delay of %v: want 0 to 1m", name, s.Delay)
	case s.Loss < 0 || s.Loss > 1:
		return fmt.Errorf("%s: a loss of %v: want 0 to 1", name, s.Loss)
	case s.Rate < 0 || s.Queue < 0:
		return fmt.Errorf("%s: a rate of %d and a queue of %d: want 0 or more", name, s.Rate, s.Queue)
	}
	return nil
}

// transparent says that the line does nothing to packets in time.
func (s Shape) transparent() bool { return s.Delay == 0 && s.Rate == 0 }

// queue is the size of the queue in bytes.
func (s Shape) queue() int64 {
	if s.Queue > 0 {
		return s.Queue
	}
	return max(queueLeast, int64(queueTime.Seconds()*float64(s.Rate)/8))
}
