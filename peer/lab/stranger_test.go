package lab

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hlspeer/datachannel"
	"hlspeer/signaling"
)

// stranger is a remote peer that does what a test wants it to. It speaks the
// wire's own language, so that what it sends is well formed.
type stranger struct {
	t      *testing.T
	host   *datachannel.Host
	client *signaling.Client
	ctx    context.Context

	// As a parent: what it does when a link opens, and with each REQUEST, in a
	// goroutine of its own. Either may be nil.
	opened  func(s *stranger, l *datachannel.Link)
	request func(s *stranger, l *datachannel.Link, r datachannel.Request)

	asked atomic.Int64 // REQUESTs that came
	lacks atomic.Int64 // LACKs that came
	bytes atomic.Int64 // of pieces that came
	heard chan datachannel.Message

	work  sync.WaitGroup
	mu    sync.Mutex
	links map[signaling.PeerID]*datachannel.Link
	open  chan *datachannel.Link
}

// strangerHost is the place of the stranger in the network.
const strangerHost = 200

// settle makes the stranger's network. Call it before the swarm runs.
func (st *stage) settle(s *stranger) *stranger {
	st.t.Helper()
	c := datachannel.DefaultConfig()
	var err error
	if c.Net, err = st.net.link(strangerHost, Line{}); err != nil {
		st.t.Fatal(err)
	}
	if s.host, err = datachannel.NewHost(c); err != nil {
		st.t.Fatal(err)
	}
	s.t, s.links = st.t, map[signaling.PeerID]*datachannel.Link{}
	s.open, s.heard = make(chan *datachannel.Link, 16), make(chan datachannel.Message, 1024)
	return s
}

// join brings the stranger into the channel, with a large uplink. leave ends
// it.
func (s *stranger) join(st *stage) (leave func()) {
	s.client = st.client(100e6)
	ctx, cancel := context.WithCancel(s.t.Context())
	s.ctx = ctx
	s.work.Go(func() { _ = s.client.Run(ctx) }) // fails only when called twice
	s.work.Go(func() {
		for ev := range s.client.Events() {
			s.event(ev)
		}
	})
	return func() {
		cancel()
		_ = s.host.Close()
		s.work.Wait()
	}
}

// client is a connection to the tracker for a peer that claims an uplink.
func (st *stage) client(uplink signaling.BitRate) *signaling.Client {
	st.t.Helper()
	c := signaling.DefaultConfig()
	ws := "ws" + st.TrackerURL()[len("http"):]
	c.Schedulers, c.Signalers, c.Room = []string{ws + "/ws"}, []string{ws + "/signal"}, st.SourceURL()
	c.NetDial = st.net.dialer()
	c.Enter = func() signaling.Enter { return signaling.Enter{UplinkBW: uplink, StreamRate: 200e3} }
	client, err := signaling.NewClient(c)
	if err != nil {
		st.t.Fatal(err)
	}
	return client
}

// client keeps a made-up peer known at the tracker.
type client interface {
	Run(ctx context.Context) error
	Events() <-chan signaling.Event
	Send(m signaling.Message) error
	Signal(to signaling.PeerID, data []byte) error
}

// swarmClient is a connection to the tracker for a peer of the channel's swarm.
func (st *stage) swarmClient() *signaling.Swarm {
	st.t.Helper()
	c := signaling.DefaultSwarmConfig()
	c.Announces, c.Signalers, c.Room = []string{st.TrackerURL()}, []string{"ws" + st.TrackerURL()[len("http"):] + "/signal"}, st.SourceURL()
	c.NetDial = st.net.dialer()
	c.Enter = func() signaling.Enter { return signaling.Enter{} }
	client, err := signaling.NewSwarm(c)
	if err != nil {
		st.t.Fatal(err)
	}
	return client
}

func (s *stranger) event(ev signaling.Event) {
	switch ev := ev.(type) {
	case signaling.RelayUp:
		_ = s.client.Send(signaling.GetParents{})
	case signaling.Signaled:
		s.mu.Lock()
		defer s.mu.Unlock()
		if datachannel.IsOffer(ev.Data) {
			l, err := s.host.Answer(datachannel.PeerID(ev.From), ev.Data, s.signalTo(ev.From), s)
			if err == nil {
				s.links[ev.From] = l
			}
		} else if l := s.links[ev.From]; l != nil {
			_ = l.Signal(ev.Data)
		}
	}
}

func (s *stranger) signalTo(id signaling.PeerID) datachannel.SignalFunc {
	return func(data []byte) { _ = s.client.Signal(id, data) }
}

// dial makes the stranger a child of a peer.
func (s *stranger) dial(id signaling.PeerID) *datachannel.Link {
	s.t.Helper()
	s.mu.Lock()
	l, err := s.host.Offer(datachannel.PeerID(id), s.signalTo(id), s)
	if err != nil {
		s.mu.Unlock()
		s.t.Fatal(err)
	}
	s.links[id] = l
	s.mu.Unlock()
	select {
	case <-s.open:
	case <-time.After(10 * time.Second):
		s.t.Fatal("the link does not open")
	}
	return l
}

func (s *stranger) Opened(l *datachannel.Link) {
	if s.opened != nil {
		s.work.Go(func() { s.opened(s, l) })
	}
	select {
	case s.open <- l:
	default:
	}
}

func (s *stranger) Message(l *datachannel.Link, m datachannel.Message) {
	switch m := m.(type) {
	case datachannel.Request:
		s.asked.Add(1)
		if s.request != nil {
			s.work.Go(func() { s.request(s, l, m) })
		}
	case datachannel.Lack:
		s.lacks.Add(1)
	}
	select {
	case s.heard <- m:
	default:
	}
}

func (s *stranger) Piece(_ *datachannel.Link, p datachannel.Piece) datachannel.Sink {
	select {
	case s.heard <- p:
	default:
	}
	return (*swallow)(s)
}

func (s *stranger) Silent(*datachannel.Link, bool) {}

func (s *stranger) Struck(*datachannel.Link, datachannel.Violation) {}

func (s *stranger) Closed(*datachannel.Link, error) {}

// swallow takes pieces and counts their bytes.
type swallow stranger

func (s *swallow) Write(p []byte) (int, error) {
	s.bytes.Add(int64(len(p)))
	return len(p), nil
}

func (*swallow) Finish(error) {}

// content is bytes to send as a piece; after them the source fails, or blocks
// until the stranger leaves.
type content struct {
	s     *stranger
	data  []byte
	every time.Duration // between two packets
	block bool
}

var errEnough = errors.New("that is enough")

func (c *content) Next(n int) ([]byte, error) {
	if c.every > 0 {
		select {
		case <-time.After(c.every):
		case <-c.s.ctx.Done():
			return nil, errEnough
		}
	}
	if len(c.data) >= n {
		out := c.data[:n]
		c.data = c.data[n:]
		return out, nil
	}
	if c.block {
		<-c.s.ctx.Done()
	}
	return nil, io.ErrUnexpectedEOF
}
