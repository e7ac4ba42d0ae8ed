package signaling

// GetParents asks for candidate parents. Peer to server, protocol 4.10. The
// answer is [Parents].
//
//	{"action":"get_parents"}
type GetParents struct{}

// Action is "get_parents".
func (GetParents) Action() string { return "get_parents" }

func (GetParents) appendFields(*object) {}

// Parents lists candidate parents, best first. It answers [GetParents] and may
// also come unasked. An empty list is valid and means none. Server to peer,
// protocol 4.9.
//
//	{"action":"parents","nodes":[{"peer_id":"C","residual_bw":500000}]}
type Parents struct{ Nodes []Candidate }

// A Candidate is a peer that may be asked to become a parent.
type Candidate struct {
	PeerID PeerID
	// ResidualBW is what is left of its uplink; 0 also when the server sent no
	// usable number.
	ResidualBW BitRate
}

// Action is "parents".
func (Parents) Action() string { return "parents" }

func (m Parents) appendFields(o *object) {
	o.begin("nodes", '[')
	for _, n := range m.Nodes {
		o.element('{')
		o.id("peer_id", n.PeerID)
		o.rate("residual_bw", n.ResidualBW)
		o.end('}')
	}
	o.end(']')
}

func parseParents(v value) Parents {
	var m Parents
	for n := range v.get("nodes").elements() {
		id := n.get("peer_id").id()
		if id == "" {
			continue
		}
		if len(m.Nodes) == MaxEntries {
			break
		}
		rate, _ := n.get("residual_bw").rate()
		m.Nodes = append(m.Nodes, Candidate{PeerID: id, ResidualBW: rate})
	}
	return m
}
