package datachannel

import "io"

// SignalFunc carries one signal object (protocol 2.3) to the remote peer. The
// link calls it from its own goroutine, one at a time, offer or answer first;
// each object is shorter than 5120 bytes. It must not block for long; data is
// the callee's to keep.
type SignalFunc func(data []byte)

// Handler hears what happens on a link. Its methods are called from the link's
// reading goroutine, one at a time, in order of arrival, possibly before
// [Host.Offer] or [Host.Answer] has returned. While one runs nothing is read, so
// none may block for long.
type Handler interface {
	// Opened says that messages may be sent. It is not called for a link that
	// never opens.
	Opened(l *Link)
	// Message hands on a control message: all known ones except PIECE, CLOSE,
	// ERROR, CAPS and a LACK that breaks a piece off. Those of swarms come too, whether
	// the caller is in one or not: BITFIELD, HAVE, LOST, PIECE_ACK, PING (which
	// the link does not answer) and PONG; so does POLLUTED. PIECE_NOT_FOUND, and a PIECE that cannot
	// be taken (empty, or larger than Config.MaxPiece), come as a [Lack]. More
	// than 500 messages within a second are read with a delay.
	Message(l *Link, m Message)
	// Piece says that a piece begins and asks where it shall go. With nil its
	// attachments are discarded; if it was never asked for, the handler should
	// also call [Link.Strike] with [Unasked].
	Piece(l *Link, p Piece) Sink
	// Struck says that the remote broke the protocol; what it sent is not heeded.
	Struck(l *Link, v Violation)
	// Silent says that nothing has come over an open link for two to three
	// seconds, not even the signs of life that ICE asks for; or, with false, that
	// something has come again. It is called from another goroutine than the rest,
	// possibly after Closed.
	Silent(l *Link, silent bool)
	// Closed is called exactly once and last of all, also if the link never
	// opened. The connection is torn down right after it, see [Link.Done]. See
	// [Deliberate] for the cause.
	Closed(l *Link, cause error)
}

// Sink takes one piece, called from the link's reading goroutine.
type Sink interface {
	// Write takes one attachment. The bytes are the link's: copy them. After an
	// error the rest of the piece is discarded.
	io.Writer
	// Finish is called exactly once, last: with nil if all attachments came and
	// add up to the announced size; else with [ErrBadSize], [ErrReplaced],
	// [ErrBrokenOff], the error of Write, or the cause of the link's end.
	Finish(err error)
}

// PacketSource yields the bytes of one piece to send.
type PacketSource interface {
	// Next returns the next n bytes, fewer only at the end; it may block until
	// they are there. The link only reads the slice, and may still do so after
	// [Link.SendPiece] has returned: the bytes must not change.
	Next(n int) ([]byte, error)
}

// WholeSource is a [PacketSource] that can say whether all of it is there
// already, so that nobody waits for what a larger packet is filled with. It is
// asked once, before Next.
type WholeSource interface {
	PacketSource
	Whole() bool
}
