package signaling

// Reject refuses. From the server itself it means: stay away (protocol 4.13).
// Between peers, through the relay, it means that From will not link with To
// (protocol 2.2). A server takes the sender from the socket.
//
//	peer to server   {"action":"reject","to_peer_id":"B","reason":"full"}
//	server to peer   {"action":"reject","from_peer_id":"A","reason":"full"}
//	the server's own {"action":"reject","reason":"banned"}
type Reject struct {
	From   PeerID // "" for the server itself
	To     PeerID // "" towards a peer
	Reason string // optional
}

// Action is "reject".
func (Reject) Action() string { return "reject" }

func (m Reject) appendFields(o *object) {
	o.optional("from_peer_id", string(m.From))
	o.optional("to_peer_id", string(m.To))
	o.optional("reason", m.Reason)
}

// parsePeerReject reads a refusal on its way to the relay.
func parsePeerReject(v value) (Message, error) {
	m := parseReject(v)
	if m.To == "" {
		return nil, missing("reject", "to_peer_id")
	}
	return m, nil
}

func parseReject(v value) Reject {
	m := Reject{
		From:   v.get("from_peer_id").id(),
		To:     v.get("to_peer_id").id(),
		Reason: v.get("reason").str(),
	}
	if m.From == "" {
		m.From = v.get("from").id()
	}
	return m
}
