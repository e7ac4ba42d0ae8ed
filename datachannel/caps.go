package datachannel

const eventCaps = "CAPS"

// Caps says once, behind the first message of its sender, what that can do beyond
// the protocol (either direction; an extension). Who does not know it skips it,
// and nothing is presumed of who has not sent it:
//
//	{"event":"CAPS","v":1,"ext":["packet"],"packet":65536}
type Caps struct {
	Packet int // the largest attachment that the sender likes to get, bytes; 0: no word of it
}

// Event implements [Message].
func (Caps) Event() string { return eventCaps }

func (m Caps) appendFields(dst []byte) []byte {
	dst = appendInt(dst, "v", 1)
	if m.Packet <= 0 {
		return append(appendKey(dst, "ext"), "[]"...)
	}
	dst = append(appendKey(dst, "ext"), `["packet"]`...)
	return appendInt(dst, "packet", int64(m.Packet))
}

func parseCaps(f *fields) (Message, string) {
	packet, _ := f.Packet.integer(1<<10, 1<<20)
	return Caps{Packet: int(packet)}, ""
}
