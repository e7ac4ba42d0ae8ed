package signaling

// NodeJoin adds a node to the graph. Server to viewer, protocol 6.
//
//	{"action":"join","node":{"id":"C","parents":[],"info":{…}},"seq":8}
type NodeJoin struct {
	Node Node
	Seq  uint64 // of the change; one more than the last; 0 when absent
}

// Action is "join".
func (NodeJoin) Action() string { return "join" }

func (m NodeJoin) appendFields(o *object) {
	o.begin("node", '{')
	m.Node.append(o)
	o.end('}')
	o.seq(m.Seq)
}

func parseNodeJoin(v value) (Message, error) {
	n, ok := parseNode(v.get("node"))
	if !ok {
		return nil, missing("join", "node.id")
	}
	return NodeJoin{Node: n, Seq: v.get("seq").seq()}, nil
}

// NodeLeave removes a node and all its edges. Server to viewer, protocol 6.
//
//	{"action":"leave","node":{"id":"C"},"seq":9}
type NodeLeave struct {
	ID  PeerID
	Seq uint64 // as in NodeJoin
}

// Action is "leave".
func (NodeLeave) Action() string { return "leave" }

func (m NodeLeave) appendFields(o *object) {
	o.begin("node", '{')
	o.id("id", m.ID)
	o.end('}')
	o.seq(m.Seq)
}

func parseNodeLeave(v value) (Message, error) {
	m := NodeLeave{ID: v.get("node").get("id").id(), Seq: v.get("seq").seq()}
	if m.ID == "" {
		return nil, missing("leave", "node.id")
	}
	return m, nil
}

// EdgeUp adds an edge, or replaces the count of one that is there. Server to
// viewer, protocol 6.
//
//	{"action":"connect","edge":{"from":"A","to":"C","substreams":2},"seq":10}
type EdgeUp struct {
	From       PeerID // the parent
	To         PeerID // the child
	Substreams int    // how many the parent fills, 0 to 32
	Seq        uint64 // as in NodeJoin
}

// Action is "connect".
func (EdgeUp) Action() string { return "connect" }

func (m EdgeUp) appendFields(o *object) {
	o.begin("edge", '{')
	o.id("from", m.From)
	o.id("to", m.To)
	o.int("substreams", int64(m.Substreams))
	o.end('}')
	o.seq(m.Seq)
}

func parseEdgeUp(v value) (Message, error) {
	e := v.get("edge")
	m := EdgeUp{
		From:       e.get("from").id(),
		To:         e.get("to").id(),
		Substreams: int(e.get("substreams").clamped(0, maxSubstreams)),
		Seq:        v.get("seq").seq(),
	}
	if m.From == "" || m.To == "" {
		return nil, missing("connect", "edge")
	}
	return m, nil
}

// EdgeDown removes an edge. Server to viewer, protocol 6.
//
//	{"action":"disconnect","edge":{"from":"A","to":"C"},"seq":11}
type EdgeDown struct {
	From PeerID // the parent
	To   PeerID // the child
	Seq  uint64 // as in NodeJoin
}

// Action is "disconnect".
func (EdgeDown) Action() string { return "disconnect" }

func (m EdgeDown) appendFields(o *object) {
	o.begin("edge", '{')
	o.id("from", m.From)
	o.id("to", m.To)
	o.end('}')
	o.seq(m.Seq)
}

func parseEdgeDown(v value) (Message, error) {
	e := v.get("edge")
	m := EdgeDown{From: e.get("from").id(), To: e.get("to").id(), Seq: v.get("seq").seq()}
	if m.From == "" || m.To == "" {
		return nil, missing("disconnect", "edge")
	}
	return m, nil
}
