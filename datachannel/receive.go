package datachannel

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pion/sctp"
)

// inbound is the state of what arrives on a link, kept by the reading goroutine.
type inbound struct {
	link  *Link
	heard bool  // anything has arrived but CAPS, which goes out on every channel
	piece Piece // in progress while left > 0
	left  int   // attachments still to come
	got   int64 // bytes that came
	sink  Sink  // nil: the rest of the piece is discarded
	pace  pace

	watched watched
}

// receive reads the channel until it ends, which closes the link.
func (l *Link) receive() {
	in := inbound{link: l, watched: l.watched(false)}
	defer func() {
		in.finish(l.cause)
		in.watched.end(l.cause)
	}()
	// Room for one packet of our own kind; a larger message makes it grow. pion
	// keeps a message that did not fit for the next call.
	buf := make([]byte, min(l.host.cfg.PacketSize, l.host.cfg.MaxMessage))
	for {
		n, text, err := l.channel().ReadDataChannel(buf)
		switch {
		case errors.Is(err, io.ErrShortBuffer):
			if buf = l.grow(buf); buf == nil {
				return
			}
		case errors.Is(err, os.ErrDeadlineExceeded) && !l.isClosing():
			l.further(in.heard)
		case err != nil:
			l.Close(endOfChannel(err))
			return
		case l.isClosing(): // nobody listens any more: read on only to see the end
			in.finish(l.cause)
		case text:
			in.text(buf[:n])
		default:
			in.binary(buf[:n])
		}
	}
}

// grow makes a buffer larger, up to the largest message accepted. Beyond that the
// link closes and grow returns nil.
func (l *Link) grow(buf []byte) []byte {
	limit := l.host.cfg.MaxMessage
	if len(buf) >= limit {
		l.Close(fmt.Errorf("%w: a message longer than %d bytes", ErrMisbehaved, limit))
		return nil
	}
	return make([]byte, min(2*len(buf), limit))
}

// endOfChannel tells a clean end from a failure. A page that closes its
// connection sends an abort "by its user" (protocol 14, H-09): that is no failure.
// Nor is the end of the channel that pion cannot answer any more, because the
// remote has ended the association as well.
func endOfChannel(err error) error {
	for _, clean := range []error{io.EOF, sctp.ErrUserInitiatedAbort, sctp.ErrResetPacketInStateNotExist} {
		if errors.Is(err, clean) {
			return ErrClosedByPeer
		}
	}
	return fmt.Errorf("%w: reading: %w", ErrFailed, err)
}

// text takes one control message.
func (in *inbound) text(text []byte) {
	in.slow()
	if len(text) > MaxText {
		in.link.Close(fmt.Errorf("%w: a text longer than %d bytes", ErrMisbehaved, MaxText))
		return
	}
	in.watched.text(text)
	m, err := Parse(text)
	if _, greeting := m.(Caps); !greeting {
		in.heard = true
	}
	switch {
	case errors.Is(err, ErrUnknown):
	case err != nil:
		in.link.log.Debug("message not understood", "error", err)
		in.link.Strike(Malformed)
	default:
		in.message(m)
	}
}

// slow holds the reader while control messages come faster than maxPace allows;
// SCTP then holds the remote. It ends early when the link is closing.
func (in *inbound) slow() {
	delay := in.pace.delay(time.Now())
	if delay == 0 {
		return
	}
	in.link.log.Debug("messages come too fast", "delay", delay)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-in.link.closing:
	}
}

func (in *inbound) message(m Message) {
	switch m := m.(type) {
	case Piece:
		in.begin(m)
	case Close:
		in.link.Close(ErrClosedByPeer)
	case Error:
		in.link.Close(fmt.Errorf("%w: %q", ErrRemoteError, m.Reason))
	case Lack:
		if in.left > 0 && m.URL == in.piece.URL {
			in.finish(ErrBrokenOff)
			in.watched.end(ErrBrokenOff)
			in.left = 0
			return
		}
		in.link.handler.Message(in.link, m)
	case Caps:
		in.link.largest.Store(int64(min(m.Packet, largePacket)))
		in.link.listens.Store(m.Polluted)
	case Bitfield:
		in.link.swarm.Store(true)
		in.link.handler.Message(in.link, m)
	default:
		in.link.handler.Message(in.link, m)
	}
}

// begin takes the header of a piece.
func (in *inbound) begin(p Piece) {
	in.finish(ErrReplaced)
	in.watched.end(ErrReplaced)
	in.watched.begin(p)
	in.piece, in.left, in.got = p, p.Attachments, 0
	tooLarge := p.Size > in.link.host.cfg.MaxPiece
	if tooLarge {
		in.link.Strike(Oversized)
	}
	if tooLarge || p.empty() {
		in.link.handler.Message(in.link, Lack{URL: p.URL, Current: NoSN, SN: p.SN})
		return
	}
	in.sink = in.link.handler.Piece(in.link, p)
}

// binary takes one attachment. Attachments are counted, whatever their size
// (protocol 2.5).
func (in *inbound) binary(data []byte) {
	in.heard = true
	if in.left == 0 {
		in.link.Strike(Unannounced)
		return
	}
	in.left--
	in.got += int64(len(data))
	in.watched.add(len(data))
	if in.left == 0 {
		defer in.watched.end(nil)
	}
	if in.sink == nil {
		return
	}
	if in.got > in.piece.Size || in.left == 0 && in.got < in.piece.Size {
		in.link.Strike(WrongSize)
		in.finish(ErrBadSize)
		return
	}
	if len(data) > 0 {
		if _, err := in.sink.Write(data); err != nil {
			in.finish(err)
			return
		}
	}
	if in.left == 0 {
		in.finish(nil)
	}
}

// finish ends the sink of the piece in progress, if there is one.
func (in *inbound) finish(err error) {
	if in.sink != nil {
		in.sink.Finish(err)
		in.sink = nil
	}
}
