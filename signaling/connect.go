package signaling

// Connect tells a peer to become a child of To. Server to peer, protocol 4.6.
//
//	{"action":"connect","to_peer_id":"C"}
type Connect struct{ To PeerID }

// Action is "connect".
func (Connect) Action() string { return "connect" }

func (m Connect) appendFields(o *object) { o.id("to_peer_id", m.To) }

func parseConnect(v value) (Message, error) {
	m := Connect{To: v.get("to_peer_id").id()}
	if m.To == "" {
		return nil, missing("connect", "to_peer_id")
	}
	return m, nil
}

// Disconnect tells a peer to close its links to Peers. Server to peer, protocol
// 4.7. Entries that are no ids are skipped.
//
//	{"action":"disconnect","to_peers":["A","B"]}
type Disconnect struct{ Peers []PeerID }

// Action is "disconnect".
func (Disconnect) Action() string { return "disconnect" }

func (m Disconnect) appendFields(o *object) {
	o.begin("to_peers", '[')
	for _, id := range m.Peers {
		o.idElement(id)
	}
	o.end(']')
}

func parseDisconnect(v value) Disconnect {
	var m Disconnect
	for e := range v.get("to_peers").elements() {
		id := e.id()
		if id == "" {
			continue
		}
		if len(m.Peers) == MaxEntries {
			break
		}
		m.Peers = append(m.Peers, id)
	}
	return m
}
