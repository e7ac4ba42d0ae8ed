package datachannel

const (
	eventLack          = "LACK"
	eventPieceNotFound = "PIECE_NOT_FOUND" // the same between peers of a swarm
)

// Lack answers a request that cannot be served (parent to child, protocol 3.3).
// In the middle of a piece of the same url it breaks that piece off.
//
//	{"event":"LACK","url":"seg44.ts","current":41}
//
// Peers of a swarm understand only another form (protocol 5.2). It is read as
// Lack too, and a [Link] over which [Bitfield] has come writes each Lack so:
//
//	{"event":"PIECE_NOT_FOUND","url":"seg44.ts","sn":44}
type Lack struct {
	URL     string // as requested; "" if only SN is given
	Current SN     // what the sender plays just now; NoSN, written as -1, if nothing
	SN      SN     // the requested sequence number; NoSN if absent
}

// Event implements [Message].
func (Lack) Event() string { return eventLack }

func (m Lack) appendFields(dst []byte) []byte {
	if m.URL != "" {
		dst = appendString(dst, "url", m.URL)
	}
	dst = appendInt(dst, "current", int64(max(m.Current, NoSN)))
	return appendSN(dst, "sn", m.SN)
}

func parseLack(f *fields) (Message, string) {
	url, reason := f.URL.url()
	if reason != "" {
		return nil, reason
	}
	m := Lack{URL: url, Current: f.Current.sn(), SN: f.SN.sn()}
	if m.URL == "" && m.SN == NoSN {
		return nil, "neither url nor sn"
	}
	return m, ""
}

// pieceNotFound is how a Lack is written to peers of a swarm.
type pieceNotFound Lack

// Event implements [Message].
func (pieceNotFound) Event() string { return eventPieceNotFound }

func (m pieceNotFound) appendFields(dst []byte) []byte {
	if m.URL != "" {
		dst = appendString(dst, "url", m.URL)
	}
	return appendSN(dst, "sn", m.SN)
}
