package signaling

// AppendPeer appends a message from a peer to a server: the merged fields of e
// first, then the action, then the message's own fields (protocol 2.1). Empty
// merged fields are left out, as they all are for [Enter]. A [Signal] names its
// sender twice, as peer_id and from_peer_id, because servers differ in which
// they read.
func AppendPeer(dst []byte, m Message, e Envelope) []byte {
	switch t := m.(type) {
	case Enter:
		e = Envelope{}
	case AnnounceHLS:
		e.PeerID = "" // the message's own field wins
	case Signal:
		if t.From == "" {
			t.From = e.PeerID
			m = t
		}
	}
	o := object{buf: append(dst, '{')}
	o.optional("channel", e.Channel)
	o.optional("peer_id", string(e.PeerID))
	return finish(o, m)
}

// Append appends a message without merged fields: those from a server to a peer
// or a viewer, and those from a viewer.
func Append(dst []byte, m Message) []byte {
	return finish(object{buf: append(dst, '{')}, m)
}

func finish(o object, m Message) []byte {
	o.text("action", m.Action())
	m.appendFields(&o)
	o.end('}')
	return o.buf
}
