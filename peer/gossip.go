package peer

import (
	"errors"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer/mesh"
)

// lateBitfield is how long after the link has opened a BITFIELD shows that the
// remote began to listen only then: old clients do (hazard H-03). It may have
// missed ours.
const lateBitfield = 200 * time.Millisecond

// gossip is what a message about segments says to the brain; nil for other
// messages.
func (l *link) gossip(m datachannel.Message) mesh.Event {
	switch m := m.(type) {
	case datachannel.Bitfield:
		sns := make([]mesh.SN, len(m.SNs))
		for i, sn := range m.SNs {
			sns[i] = mesh.SN(sn)
		}
		return mesh.Holds{From: l.peer, SNs: sns}
	case datachannel.Have:
		return mesh.Has{From: l.peer, SN: mesh.SN(m.SN)}
	case datachannel.Lost:
		return mesh.HasLost{From: l.peer, SN: mesh.SN(m.SN)}
	default:
		return nil
	}
}

// greeted takes note, in the loop, of the remote's BITFIELD.
func (l *link) greeted() {
	if l.up.acks.Swap(true) {
		return
	}
	if !l.opened.IsZero() && time.Since(l.opened) > lateBitfield {
		l.t.send(l.peer, l.t.bitfield())
	}
}

// acking is a sink that tells the sender when the piece is through, so that it
// can turn to others (protocol 5.2). Sink is nil for a piece that is of no use.
type acking struct {
	datachannel.Sink
	dc    *datachannel.Link
	piece datachannel.Piece
}

func (a *acking) Write(p []byte) (int, error) {
	if a.Sink == nil {
		return len(p), nil
	}
	return a.Sink.Write(p)
}

func (a *acking) Finish(err error) {
	if !errors.Is(err, datachannel.ErrBrokenOff) && !errors.Is(err, datachannel.ErrReplaced) {
		_ = a.dc.Send(datachannel.PieceAck{URL: a.piece.URL, SN: a.piece.SN, Size: a.piece.Size}) // to a link that may have ended
	}
	if a.Sink != nil {
		a.Sink.Finish(err)
	}
}
