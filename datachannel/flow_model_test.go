package datachannel

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// model is a path with one bottleneck and a few senders, on a clock of its own.
// Lost packets are sent again one round trip later, as SCTP does.
type model struct {
	rate  float64       // of the bottleneck, bytes per second
	delay time.Duration // one way, without queue
	queue time.Duration // the longest, in time; what is beyond is lost
	loss  float64       // by chance, 0 to 1
	rand  *rand.Rand

	now    time.Time
	free   time.Time // when the bottleneck has sent what it has
	events events

	queued  time.Duration // sum over packets
	packets int
}

const modelPacket = 1200

func newModel(rate float64, rtt, queue time.Duration, loss float64) *model {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return &model{
		rate: rate, delay: rtt / 2, queue: queue, loss: loss,
		rand: rand.New(rand.NewPCG(1, 2)), now: start, free: start,
	}
}

// run lets time pass.
func (m *model) run(d time.Duration) {
	end := m.now.Add(d)
	for len(m.events) > 0 && !m.events[0].at.After(end) {
		e := heap.Pop(&m.events).(event)
		m.now = e.at
		e.do()
	}
	m.now = end
}

func (m *model) after(d time.Duration, do func()) {
	heap.Push(&m.events, event{m.now.Add(d), do})
}

// send brings a packet of n bytes across and calls acked when the sender learns
// of it, and lost, where there is one, each time that it has to be sent again.
func (m *model) send(n int, acked, lost func()) {
	waits := max(m.free.Sub(m.now), 0)
	if waits > m.queue || m.rand.Float64() < m.loss {
		m.after(2*m.delay+waits, func() {
			if lost != nil {
				lost()
			}
			m.send(n, acked, lost)
		})
		return
	}
	m.packets++
	m.queued += waits
	takes := time.Duration(float64(n) / m.rate * float64(time.Second))
	m.free = m.now.Add(waits + takes)
	m.after(waits+takes+2*m.delay, acked)
}

// meanQueue is how long a packet waited on the way.
func (m *model) meanQueue() time.Duration { return m.queued / time.Duration(max(1, m.packets)) }

// sender writes messages as its flow allows.
type sender struct {
	m        *model
	flow     flow
	size     int // of a message
	left     int // bytes that it still has to write; -1: without end
	buffered int
	got      int // bytes acknowledged
	low      uint64
	timer    time.Time
	most     int       // that were under way
	done     time.Time // when the last byte was acknowledged
}

func (m *model) sender() *sender {
	s := &sender{m: m, flow: testFlow(), size: DefaultConfig().PacketSize, left: -1}
	m.after(0, s.write)
	return s
}

// during lets time pass and returns the rate in it, bytes per second.
func (s *sender) during(d time.Duration) float64 {
	before := s.got
	s.m.run(d)
	return float64(s.got-before) / d.Seconds()
}

// write writes what may leave now.
func (s *sender) write() { s.writeOn(true) }

func (s *sender) writeOn(news bool) {
	for ; ; news = false {
		s.flow.acknowledged(s.m.now, uint64(s.buffered), news)
		n := s.size
		switch {
		case s.left == 0:
			s.low, _ = s.flow.oldest()
			return
		case s.left > 0:
			n = min(n, s.left)
		}
		ok, low, wait := s.flow.mayWrite(s.m.now, n)
		if !ok {
			s.low = low
			if at := s.m.now.Add(wait); wait > 0 && at != s.timer {
				s.timer = at
				s.m.after(wait, s.write)
			}
			return
		}
		s.flow.wrote(s.m.now, n)
		s.left = max(s.left-n, min(s.left, 0))
		s.buffered += n
		s.most = max(s.most, s.buffered)
		for ; n > 0; n -= modelPacket {
			size := min(n, modelPacket)
			s.m.send(size, func() { s.acked(size) }, nil)
		}
	}
}

func (s *sender) acked(n int) {
	before := uint64(s.buffered)
	s.buffered -= n
	s.got += n
	if s.buffered == 0 && s.left == 0 {
		s.done = s.m.now
	}
	if before > s.low && uint64(s.buffered) <= s.low {
		s.write()
	}
}

// halver is a sender that grows by a packet per round trip and halves what is
// under way when a packet is lost, once per round trip: TCP Reno.
type halver struct {
	m        *model
	window   float64 // packets
	underWay int
	got      int
	halved   time.Time
}

func (m *model) halver() *halver {
	h := &halver{m: m, window: 10}
	m.after(0, h.write)
	return h
}

func (h *halver) write() {
	for float64(h.underWay) < h.window {
		h.underWay++
		h.m.send(modelPacket, h.acked, h.lost)
	}
}

func (h *halver) acked() {
	h.underWay--
	h.got += modelPacket
	h.window += 1 / h.window
	h.write()
}

func (h *halver) lost() {
	if h.m.now.Sub(h.halved) > 2*h.m.delay+h.m.queue {
		h.window, h.halved = max(h.window/2, 2), h.m.now
	}
}

type event struct {
	at time.Time
	do func()
}

// events is a heap of what happens next.
type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
