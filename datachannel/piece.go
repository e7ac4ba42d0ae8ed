package datachannel

const eventPiece = "PIECE"

// Piece announces the binary messages that follow (parent to child, protocol
// 3.2 and 2.5):
//
//	{"event":"PIECE","attachments":3,"url":"seg42.ts","sn":42,"size":32868,"current":45}
type Piece struct {
	Attachments int    // number of binary messages that follow
	URL         string // the requested url, byte for byte
	SN          SN     // NoSN if absent
	Size        int64  // bytes of all attachments together
	Current     SN     // newest sequence number the sender holds; NoSN if absent
	Hops        int    // peers that the bytes passed since the HTTP source, 0 to MaxHops; an extension
}

// MaxHops bounds [Piece.Hops]; more is read as this many.
const MaxHops = 64

// Event implements [Message].
func (Piece) Event() string { return eventPiece }

func (m Piece) appendFields(dst []byte) []byte {
	dst = appendInt(dst, "attachments", int64(m.Attachments))
	dst = appendString(dst, "url", m.URL)
	dst = appendSN(dst, "sn", m.SN)
	dst = appendInt(dst, "size", m.Size)
	dst = appendSN(dst, "current", m.Current)
	if m.Hops > 0 {
		dst = appendInt(dst, "hops", int64(min(m.Hops, MaxHops)))
	}
	return dst
}

// empty reports whether the piece has no content. Some peers send that for a
// segment of no bytes; it means "not available" (protocol 2.5).
func (m Piece) empty() bool { return m.Attachments == 0 && m.Size == 0 }

func parsePiece(f *fields) (Message, string) {
	url, reason := f.URL.url()
	if reason != "" {
		return nil, reason
	}
	if url == "" {
		return nil, "no url"
	}
	size, ok := f.Size.integer(0, maxInteger)
	if !ok {
		return nil, "size is not a number of bytes"
	}
	attachments, ok := f.Attachments.integer(0, MaxAttachments)
	if !ok {
		return nil, "attachments is not a number up to 65536"
	}
	m := Piece{Attachments: int(attachments), URL: url, SN: f.SN.sn(), Size: size, Current: f.Current.sn()}
	if hops, ok := f.Hops.integer(0, maxInteger); ok {
		m.Hops = int(min(hops, MaxHops))
	}
	if !m.empty() && (attachments < 1 || attachments > size) {
		return nil, "attachments do not fit the size"
	}
	return m, ""
}
