package signaling

// AnnounceHLS registers a peer at a relay. The id parameter of the relay's URL
// says the same, so peers need not send it. Peer to relay, protocol 2.2.
//
//	{"action":"announce_hls","peer_id":"A"}
type AnnounceHLS struct{ PeerID PeerID }

// Action is "announce_hls".
func (AnnounceHLS) Action() string { return "announce_hls" }

func (m AnnounceHLS) appendFields(o *object) { o.id("peer_id", m.PeerID) }

func parseAnnounceHLS(v value) (Message, error) {
	m := AnnounceHLS{PeerID: v.get("peer_id").id()}
	if m.PeerID == "" {
		return nil, missing("announce_hls", "peer_id")
	}
	return m, nil
}
