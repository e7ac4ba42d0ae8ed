package signaling

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

const (
	outboxSize   = 256
	flushTimeout = 500 * time.Millisecond // protocol 7.9
)

var (
	errTooSlow = errors.New("server reads too slowly")
	errSilent  = errors.New("no sign of life")
	errNotUTF8 = errors.New("text frame is not UTF-8")
	errNotText = errors.New("binary frame")
)

// A socket is one open WebSocket: a reader, a writer and an outbox between the
// callers and the writer, so that nobody waits for the network.
type socket struct {
	conn       *websocket.Conn
	pingEvery  time.Duration
	unreadable func()
	via        Via
	watch      func(Passage) // nil: nobody
	log        *slog.Logger

	inbox  chan Message  // what was read; the owner receives from it until done
	outbox chan []byte   // what is to be written
	pongs  chan string   // a ping to answer; more than one at a time are not
	failed chan error    // the first cause from outside
	quit   chan struct{} // closed when the connection is
	done   chan struct{} // closed when run has returned
	err    error         // why run returned; to be read after done
}

func newSocket(conn *websocket.Conn, via Via, c Config, log *slog.Logger) *socket {
	s := &socket{
		conn:       conn,
		pingEvery:  c.PingEvery,
		unreadable: c.Unreadable,
		via:        via,
		watch:      c.Watch,
		log:        log,
		inbox:      make(chan Message),
		outbox:     make(chan []byte, outboxSize),
		pongs:      make(chan string, 1),
		failed:     make(chan error, 1),
		quit:       make(chan struct{}),
		done:       make(chan struct{}),
	}
	if s.unreadable == nil {
		s.unreadable = func() {}
	}
	return s
}

// send queues a text frame. It never blocks; a full outbox ends the socket.
func (s *socket) send(text []byte) error {
	select {
	case <-s.quit:
		return ErrOffline
	default:
	}
	if s.watch != nil { // first, so that no answer is seen before it
		s.watch(Passage{Via: s.via, Out: true, Text: text})
	}
	select {
	case s.outbox <- text:
		return nil
	default:
		s.fail(errTooSlow)
		return ErrOffline
	}
}

// fail ends the socket at once, with err as the cause.
func (s *socket) fail(err error) {
	select {
	case s.failed <- err:
	default: // there is a cause already
	}
}

// run reads and writes until the connection fails. When ctx ends it writes what
// the outbox holds, closes with code 1000, and waits for the other side to do
// the same, all within flushTimeout. The goroutines it starts have ended when
// done is closed.
func (s *socket) run(ctx context.Context) {
	defer close(s.done)
	ended := make(chan error, 2)
	go func() { ended <- s.read(ctx) }()
	go func() { ended <- s.write(ctx) }()
	running := 2
	select {
	case <-ctx.Done():
	case s.err = <-s.failed:
	case s.err = <-ended:
		running--
	}
	if ctx.Err() != nil && s.err == nil {
		running = linger(ended, running)
	}
	_ = s.conn.Close()
	close(s.quit)
	for range running {
		if err := <-ended; s.err == nil {
			s.err = err
		}
	}
}

// linger waits for the rest of the goroutines, but not for long. It returns how
// many are left.
func linger(ended <-chan error, running int) int {
	limit := time.NewTimer(flushTimeout)
	defer limit.Stop()
	for running > 0 {
		select {
		case <-ended:
			running--
		case <-limit.C:
			return running
		}
	}
	return 0
}

// write is the only place that writes to the connection, but for the answer to
// a close frame.
func (s *socket) write(ctx context.Context) error {
	ping := time.NewTicker(s.pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-s.quit:
			return nil
		case <-ctx.Done():
			return s.flush()
		case text := <-s.outbox:
			err = s.writeText(text)
		case data := <-s.pongs:
			err = s.writeControl(websocket.PongMessage, []byte(data))
		case <-ping.C:
			err = s.writeControl(websocket.PingMessage, nil)
		}
		if err != nil {
			return writeError(err)
		}
	}
}

// flush empties the outbox and says goodbye.
func (s *socket) flush() error {
	for {
		select {
		case text := <-s.outbox:
			if err := s.writeText(text); err != nil {
				return err
			}
		default:
			return s.writeControl(websocket.CloseMessage,
				websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
		}
	}
}

func (s *socket) writeText(text []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.pingEvery)); err != nil {
		return err
	}
	return s.conn.WriteMessage(websocket.TextMessage, text)
}

func (s *socket) writeControl(kind int, data []byte) error {
	return s.conn.WriteControl(kind, data, time.Now().Add(s.pingEvery))
}

// read delivers messages until the connection fails. What it cannot read it
// skips, up to a limit. Once ctx has ended it reads on without delivering,
// because the answer to our close frame comes last.
func (s *socket) read(ctx context.Context) error {
	s.conn.SetReadLimit(MaxMessage)
	s.conn.SetPongHandler(func(string) error { return s.alive() })
	s.conn.SetPingHandler(func(data string) error {
		select {
		case s.pongs <- data:
		default:
		}
		return s.alive()
	})
	var bad strikes
	for {
		m, err := s.readMessage()
		switch {
		case err == nil:
			select {
			case s.inbox <- m:
			case <-ctx.Done():
			case <-s.quit:
				return nil
			}
		case errors.Is(err, ErrUnknown):
			s.log.Debug("message skipped", "cause", err)
		case !errors.Is(err, ErrMalformed) && !errors.Is(err, errNotText):
			return err
		default:
			s.log.Debug("message skipped", "cause", err)
			s.unreadable()
			if bad.add(time.Now()) {
				return fmt.Errorf("too many unreadable messages: %w", err)
			}
		}
	}
}

// readMessage reads one frame. It counts the bytes itself: the connection's own
// limit counts them before decompression.
func (s *socket) readMessage() (Message, error) {
	if err := s.alive(); err != nil {
		return nil, readError(err)
	}
	kind, r, err := s.conn.NextReader()
	if err != nil {
		return nil, readError(err)
	}
	text, err := io.ReadAll(io.LimitReader(r, MaxMessage+1))
	switch {
	case err != nil:
		return nil, readError(err)
	case len(text) > MaxMessage:
		return nil, websocket.ErrReadLimit
	case kind != websocket.TextMessage:
		return nil, errNotText
	case !utf8.Valid(text):
		return nil, errNotUTF8
	}
	if s.watch != nil {
		s.watch(Passage{Via: s.via, Text: text})
	}
	return ParseServer(text)
}

// alive puts off the moment at which silence means death.
func (s *socket) alive() error {
	return s.conn.SetReadDeadline(time.Now().Add(2 * s.pingEvery))
}

func readError(err error) error {
	if isTimeout(err) {
		return errSilent
	}
	return fmt.Errorf("reading: %w", plain(err))
}

func writeError(err error) error {
	if isTimeout(err) {
		return errTooSlow
	}
	return fmt.Errorf("writing: %w", plain(err))
}

// isTimeout also knows the errors that the WebSocket library makes of others.
func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// plain drops the addresses from an error of an open connection. Ours differs
// every time, which would make every failure look new.
func plain(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op != "dial" {
		return op.Err
	}
	return err
}
