package signaling

// A Node is one peer of the topology feed (protocol 6).
type Node struct {
	ID      PeerID
	Parents []NodeParent
	Info    NodeInfo
}

// A NodeParent is one edge, seen from the child.
type NodeParent struct {
	ID         PeerID
	Substreams int // how many the parent fills, 0 to 32
}

// NodeInfo describes a peer. Every field may be empty.
type NodeInfo struct {
	ISP, Country, Province, City string

	UplinkBW   BitRate
	Substreams int    // filled at this moment
	Device     string // "PC" or "mobile"
}

func (n Node) append(o *object) {
	o.id("id", n.ID)
	o.begin("parents", '[')
	for _, p := range n.Parents {
		o.element('{')
		o.id("id", p.ID)
		o.int("substreams", int64(p.Substreams))
		o.end('}')
	}
	o.end(']')
	o.begin("info", '{')
	o.text("ISP", n.Info.ISP)
	o.text("country", n.Info.Country)
	o.text("province", n.Info.Province)
	o.text("city", n.Info.City)
	o.rate("ul_bw", n.Info.UplinkBW)
	o.int("substreams", int64(n.Info.Substreams))
	o.optional("device", n.Info.Device)
	o.end('}')
}

// parseNode reads a node; false when it has no id.
func parseNode(v value) (Node, bool) {
	info := v.get("info")
	n := Node{
		ID: v.get("id").id(),
		Info: NodeInfo{
			ISP:        info.get("ISP").str(),
			Country:    info.get("country").str(),
			Province:   info.get("province").str(),
			City:       info.get("city").str(),
			UplinkBW:   info.get("ul_bw").clampedRate(),
			Substreams: int(info.get("substreams").clamped(0, maxSubstreams)),
			Device:     info.get("device").str(),
		},
	}
	for e := range v.get("parents").elements() {
		p := NodeParent{ID: e.get("id").id(), Substreams: int(e.get("substreams").clamped(0, maxSubstreams))}
		if p.ID == "" {
			continue
		}
		if len(n.Parents) == maxSubstreams {
			break // each fills at least one substream
		}
		n.Parents = append(n.Parents, p)
	}
	return n, n.ID != ""
}
