package datachannel

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	outboxSize   = 64 // control messages that wait for the writer
	signalsSize  = 64 // signals of either side that wait for their turn
	channelsSize = 2  // two can be open at once, if both sides made an offer

	// flushTime is how long closing waits for what was sent to arrive, and again
	// for the remote to close its side.
	flushTime = 200 * time.Millisecond
)

// Link is one peer connection with one data channel. All methods may be called
// at once and from within a [Handler], except where noted.
type Link struct {
	host      *Host
	remote    PeerID
	initiator bool
	pc        *webrtc.PeerConnection
	unbound   chan struct{} // the SCTP association has ended
	handler   Handler
	send      SignalFunc
	log       *slog.Logger

	signals    chan signal // from the remote, parsed
	candidates chan string // ours, for the remote
	channels   chan arrival

	ch        atomic.Pointer[channel] // the channel in use; nil until open
	outbox    chan Message
	frames    chan frame    // parts of the piece whose sender holds turn
	brokenOff chan Lack     // ends that piece early; the writer then frees turn
	turn      chan struct{} // one place: who sends a piece
	drained   chan struct{} // the send buffer has fallen to the channel's threshold
	strikes   strikes
	swarm     atomic.Bool  // BITFIELD has come: the remote knows PIECE_NOT_FOUND, not LACK
	largest   atomic.Int64 // attachment that the remote has said it takes, bytes; 0: it has not
	listens   atomic.Bool  // the remote has said that it takes POLLUTED
	rate      atomic.Int64 // of the path, bytes per second; 0 while unknown

	closeOnce sync.Once
	closing   chan struct{}
	cause     error // set before closing is closed
	done      chan struct{}
}

func newLink(h *Host, remote PeerID, pc *webrtc.PeerConnection, send SignalFunc, hd Handler) *Link {
	return &Link{
		host:       h,
		remote:     remote,
		pc:         pc,
		unbound:    make(chan struct{}),
		handler:    hd,
		send:       send,
		log:        h.log.With("remote", string(remote)),
		signals:    make(chan signal, signalsSize),
		candidates: make(chan string, signalsSize),
		channels:   make(chan arrival, channelsSize),
		outbox:     make(chan Message, outboxSize),
		frames:     make(chan frame),
		brokenOff:  make(chan Lack, 1),
		turn:       make(chan struct{}, 1),
		drained:    make(chan struct{}, 1),
		closing:    make(chan struct{}),
		done:       make(chan struct{}),
	}
}

// run is the life of the link, in its reading goroutine. It owns the writing
// goroutine and the peer connection.
func (l *Link) run(offer signal) {
	defer close(l.done)
	defer l.host.forget(l)
	if l.open(offer) {
		l.host.open.Add(1)
		defer l.host.open.Add(-1)
		written := make(chan struct{})
		go func() {
			defer close(written)
			l.write()
		}()
		l.handler.Opened(l)
		l.receive()
		<-written
		l.wake(l.channel(), time.Time{}) // pion's timer of the last deadline
	}
	l.handler.Closed(l, l.cause)
	l.disconnect()
}

// disconnect ends the peer connection and all goroutines of pion. It ends DTLS
// first and lets SCTP see that: closing everything at once, pion waits with a
// lock held that the goroutine accepting channels needs.
func (l *Link) disconnect() {
	if err := l.pc.SCTP().Transport().Stop(); err != nil {
		l.log.Debug("ending DTLS", "error", err)
	}
	if l.pc.SCTP().State() == webrtc.SCTPTransportStateConnected {
		timeout := time.NewTimer(flushTime)
		defer timeout.Stop()
		select {
		case <-l.unbound:
		case <-timeout.C:
		}
	}
	ended, err := attend(closeTime, l.pc.GracefulClose)
	switch {
	case !ended:
		l.log.Warn("a peer connection does not end; it is left behind", "after", closeTime.String())
	case err != nil:
		l.log.Debug("closing the peer connection", "error", err)
	}
}

// closeTime is how long a peer connection may take to end. pion waits for ever
// where it is told to end in the moment in which SCTP has greeted: one goroutine
// holds the association's lock and waits for another that has given up (seen
// once, in a process with 300 peers and no processor time left).
const closeTime = 5 * time.Second

// attend calls f and waits for its end; false: it takes longer than limit, and
// nobody waits for it any more.
func attend(limit time.Duration, f func() error) (ended bool, err error) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err = <-done:
		return true, err
	case <-timer.C:
		return false, nil
	}
}

