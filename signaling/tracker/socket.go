package tracker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"hlspeer/signaling"
)

const (
	// maxMessage is the longest message of a peer in bytes, unpacked.
	maxMessage = 64 << 10
	// outboxSize is how many messages wait for a slow peer before its socket is
	// closed.
	outboxSize = 256
	// maxWrite bytes may take writeTimeout to get into the socket.
	maxWrite     = 64 << 10
	writeTimeout = 10 * time.Second
	// closeTimeout is how long the other side may take to agree to the end.
	closeTimeout = time.Second
)

var (
	errTooLong  = errors.New("message too long")
	errLongName = errors.New("the channel has too long a name")
)

// reasonKey is told to who comes without a key that is asked for.
const reasonKey = "unknown key"

// Reasons for which a socket is closed, with the codes of RFC 6455 or of our
// own.
var (
	endNormal    = ending{websocket.CloseNormalClosure, "bye"}
	endAway      = ending{websocket.CloseGoingAway, "the tracker is shutting down"}
	endTooLong   = ending{websocket.CloseMessageTooBig, errTooLong.Error()}
	endMalformed = ending{websocket.ClosePolicyViolation, "too many unreadable messages"}
	endNoEnter   = ending{websocket.ClosePolicyViolation, "the first message must be enter, within 10 s"}
	endNoID      = ending{websocket.ClosePolicyViolation, "no id in the address, and no announce_hls within 10 s"}
	endNoRoom    = ending{websocket.ClosePolicyViolation, "no channel, or too long a name"}
	endKey       = ending{websocket.ClosePolicyViolation, reasonKey}
	endExpired   = ending{websocket.ClosePolicyViolation, errKeyExpired.Error()}
	endElsewhere = ending{websocket.ClosePolicyViolation, errKeyElsewhere.Error()}
	endLeft      = ending{4000, "the peer has left its channel"}
	endSurplus   = ending{4001, "too many relay sockets for one id"}
	endUnknown   = ending{4004, errUnknownPeer.Error()}
)

// unwelcome is the ending of a socket whose peer has no key for the channel.
func unwelcome(err error) ending { return ending{websocket.ClosePolicyViolation, err.Error()} }

// rejects says whether the peer is told to stay away: the code alone would make it
// try again soon.
func (e ending) rejects() bool { return e == endKey || e == endExpired || e == endElsewhere }

// busy is the ending of a socket for which there is no room.
func busy(err error) ending { return ending{websocket.CloseTryAgainLater, err.Error()} }

type ending struct {
	code   int
	reason string
}

// A dialect is what differs between the sockets of peers and of viewers.
type dialect struct {
	parse  func(text []byte) (signaling.Message, error)
	outbox int // messages
	pace   pace
	tally  *prometheus.CounterVec // by action and direction
}

// A socket is the WebSocket of a peer or a viewer. Its outbox decouples who
// sends from the network: send and end never block and may be called by any
// goroutine. Two goroutines serve it, both within serve.
type socket struct {
	conn    *websocket.Conn
	dialect dialect
	idle    time.Duration

	speedTest string // URL for who is accepted on it; "" for none

	outbox chan signaling.Message
	ended  chan struct{} // closed by end
	once   sync.Once
	cause  ending // set before ended is closed

	leaving  atomic.Bool   // the other side has said that it closes
	readDone chan struct{} // closed when nothing more can be read
	strikes  strikes
	pace     pace
}

func newSocket(conn *websocket.Conn, idle time.Duration, d dialect) *socket {
	return &socket{
		conn: conn, dialect: d, idle: idle, pace: d.pace,
		outbox: make(chan signaling.Message, d.outbox),
		ended:  make(chan struct{}), readDone: make(chan struct{}),
	}
}

// send queues a message. It reports false when the socket is at its end; one
// that is too slow is brought there.
func (s *socket) send(m signaling.Message) bool {
	if s.isLeaving() {
		return false
	}
	select {
	case s.outbox <- m:
		return true
	default:
		s.end(busy(errors.New("too slow")))
		// The writer is stuck: let it fail now.
		_ = s.conn.NetConn().SetDeadline(time.Now())
		return false
	}
}

// push waits until the outbox takes a message. It reports false when the socket
// is at its end.
func (s *socket) push(m signaling.Message) bool {
	select {
	case <-s.ended:
		return false
	case s.outbox <- m:
		return true
	}
}

// end closes the socket. Only the first ending counts. What waits in the outbox
// is dropped.
func (s *socket) end(e ending) {
	s.once.Do(func() {
		s.cause = e
		close(s.ended)
	})
}

// isLeaving says that either side has closed the socket, so that nothing more
// arrives there.
func (s *socket) isLeaving() bool { return s.leaving.Load() || s.isEnded() }

