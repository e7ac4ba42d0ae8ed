package datachannel

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait of the tests. It is real time outside of bubbles.
const patience = 20 * time.Second

func testConfig() Config {
	c := DefaultConfig()
	c.Loopback = true
	return c
}

func newTestHost(t testing.TB, c Config) *Host {
	t.Helper()
	h, err := NewHost(c)
	if err != nil {
		t.Fatalf("NewHost: %v", err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("closing the host: %v", err)
		}
	})
	return h
}

// ear is a Handler that records what it hears.
type ear struct {
	opened   chan *Link
	messages chan Message
	pieces   chan *memory
	closed   chan error
	silences chan bool
	struck   sync.Map                    // by violation
	sink     func(l *Link, p Piece) Sink // in place of a memory
}

func newEar() *ear {
	return &ear{
		opened:   make(chan *Link, 1),
		messages: make(chan Message, 256),
		pieces:   make(chan *memory, 256),
		closed:   make(chan error, 2),
		silences: make(chan bool, 64),
	}
}

func (e *ear) Opened(l *Link)              { e.opened <- l }
func (e *ear) Message(_ *Link, m Message)  { e.messages <- m }
func (e *ear) Silent(_ *Link, silent bool) { e.silences <- silent }
func (e *ear) Struck(_ *Link, v Violation) { e.struck.Store(v, true) }
func (e *ear) Closed(_ *Link, cause error) { e.closed <- cause }
func (e *ear) Piece(l *Link, p Piece) Sink {
	if e.sink != nil {
		return e.sink(l, p)
	}
	m := &memory{piece: p, finished: make(chan error, 2)}
	e.pieces <- m
	return m
}

// memory is a Sink that keeps a piece.
type memory struct {
	piece    Piece
	mu       sync.Mutex
	data     []byte
	sizes    []int
	finished chan error
	fail     error // what Write answers
}

func (m *memory) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.data = append(m.data, p...)
	m.sizes = append(m.sizes, len(p))
	return len(p), m.fail
}

func (m *memory) Finish(err error) { m.finished <- err }

func (m *memory) bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.data)
}

// take waits for the next value of a channel.
func take[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case v := <-c:
		return v
	case <-timeout.C:
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

// wire carries signals between two ends in the order they were sent.
type wire struct {
	queue chan []byte
}

func newWire() wire             { return wire{make(chan []byte, 256)} }
func (w wire) send(data []byte) { w.queue <- data }
func (w wire) pump(ctx context.Context, deliver func([]byte)) {
	for {
		select {
		case data := <-w.queue:
			deliver(data)
		case <-ctx.Done():
			return
		}
	}
}

// pair is two connected links: the child's and the parent's.
type pair struct {
	child, parent       *Link
	childEar, parentEar *ear
}

// connect links two hosts and waits until both sides are open.
func connect(t testing.TB, child, parent *Host) pair {
	t.Helper()
	return connectEars(t, child, parent, newEar(), newEar())
}

func connectEars(t testing.TB, child, parent *Host, childEar, parentEar *ear) pair {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	up, down := newWire(), newWire()
	c, err := child.Offer("parent", up.send, childEar)
	if err != nil {
		t.Fatalf("Offer: %v", err)
	}
	p, err := parent.Answer("child", take(t, "offer", up.queue), down.send, parentEar)
	if err != nil {
		t.Fatalf("Answer: %v", err)
	}
	var pumps sync.WaitGroup
	pumps.Go(func() { up.pump(ctx, func(d []byte) { _ = p.Signal(d) }) })
	pumps.Go(func() { down.pump(ctx, func(d []byte) { _ = c.Signal(d) }) })
	take(t, "opened child", childEar.opened)
	take(t, "opened parent", parentEar.opened)
	cancel()
	pumps.Wait()
	return pair{child: c, parent: p, childEar: childEar, parentEar: parentEar}
}

// connectLocal links two new hosts over loopback.
func connectLocal(t testing.TB) pair {
	t.Helper()
	return connect(t, newTestHost(t, testConfig()), newTestHost(t, testConfig()))
}

// noise is n bytes that differ between calls with different seeds.
func noise(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 7))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// source is a PacketSource over memory.
type source struct {
	data []byte
	fail error // given when data has run out
}

func (s *source) Next(n int) ([]byte, error) {
	if len(s.data) == 0 && s.fail != nil {
		return nil, s.fail
	}
	n = min(n, len(s.data))
	b := s.data[:n]
	s.data = s.data[n:]
	return b, nil
}

// Whole implements [WholeSource].
func (*source) Whole() bool { return true }

func (p pair) sendPiece(t testing.TB, url string, data []byte) {
	t.Helper()
	piece := Piece{URL: url, SN: 42, Size: int64(len(data)), Current: NoSN}
	if err := p.parent.SendPiece(t.Context(), piece, &source{data: data}); err != nil {
		t.Fatalf("SendPiece: %v", err)
	}
}

var errTest = errors.New("test")
