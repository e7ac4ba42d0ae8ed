package datachannel

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// freePort is a UDP port that nobody had a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).Port
}

func newOnePortHost(t testing.TB) *Host {
	t.Helper()
	c := testConfig()
	c.UDPPort = freePort(t)
	return newTestHost(t, c)
}

// call is a link on its way, with signals that go only when the test says so.
type call struct {
	pair
	from, to *Host
	up, down wire
	offer    []byte
}

func offer(t testing.TB, from, to *Host) *call {
	t.Helper()
	c := &call{from: from, to: to, up: newWire(), down: newWire()}
	c.childEar, c.parentEar = newEar(), newEar()
	var err error
	if c.child, err = from.Offer("parent", c.up.send, c.childEar); err != nil {
		t.Fatal(err)
	}
	c.offer = take(t, "offer", c.up.queue)
	return c
}

func (c *call) answer(t testing.TB) {
	t.Helper()
	var err error
	if c.parent, err = c.to.Answer("child", c.offer, c.down.send, c.parentEar); err != nil {
		t.Fatal(err)
	}
}

// finish lets the signals go and waits until the link is open.
func (c *call) finish(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var pumps sync.WaitGroup
	pumps.Go(func() { c.up.pump(ctx, func(d []byte) { _ = c.parent.Signal(d) }) })
	pumps.Go(func() { c.down.pump(ctx, func(d []byte) { _ = c.child.Signal(d) }) })
	take(t, "opened child", c.childEar.opened)
	take(t, "opened parent", c.parentEar.opened)
	cancel()
	pumps.Wait()
}

// ports are the two ports that the link uses, the lower one first.
func (c *call) ports(t testing.TB) [2]int {
	t.Helper()
	pair, err := c.child.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		t.Fatalf("no pair of addresses: %v", err)
	}
	a, b := int(pair.Local.Port), int(pair.Remote.Port)
	return [2]int{min(a, b), max(a, b)}
}

// wantAllWork sends a piece over every link at once, and wants no two of them on
// the same two ports.
func wantAllWork(t *testing.T, calls ...*call) {
	t.Helper()
	used := map[[2]int]int{}
	for i, c := range calls {
		p := c.ports(t)
		if other, ok := used[p]; ok {
			t.Errorf("links %d and %d both use the ports %d and %d", other, i, p[0], p[1])
		}
		used[p] = i
	}
	var work sync.WaitGroup
	for i, c := range calls {
		work.Go(func() {
			data := noise(300_000, uint64(i))
			c.sendPiece(t, fmt.Sprint("seg", i), data)
			m := take(t, "piece", c.childEar.pieces)
			if err := take(t, "end of the piece", m.finished); err != nil || string(m.bytes()) != string(data) {
				t.Errorf("link %d: a piece of %d bytes ended with %v", i, len(m.bytes()), err)
			}
		})
	}
	work.Wait()
}

// shared is how many links use nothing but the fixed ports.
func shared(t *testing.T, calls ...*call) int {
	t.Helper()
	n := 0
	for _, c := range calls {
		a, b := c.from.cfg.UDPPort, c.to.cfg.UDPPort
		if c.ports(t) == [2]int{min(a, b), max(a, b)} {
			n++
		}
	}
	return n
}

// Three links between two processes that have one port each, as two daemons have
// them that follow the same three channels.
func TestSeveralLinksBetweenFixedPorts(t *testing.T) {
	t.Parallel()
	a, b := newOnePortHost(t), newOnePortHost(t)
	var calls []*call
	for _, ends := range [][2]*Host{{a, b}, {b, a}, {a, b}} {
		c := offer(t, ends[0], ends[1])
		c.answer(t)
		c.finish(t)
		calls = append(calls, c)
	}
	wantAllWork(t, calls...)
	if n := shared(t, calls...); n != 1 {
		t.Errorf("%d links use the two fixed ports, want 1", n)
	}
	first := calls[0]
	first.child.Close(nil)
	take(t, "end of the child", first.child.Done())
	take(t, "end of the parent", first.parent.Done())
	again := offer(t, b, a)
	again.answer(t)
	again.finish(t)
	calls[0] = again
	wantAllWork(t, calls...)
	if n := shared(t, again); n != 1 {
		t.Error("after the end of the link that had the fixed ports they are not used again")
	}
}

