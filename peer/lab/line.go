package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v5"
)

// A Line is what lies between a peer of a virtual swarm and the others.
type Line struct {
	// Delay is what a packet of another peer takes to get here. The round trip
	// between two peers is the sum of their delays.
	Delay time.Duration
	Loss  float64 // share of these packets that do not arrive, 0 to 0.5
	// Down is how much comes in at most, from peers, source and tracker together,
	// bit/s, at least 100 kbit/s; 0: no limit.
	Down int64
}

func (l Line) validate() error {
	var faults []error
	if l.Delay < 0 || l.Delay > 5*time.Second {
		faults = append(faults, fmt.Errorf("a delay of %v: want 0 to 5s", l.Delay))
	}
	if !(0 <= l.Loss && l.Loss <= .5) { // nor NaN
		faults = append(faults, fmt.Errorf("a loss of %g: want 0 to 0.5", l.Loss))
	}
	if l.Down != 0 && l.Down < 100_000 {
		faults = append(faults, fmt.Errorf("a downlink of %d bit/s: want 0 or at least 100000", l.Down))
	}
	return errors.Join(faults...)
}

// cable is the end of one peer's line. It can be cut: what the peer sends then is
// lost, and what it is sent it does not hear.
type cable struct {
	dead atomic.Bool
	over chan struct{} // closed when nobody needs what hangs on a dead cable any more
	down *valve        // nil: no limit
}

func newCable(l Line) *cable {
	c := &cable{over: make(chan struct{})}
	if l.Down > 0 {
		c.down = &valve{rate: l.Down}
	}
	return c
}

// dialLimit is how long an attempt to connect takes at most.
const dialLimit = 5 * time.Second

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// dialer is dial over the cable; nil stands for the machine's own.
func (c *cable) dialer(dial dialFunc) dialFunc {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialLimit}).DialContext
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if c.dead.Load() {
			ctx, cancel := context.WithTimeout(ctx, dialLimit) // net/http dials on when nobody waits
			defer cancel()
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &wire{Conn: conn, cable: c, closed: make(chan struct{}), changed: make(chan struct{})}, nil
	}
}

// wire is one connection over a cable. Once that is cut, not even the end of the
// connection is heard.
type wire struct {
	net.Conn
	cable  *cable
	once   sync.Once
	closed chan struct{}

	mu       sync.Mutex
	deadline time.Time     // of reads; zero: none
	changed  chan struct{} // closed and replaced with it
}

func (w *wire) Read(p []byte) (int, error) {
	for {
		n, err := w.Conn.Read(p)
		if !w.cable.dead.Load() {
			w.cable.down.take(n)
			return n, err
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, err // that is a clock's at this end
		}
		if err != nil {
			return 0, w.silence()
		}
	}
}

// silence is what is heard once the far end has gone: nothing, until this one gives up.
func (w *wire) silence() error {
	for {
		w.mu.Lock()
		at, changed := w.deadline, w.changed
		w.mu.Unlock()
		var over <-chan time.Time
		if !at.IsZero() {
			timer := time.NewTimer(time.Until(at))
			defer timer.Stop()
			over = timer.C
		}
		select {
		case <-over:
			return os.ErrDeadlineExceeded
		case <-changed:
		case <-w.closed:
			return net.ErrClosed
		case <-w.cable.over:
			return net.ErrClosed
		}
	}
}

// SetReadDeadline implements [net.Conn], also for a far end that has gone.
func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	w.deadline = t
	close(w.changed)
	w.changed = make(chan struct{})
	w.mu.Unlock()
	return w.Conn.SetReadDeadline(t)
}

// SetDeadline implements [net.Conn].
func (w *wire) SetDeadline(t time.Time) error {
	return errors.Join(w.SetReadDeadline(t), w.SetWriteDeadline(t))
}

func (w *wire) Write(p []byte) (int, error) {
	if w.cable.dead.Load() {
		return len(p), nil
	}
	return w.Conn.Write(p)
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return w.Conn.Close()
}

// linePackets is the network of a peer's data channels at the end of its cable.
type linePackets struct {
	transport.Net
	cable *cable
}

// ListenUDP implements [transport.Net].
func (n linePackets) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	return &packetConn{conn, n.cable}, nil
}

// ListenPacket implements [transport.Net].
func (n linePackets) ListenPacket(network, at string) (net.PacketConn, error) {
	conn, err := n.Net.ListenPacket(network, at)
	if udp, ok := conn.(transport.UDPConn); err == nil && ok {
		return &packetConn{udp, n.cable}, nil
	}
	return conn, err
}

// packetConn loses all once its cable is cut. What comes faster than the line
// waits in the socket, and is lost when that is full.
type packetConn struct {
	transport.UDPConn
	cable *cable
}

func (p *packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := p.UDPConn.ReadFrom(b)
		if err != nil || !p.cable.dead.Load() {
			p.cable.down.take(n)
			return n, from, err
		}
	}
}

func (p *packetConn) WriteTo(b []byte, to net.Addr) (int, error) {
	if p.cable.dead.Load() {
		return len(b), nil
	}
	return p.UDPConn.WriteTo(b, to)
}

// valveBurst is what a valve lets through without waiting.
const valveBurst = 5 * time.Millisecond

// valve holds readers up to a rate. Safe for concurrent use.
type valve struct {
	rate int64 // bit/s
	mu   sync.Mutex
	free time.Time // when all that was taken has come in
}

// take waits until n bytes have come in.
func (p *valve) take(n int) {
	if p == nil || n <= 0 {
		return
	}
	p.mu.Lock()
	now := time.Now()
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(time.Duration(int64(n) * 8 * int64(time.Second) / p.rate))
	wait := p.free.Sub(now)
	p.mu.Unlock()
	if wait > valveBurst {
		time.Sleep(wait)
	}
}
