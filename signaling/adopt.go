package signaling

// AdoptRequest asks the server to make an ancestor our child. Peer to server,
// protocol 4.12.
//
//	{"action":"adopt","to_peer_id":"C"}
type AdoptRequest struct{ To PeerID }

// Action is "adopt".
func (AdoptRequest) Action() string { return "adopt" }

func (m AdoptRequest) appendFields(o *object) { o.id("to_peer_id", m.To) }

func parseAdoptRequest(v value) (Message, error) {
	m := AdoptRequest{To: v.get("to_peer_id").id()}
	if m.To == "" {
		return nil, missing("adopt", "to_peer_id")
	}
	return m, nil
}

// Adopt tells a peer to become a child of Parent. Server to peer, protocol
// 4.12. The field's older name parentId is accepted too.
//
//	{"action":"adopt","parent_id":"B","residual_bw":550000}
type Adopt struct {
	Parent PeerID
	// ResidualBW is what is left of the parent's uplink; -1 when the server
	// sent no usable number.
	ResidualBW BitRate
}

// Action is "adopt".
func (Adopt) Action() string { return "adopt" }

func (m Adopt) appendFields(o *object) {
	o.id("parent_id", m.Parent)
	if m.ResidualBW >= 0 {
		o.rate("residual_bw", m.ResidualBW)
	}
}

func parseAdopt(v value) (Message, error) {
	m := Adopt{Parent: v.get("parent_id").id(), ResidualBW: -1}
	if m.Parent == "" {
		m.Parent = v.get("parentId").id()
	}
	if m.Parent == "" {
		return nil, missing("adopt", "parent_id")
	}
	if rate, ok := v.get("residual_bw").rate(); ok {
		m.ResidualBW = rate
	}
	return m, nil
}
