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

// watched tells a watcher what passes in one direction of a link, and sums up the
// attachments of a piece.
type watched struct {
	by  Watcher // nil: nobody watches
	of  Handler
	out bool

	piece Piece
	count int
	bytes int64
	began time.Time // zero: none is
}

func (l *Link) watched(out bool) watched {
	return watched{by: l.host.cfg.Watcher, of: l.handler, out: out}
}

// text tells of a control message.
func (w *watched) text(text []byte) {
	if w.by != nil {
		w.by.Text(w.of, w.out, text)
	}
}

// begin takes the header of a piece, if somebody watches.
func (w *watched) begin(p Piece) {
	if w.by != nil && p.Attachments > 0 {
		w.piece, w.count, w.bytes, w.began = p, 0, 0, time.Now()
	}
}

func (w *watched) add(n int) {
	w.count++
	w.bytes += int64(n)
}

// end tells that there are no more attachments.
func (w *watched) end(err error) {
	if w.began.IsZero() {
		return
	}
	w.by.Attachments(w.of, w.out, Attachments{w.piece, w.count, w.bytes, time.Since(w.began), err})
	w.piece, w.began = Piece{}, time.Time{}
}
