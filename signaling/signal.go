package signaling

import "encoding/json"

// Signal carries an offer, an answer or a candidate between two peers, through
// the relay or the scheduler socket (protocol 2.2 and 2.3). A server takes the
// sender from the socket, not from the message.
//
//	peer to server {"peer_id":"A","action":"signal","from_peer_id":"A",
//	                "to_peer_id":"C","data":{"type":"offer","sdp":"…"}}
//	server to peer {"action":"signal","from_peer_id":"A","data":{…}}
type Signal struct {
	From PeerID
	To   PeerID // "" is usual towards a peer

	// Data is one JSON object, passed on unread. Parsers unwrap an object that
	// comes as a JSON string. From a server, nil says that From cannot be
	// reached. Writers copy it as it is, so it must be valid JSON.
	Data json.RawMessage
}

// Action is "signal".
func (Signal) Action() string { return "signal" }

func (m Signal) appendFields(o *object) {
	o.optional("from_peer_id", string(m.From))
	o.optional("to_peer_id", string(m.To))
	if len(m.Data) > 0 {
		o.raw("data", m.Data)
	}
}

// parsePeerSignal reads a signal on its way to the relay.
func parsePeerSignal(v value) (Message, error) {
	m, err := parseSignal(v)
	switch {
	case err != nil:
		return nil, err
	case m.To == "":
		return nil, missing("signal", "to_peer_id")
	case m.Data == nil:
		return nil, missing("signal", "data")
	}
	return m, nil
}

// parseServerSignal reads a signal that the relay has passed on.
func parseServerSignal(v value) (Message, error) {
	m, err := parseSignal(v)
	if err != nil {
		return nil, err
	}
	if m.From == "" {
		return nil, missing("signal", "from_peer_id")
	}
	return m, nil
}

func parseSignal(v value) (Signal, error) {
	m := Signal{From: v.get("from_peer_id").id(), To: v.get("to_peer_id").id()}
	data := v.get("data")
	if data == nil || data.isNull() {
		return m, nil
	}
	if text, ok := data.text(MaxMessage); ok {
		inner, err := check([]byte(text), MaxMessage)
		if err != nil {
			return Signal{}, err
		}
		data = inner
	}
	if !data.isObject() {
		return Signal{}, missing("signal", "data")
	}
	m.Data = json.RawMessage(data.clone())
	return m, nil
}
