package datachannel

const (
	eventKeepalive    = "KEEPALIVE"
	eventKeepaliveAck = "KEEPALIVE-ACK"
)

// Keepalive asks for a sign of life (either direction, protocol 3.6):
//
//	{"event":"KEEPALIVE","current":45}
type Keepalive struct {
	Current SN // newest sequence number the sender holds; NoSN if absent
}

// Event implements [Message].
func (Keepalive) Event() string { return eventKeepalive }

func (m Keepalive) appendFields(dst []byte) []byte { return appendSN(dst, "current", m.Current) }

func parseKeepalive(f *fields) (Message, string) {
	return Keepalive{Current: f.Current.sn()}, ""
}

// KeepaliveAck answers a [Keepalive]:
//
//	{"event":"KEEPALIVE-ACK","current":45}
type KeepaliveAck struct {
	Current SN // newest sequence number the sender holds; NoSN if absent
}

// Event implements [Message].
func (KeepaliveAck) Event() string { return eventKeepaliveAck }

func (m KeepaliveAck) appendFields(dst []byte) []byte { return appendSN(dst, "current", m.Current) }

func parseKeepaliveAck(f *fields) (Message, string) {
	return KeepaliveAck{Current: f.Current.sn()}, ""
}
