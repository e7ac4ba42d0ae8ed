package datachannel

const eventPieceAck = "PIECE_ACK"

// PieceAck says that the last attachment of a piece has come, right or wrong, and
// that the next may be sent (from who asked for it, between peers of a swarm,
// protocol 5.2):
//
//	{"event":"PIECE_ACK","sn":42,"url":"seg42.ts","size":32868}
type PieceAck struct {
	SN   SN     // NoSN if absent
	URL  string // of the piece; "" if only SN is given
	Size int64  // bytes that came; 0 if absent
}

// Event implements [Message].
func (PieceAck) Event() string { return eventPieceAck }

func (m PieceAck) appendFields(dst []byte) []byte {
	dst = appendSN(dst, "sn", m.SN)
	if m.URL != "" {
		dst = appendString(dst, "url", m.URL)
	}
	if m.Size > 0 {
		dst = appendInt(dst, "size", m.Size)
	}
	return dst
}

func parsePieceAck(f *fields) (Message, string) {
	url, reason := f.URL.url()
	if reason != "" {
		return nil, reason
	}
	m := PieceAck{SN: f.SN.sn(), URL: url}
	m.Size, _ = f.Size.integer(0, maxInteger)
	if m.URL == "" && m.SN == NoSN {
		return nil, "neither url nor sn"
	}
	return m, ""
}
