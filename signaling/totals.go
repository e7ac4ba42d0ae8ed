package signaling

// GetStats asks for the traffic of a channel. Viewer to server, protocol 6. The
// answer is [Totals].
//
//	{"action":"get_stats"}
type GetStats struct{}

// Action is "get_stats".
func (GetStats) Action() string { return "get_stats" }

func (GetStats) appendFields(*object) {}

// Totals is the traffic of a channel and of its nodes since the channel was
// created, in KB of 1024 bytes. Server to viewer, protocol 6.
//
//	{"action":"statistics","result":{"source":10,"p2p":90,
//	 "nodes":{"A":{"source":10,"p2p":0}}},"seq":12}
type Totals struct {
	Source, P2P int64
	Nodes       map[PeerID]NodeTotals // nodes that are there now; nil leaves it out
	Seq         uint64                // the last change before this message; 0 when absent
}

// NodeTotals is the traffic of one node in KB of 1024 bytes.
type NodeTotals struct{ Source, P2P int64 }

// Action is "statistics".
func (Totals) Action() string { return "statistics" }

func (m Totals) appendFields(o *object) {
	o.begin("result", '{')
	o.int("source", m.Source)
	o.int("p2p", m.P2P)
	if len(m.Nodes) > 0 {
		o.begin("nodes", '{')
		for _, id := range sortedIDs(m.Nodes) {
			o.begin(string(id), '{')
			o.int("source", m.Nodes[id].Source)
			o.int("p2p", m.Nodes[id].P2P)
			o.end('}')
		}
		o.end('}')
	}
	o.end('}')
	o.seq(m.Seq)
}

func parseTotals(v value) Totals {
	result := v.get("result")
	m := Totals{
		Source: parseTotal(result.get("source")),
		P2P:    parseTotal(result.get("p2p")),
		Seq:    v.get("seq").seq(),
	}
	for key, node := range result.get("nodes").fields() {
		id := key.id()
		if id == "" || !node.isObject() {
			continue
		}
		if len(m.Nodes) == maxFeedNodes {
			break
		}
		if m.Nodes == nil {
			m.Nodes = make(map[PeerID]NodeTotals)
		}
		m.Nodes[id] = NodeTotals{Source: parseTotal(node.get("source")), P2P: parseTotal(node.get("p2p"))}
	}
	return m
}

// parseTotal reads a sum of KB; whole numbers are exact up to 2^53.
func parseTotal(v value) int64 { return int64(v.clamped(0, 1<<53)) }