// Listens says that the remote has announced that it takes [Polluted]. That comes
// with its first message.
func (l *Link) Listens() bool { return l.listens.Load() }

// Remote is the peer on the other side.
func (l *Link) Remote() PeerID { return l.remote }

// Signal takes one signal object of the remote: an answer or a candidate. What
// is of no use, or comes when the channel is open, is ignored (protocol 2.3).
// The error is ErrBadSignal or, for an offer, ErrUnexpectedSignal.
func (l *Link) Signal(data []byte) error {
	s, err := parseSignal(data)
	switch {
	case err != nil:
		return err
	case s.kind == signalOffer:
		return fmt.Errorf("%w: offer for a link that exists", ErrUnexpectedSignal)
	case s.kind == signalIgnored || l.channel() != nil:
		return nil
	}
	select {
	case l.signals <- s:
		return nil
	default:
		return fmt.Errorf("%w: more than %d are waiting", ErrBadSignal, signalsSize)
	}
}

// Send queues a control message and returns at once. It is ErrNotOpen before the
// channel is open, and the link's cause once it is closing. If 64 messages wait
// already, the link closes with ErrStalled. Once the remote has sent [Bitfield],
// a [Lack] goes out as PIECE_NOT_FOUND.
func (l *Link) Send(m Message) error {
	switch {
	case l.isClosing():
		return l.cause
	case l.channel() == nil:
		return ErrNotOpen
	}
	select {
	case l.outbox <- m:
		return nil
	default:
		l.Close(ErrStalled)
		return ErrStalled
	}
}

// Pending is about the number of bytes in the SCTP send buffer.
func (l *Link) Pending() int {
	ch := l.channel()
	if ch == nil {
		return 0
	}
	return int(ch.BufferedAmount())
}

// RTT is the round trip time that ICE measured last, about once a second; 0 if
// unknown.
func (l *Link) RTT() time.Duration {
	if l.channel() == nil || l.isClosing() {
		return 0
	}
	pair, ok := l.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePairStats()
	if !ok {
		return 0
	}
	return time.Duration(pair.CurrentRoundTripTime * float64(time.Second))
}

// Strike notes that the remote broke the protocol and tells the handler. More
// than 10 strikes within a minute close the link with ErrMisbehaved. All
// violations but [Unasked] and [Flood] are found by the link itself.
func (l *Link) Strike(v Violation) {
	l.handler.Struck(l, v)
	if l.strikes.add(time.Now()) {
		l.Close(fmt.Errorf("%w: %s", ErrMisbehaved, v))
	}
}

// Close begins to close the link and returns at once: CLOSE is sent and drained,
// then the channel is closed, then the connection, within about half a second
// (protocol 2.4, 16.10). The first cause counts; nil means [ErrClosed].
func (l *Link) Close(cause error) {
	l.closeOnce.Do(func() {
		if cause == nil {
			cause = ErrClosed
		}
		l.cause = cause
		close(l.closing)
		if ch := l.channel(); ch != nil {
			l.expire(ch.SetWriteDeadline) // frees the writer
		}
	})
}

// Done is closed when all goroutines of the link have ended, after
// [Handler.Closed].
func (l *Link) Done() <-chan struct{} { return l.done }

// Err is the cause of the link's end; nil before Done is closed.
func (l *Link) Err() error {
	select {
	case <-l.done:
		return l.cause
	default:
		return nil
	}
}

// fail closes the link as broken.
func (l *Link) fail(doing string, err error) {
	l.Close(fmt.Errorf("%w: %s: %w", ErrFailed, doing, err))
}

func (l *Link) isClosing() bool {
	select {
	case <-l.closing:
		return true
	default:
		return false
	}
}

// peerIsGone reports whether the remote no longer listens. Only for a closing link.
func (l *Link) peerIsGone() bool {
	return errors.Is(l.cause, ErrClosedByPeer) || errors.Is(l.cause, ErrFailed)
}

// channel is the channel in use; nil before the link is open.
func (l *Link) channel() channel {
	if ch := l.ch.Load(); ch != nil {
		return *ch
	}
	return nil
}

// wake ends what the reader waits for at a time; with a zero time, it may wait.
func (l *Link) wake(ch channel, at time.Time) {
	if err := ch.SetReadDeadline(at); err != nil {
		l.log.Debug("setting the deadline for reading", "error", err)
	}
}

// expire sets a deadline of a channel to the end of the flush time.
func (l *Link) expire(set func(time.Time) error) {
	if err := set(time.Now().Add(flushTime)); err != nil {
		l.log.Debug("setting a deadline", "error", err)
	}
}
