package signaling

// RelayClose says that the relay is about to close the socket. Relay to peer,
// protocol 2.2.
//
//	{"action":"close","reason":"shutting down"}
type RelayClose struct{ Reason string }

// Action is "close".
func (RelayClose) Action() string { return "close" }

func (m RelayClose) appendFields(o *object) { o.optional("reason", m.Reason) }

func parseRelayClose(v value) RelayClose {
	return RelayClose{Reason: v.get("reason").str()}
}
