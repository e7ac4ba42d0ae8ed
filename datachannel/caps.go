package datachannel

import (
	"encoding/json"
	"slices"
)

const (
	eventCaps = "CAPS"

	// What can be in the list of CAPS.
	extPacket   = "packet"
	extPolluted = "polluted"
)

// Caps says once, behind the first message of its sender, or the first piece with
// its attachments, what that can do beyond the protocol (either direction; an
// extension). Who does not know it skips it, and nothing is presumed of who has not
// sent it:
//
//	{"event":"CAPS","v":1,"ext":["packet","polluted"],"packet":65536}
type Caps struct {
	Packet   int  // the largest attachment that the sender likes to get, bytes; 0: no word of it
	Polluted bool // it listens to [Polluted]
}

// Event implements [Message].
func (Caps) Event() string { return eventCaps }

func (m Caps) appendFields(dst []byte) []byte {
	dst = append(appendKey(appendInt(dst, "v", 1), "ext"), '[')
	if m.Packet > 0 {
		dst = appendQuoted(dst, extPacket)
	}
	if m.Packet > 0 && m.Polluted {
		dst = append(dst, ',')
	}
	if m.Polluted {
		dst = appendQuoted(dst, extPolluted)
	}
	dst = append(dst, ']')
	if m.Packet > 0 {
		dst = appendInt(dst, extPacket, int64(m.Packet))
	}
	return dst
}

func parseCaps(f *fields) (Message, string) {
	packet, _ := f.Packet.integer(1<<10, 1<<20)
	var ext []string
	_ = json.Unmarshal(f.Ext, &ext) // what is no list of texts says nothing
	return Caps{Packet: int(packet), Polluted: slices.Contains(ext, extPolluted)}, ""
}
