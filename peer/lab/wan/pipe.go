package wan

import (
	"math/rand/v2"
	"sync"
	"time"
)

// packet is one IP packet on its way.
type packet struct {
	data *[mtu]byte
	size int
	due  time.Duration // when it leaves the pipe
	to   *Node
}

func (p packet) bytes() []byte { return p.data[:p.size] }

// packets are the buffers that no packet is in.
var packets = sync.Pool{New: func() any { return new([mtu]byte) }}

func (p packet) free() { packets.Put(p.data) }

// pipe is one direction of a line: loss, then a bottleneck with a queue, then a
// delay. Packets leave it in the order in which they came.
type pipe struct {
	shape Shape
	limit int64 // of the queue, bytes
	// out takes the packets that have come through, from one goroutine or, if the
	// pipe is transparent, from that of its callers.
	out func(now time.Duration, p packet)

	mu     sync.Mutex
	chance *rand.Rand
	idle   time.Duration // when the bottleneck will have sent what waits
	held   fifo
	counts Counts
	timer  alarm
	armed  bool // the timer will go off, or what is due is being taken
	closed bool
}

// alarm wakes the goroutine of a pipe.
type alarm interface {
	set(after time.Duration)
}

func newPipe(s Shape, seed uint64, out func(time.Duration, packet)) *pipe {
	return &pipe{shape: s, limit: s.queue(), out: out, chance: rand.New(rand.NewPCG(seed, 0x77616e))}
}

// enter takes a packet at a time.
func (p *pipe) enter(now time.Duration, pkt packet) {
	p.mu.Lock()
	ok := p.admit(now, &pkt)
	if ok && !p.shape.transparent() {
		p.held.push(pkt)
		if !p.armed {
			p.armed = true
			p.timer.set(pkt.due - now)
		}
	}
	p.mu.Unlock()
	switch {
	case !ok:
		pkt.free()
	case p.shape.transparent():
		p.out(now, pkt)
	}
}

// admit decides what becomes of a packet.
func (p *pipe) admit(now time.Duration, pkt *packet) bool {
	size := int64(pkt.size)
	p.idle = max(p.idle, now)
	waits := int64((p.idle - now).Seconds() * float64(p.shape.Rate) / 8)
	switch {
	case p.closed:
		return false
	case p.shape.Loss > 0 && p.chance.Float64() < p.shape.Loss:
		p.counts.Lost++
		return false
	case p.shape.Rate > 0 && waits+size > p.limit, p.held.bytes+size > heldMost:
		p.counts.Dropped++
		return false
	}
	if p.shape.Rate > 0 {
		p.idle += time.Duration(float64(size*8) / float64(p.shape.Rate) * float64(time.Second))
	}
	pkt.due = p.idle + p.shape.Delay
	p.counts.Packets++
	p.counts.Bytes += size
	return true
}

// batch is how far packets may be from each other in time to leave the pipe
// together: waking up for each costs more than the packet.
const batch = 100 * time.Microsecond

// take appends the packets that are due to buf. Without any, it sets the timer
// for the next one.
func (p *pipe) take(buf []packet, now time.Duration) []packet {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		pkt, ok := p.held.first()
		switch {
		case ok && pkt.due <= now:
			buf = append(buf, p.held.pop())
			continue
		case len(buf) > 0:
			return buf
		case ok && !p.closed:
			p.timer.set(max(pkt.due-now, batch))
		default:
			p.armed = false
		}
		return nil
	}
}

// deliver passes on what is due, until nothing is.
func (p *pipe) deliver(buf []packet, clock func() time.Duration) []packet {
	for {
		now := clock()
		buf = p.take(buf[:0], now)
		if len(buf) == 0 {
			return buf
		}
		for _, pkt := range buf {
			p.out(pkt.due, pkt)
		}
	}
}

func (p *pipe) seen() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts
}

// close makes the pipe refuse packets and leaves the timer alone.
func (p *pipe) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed, p.armed = true, true
}

// fifo is a queue of packets in a ring that grows.
type fifo struct {
	ring  []packet
	head  int
	n     int
	bytes int64
}

func (f *fifo) push(p packet) {
	if f.n == len(f.ring) {
		ring := make([]packet, max(64, 2*f.n))
		n := copy(ring, f.ring[f.head:])
		copy(ring[n:], f.ring[:f.head])
		f.ring, f.head = ring, 0
	}
	f.ring[(f.head+f.n)%len(f.ring)] = p
	f.n++
	f.bytes += int64(p.size)
}

func (f *fifo) first() (packet, bool) {
	if f.n == 0 {
		return packet{}, false
	}
	return f.ring[f.head], true
}

func (f *fifo) pop() packet {
	p := f.ring[f.head]
	f.ring[f.head] = packet{}
	f.head = (f.head + 1) % len(f.ring)
	f.n--
	f.bytes -= int64(p.size)
	return p
}