// Offers that meet on their way, and an answer that is overtaken.
func TestCrossingOffersBetweenFixedPorts(t *testing.T) {
	t.Parallel()
	a, b := newOnePortHost(t), newOnePortHost(t)
	t.Run("at the same moment", func(t *testing.T) {
		x, y, z := offer(t, a, b), offer(t, b, a), offer(t, a, b)
		for _, c := range []*call{x, y, z} {
			c.answer(t)
		}
		for _, c := range []*call{x, y, z} {
			c.finish(t)
		}
		wantAllWork(t, x, y, z)
	})
	t.Run("the answer comes late", func(t *testing.T) {
		c, d := newOnePortHost(t), newOnePortHost(t)
		x := offer(t, c, d)
		x.answer(t) // d uses its port, and c does not know yet
		y := offer(t, d, c)
		y.answer(t)
		y.finish(t)
		x.finish(t)
		wantAllWork(t, x, y)
		if n := shared(t, x, y); n != 1 {
			t.Errorf("%d links use the two fixed ports, want 1", n)
		}
	})
}

// A remote without such a port never makes us open another one.
func TestFixedPortIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	one, many := newOnePortHost(t), newTestHost(t, testConfig())
	offer(t, one, newOnePortHost(t)) // it stays without an answer
	var calls []*call
	for _, ends := range [][2]*Host{{many, one}, {one, many}, {many, one}, {newTestHost(t, testConfig()), one}} {
		c := offer(t, ends[0], ends[1])
		c.answer(t)
		c.finish(t)
		calls = append(calls, c)
		if p := c.ports(t); p[0] != one.cfg.UDPPort && p[1] != one.cfg.UDPPort {
			t.Errorf("a link between the ports %v, want it at %d", p, one.cfg.UDPPort)
		}
	}
	wantAllWork(t, calls...)
}

// TestOnePortRandom: whatever order offers and answers come in, no two links of
// two processes get the same two ports.
func TestOnePortRandom(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		m := newPortModel(seed)
		for range 60 {
			m.step(t)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// portModel is two processes that offer each other links. Signals overtake each
// other.
type portModel struct {
	rnd   *rand.Rand
	sides [2]*onePort
	sdps  [2]string
	links []*modelLink
}

type modelLink struct {
	from     int // index of the side that offers
	offered  *tenant
	accepted *tenant
	state    int // 0 offered, 1 answered, 2 the answer has arrived
	own      bool
}

func newPortModel(seed uint64) *portModel {
	m := &portModel{rnd: rand.New(rand.NewPCG(seed, 3))}
	for i := range m.sides {
		m.sides[i] = newOnePort(nil)
		m.sdps[i] = mark(fmt.Sprintf("v=0\r\na=fingerprint:sha-256 A%d\r\n", i))
	}
	return m
}

func (m *portModel) step(t *testing.T) {
	i := m.rnd.IntN(len(m.links) + 2)
	if i >= len(m.links) {
		from := m.rnd.IntN(2)
		m.links = append(m.links, &modelLink{from: from, offered: m.sides[from].offer()})
		return
	}
	l := m.links[i]
	child, parent := m.sides[l.from], m.sides[1-l.from]
	switch l.state {
	case 0:
		l.accepted, l.own = parent.answer(m.sdps[l.from])
	case 1:
		sdp := m.sdps[1-l.from]
		if l.own {
			sdp = "v=0\r\na=fingerprint:sha-256 A\r\n"
		}
		child.answered(l.offered, sdp)
	default:
		child.leave(l.offered)
		if l.accepted != nil {
			parent.leave(l.accepted)
		}
		m.links = append(m.links[:i], m.links[i+1:]...)
		return
	}
	l.state++
	n := 0
	for _, l := range m.links {
		if l.state > 0 && !l.own {
			n++
		}
	}
	if n > 1 {
		t.Errorf("%d links at the two ports", n)
	}
}