func (s *socket) isEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// serve passes what is read to handle, one message at a time, until either side
// closes the socket or ctx ends. No goroutine of the socket is left then.
func (s *socket) serve(ctx context.Context, handle func(signaling.Message)) {
	stop := context.AfterFunc(ctx, func() { s.end(endAway) })
	defer stop()
	var writer sync.WaitGroup
	writer.Go(s.write)
	s.read(handle)
	close(s.readDone)
	s.end(endNormal)
	writer.Wait()
}

func (s *socket) read(handle func(signaling.Message)) {
	s.conn.SetReadLimit(maxMessage)
	closing := s.conn.CloseHandler()
	s.conn.SetCloseHandler(func(code int, reason string) error {
		s.leaving.Store(true) // before the other side hears that we know
		return closing(code, reason)
	})
	s.conn.SetPongHandler(func(string) error { return s.extend() })
	answer := s.conn.PingHandler()
	s.conn.SetPingHandler(func(data string) error { return errors.Join(s.extend(), answer(data)) })
	for {
		if s.extend() != nil {
			return
		}
		text, err := s.next()
		switch {
		case errors.Is(err, errTooLong):
			s.end(endTooLong)
		case err != nil:
			return
		}
		if s.isEnded() {
			continue // only to see the other side close
		}
		if text != nil {
			if m := s.parse(text); m != nil {
				handle(m)
			}
		}
		s.rest(s.pace.take(time.Now()))
	}
}

// extend allows for as much silence again, unless the socket is at its end.
func (s *socket) extend() error {
	if s.isEnded() {
		return nil // the writer limits the time
	}
	if err := s.conn.SetReadDeadline(time.Now().Add(s.idle)); err != nil {
		return fmt.Errorf("setting a deadline: %w", err)
	}
	return nil
}

// next reads a text message, nil for a binary one. The library limits what
// comes over the wire, and then closes the socket itself; the limit here is on
// what that unpacks to.
func (s *socket) next() ([]byte, error) {
	kind, r, err := s.conn.NextReader()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxMessage+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxMessage:
		return nil, errTooLong
	case kind != websocket.TextMessage:
		return nil, nil
	}
	return text, nil
}

// parse returns nil for what is to be skipped.
func (s *socket) parse(text []byte) signaling.Message {
	m, err := s.dialect.parse(text)
	switch {
	case err == nil:
		s.count(m.Action(), "in")
		return m
	case errors.Is(err, signaling.ErrUnknown):
		s.count(actionUnknown, "in")
	default:
		s.count(actionMalformed, "in")
		if s.strikes.add(time.Now()) {
			s.end(endMalformed)
		}
	}
	return nil
}

func (s *socket) count(action, direction string) {
	s.dialect.tally.WithLabelValues(action, direction).Inc()
}

// rest waits before the next message is read.
func (s *socket) rest(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ended:
	}
}

func (s *socket) write() {
	defer s.conn.Close()
	ping := time.NewTicker(s.idle / 2)
	defer ping.Stop()
	var buf []byte
	for {
		select {
		case <-s.ended:
			s.sayBye()
			return
		case <-ping.C:
			if s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)) != nil {
				return
			}
		case m := <-s.outbox:
			var err error
			if many, ok := m.(*shared); ok {
				err = s.writeText(many.encoded())
			} else {
				buf = signaling.Append(buf[:0], m)
				err = s.writeText(buf)
			}
			if err != nil {
				return
			}
			s.count(m.Action(), "out")
		}
	}
}

// writeText writes a message, a long one in frames that have a deadline each.
func (s *socket) writeText(text []byte) error {
	w, err := s.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return fmt.Errorf("beginning a message: %w", err)
	}
	for frame := range slices.Chunk(text, maxWrite) {
		if s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil || s.isEnded() {
			return errors.New("socket at its end")
		}
		if _, err := w.Write(frame); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
	return w.Close()
}

// sayBye sends the reason and gives the other side a moment to close.
func (s *socket) sayBye() {
	select {
	case <-s.readDone:
		return
	default:
	}
	if s.cause.rejects() {
		_ = s.conn.SetWriteDeadline(time.Now().Add(closeTimeout))
		_ = s.conn.WriteMessage(websocket.TextMessage, signaling.Append(nil, signaling.Reject{Reason: s.cause.reason}))
	}
	text := websocket.FormatCloseMessage(s.cause.code, s.cause.reason)
	if s.conn.WriteControl(websocket.CloseMessage, text, time.Now().Add(closeTimeout)) != nil {
		return
	}
	t := time.NewTimer(closeTimeout)
	defer t.Stop()
	select {
	case <-s.readDone:
	case <-t.C:
	}
}
