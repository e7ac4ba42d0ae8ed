package datachannel

import "time"

// A Watcher sees what passes on all links of a host. Its methods are called from
// reading and writing goroutines of the links, several at once, in the order on
// the wire of each link and direction: they must return at once. h is the
// handler of the link.
type Watcher interface {
	// Text is one control message as it stands on the wire, whether it can be
	// understood or not. The bytes are the link's.
	Text(h Handler, out bool, text []byte)
	// Attachments sums up those of one piece, once there are no more.
	Attachments(h Handler, out bool, sum Attachments)
}

// Attachments are the binary messages that followed one PIECE.
type Attachments struct {
	Piece Piece         // what announced them
	Count int           // that came, or were sent
	Bytes int64         // in them
	Took  time.Duration // from the PIECE to the last one
	Err   error         // nil: all of them; else why there are no more
}

// watched is a piece whose attachments are being summed up.
type watched struct {
	piece Piece
	count int
	bytes int64
	began time.Time // zero: none is
}

// begin takes the header of a piece, if somebody watches.
func (w *watched) begin(by Watcher, p Piece) {
	if by != nil && p.Attachments > 0 {
		*w = watched{piece: p, began: time.Now()}
	}
}

func (w *watched) add(n int) {
	w.count++
	w.bytes += int64(n)
}

// end tells that there are no more attachments.
func (w *watched) end(by Watcher, h Handler, out bool, err error) {
	if by == nil || w.began.IsZero() {
		return
	}
	by.Attachments(h, out, Attachments{w.piece, w.count, w.bytes, time.Since(w.began), err})
	*w = watched{}
}
