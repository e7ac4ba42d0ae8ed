package signaling

// GetTopology asks for the graph of a channel. Viewer to server, protocol 6.
// The answer is [Topology], followed by changes.
//
//	{"action":"get_topology","channel":"http://host/live.m3u8"}
type GetTopology struct {
	Channel string // "" for the channel of the socket's URL
}

// Action is "get_topology".
func (GetTopology) Action() string { return "get_topology" }

func (m GetTopology) appendFields(o *object) { o.optional("channel", m.Channel) }

// Topology is the whole graph of a channel, the snapshot before the changes
// [NodeJoin], [NodeLeave], [EdgeUp] and [EdgeDown]. Server to viewer, protocol
// 6.
//
//	{"action":"topology","totalstreams":3,"nodes":[{"id":"B","parents":[
//	 {"id":"A","substreams":3}],"info":{"ISP":"…","country":"…","province":"…",
//	 "city":"…","ul_bw":4194304,"substreams":3,"device":"PC"}}],"seq":7}
type Topology struct {
	TotalStreams int // substreams the stream is split into; 0 when unknown
	Nodes        []Node
	Seq          uint64 // the first change that is not in the snapshot has Seq+1; 0 when absent
}

// Action is "topology".
func (Topology) Action() string { return "topology" }

func (m Topology) appendFields(o *object) {
	o.int("totalstreams", int64(m.TotalStreams))
	o.begin("nodes", '[')
	for _, n := range m.Nodes {
		o.element('{')
		n.append(o)
		o.end('}')
	}
	o.end(']')
	o.seq(m.Seq)
}

func parseTopology(v value) Topology {
	m := Topology{
		TotalStreams: int(v.get("totalstreams").clamped(0, maxSubstreams)),
		Seq:          v.get("seq").seq(),
	}
	for e := range v.get("nodes").elements() {
		n, ok := parseNode(e)
		if !ok {
			continue
		}
		if len(m.Nodes) == maxFeedNodes {
			break
		}
		m.Nodes = append(m.Nodes, n)
	}
	return m
}
