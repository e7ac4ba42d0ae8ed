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

// NodeInfo describes a peer. Every field may be empty. Level and Root are
// extensions, absent when 0 and false; both hold for the moment of the message,
// and no later one tells that they have changed.
type NodeInfo struct {
	ISP, Country, Province, City string

	UplinkBW   BitRate
	Substreams int    // filled at this moment
	Device     string // "PC" or "mobile"
	Level      int    // links from the source on the longest way
	Root       bool   // it feeds on the HTTP source by plan
	Engine     string // an extension: "bittorrent" for peers of a swarm, else ""
	Conns      int    // an extension: how many links it says it has, 0 when it does not
	Address    string // an extension, for trackers that are to show it
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
	if n.Info.Level > 0 {
		o.int("level", int64(n.Info.Level))
	}
	if n.Info.Root {
		o.bool("root", true)
	}
	o.optional("engine", n.Info.Engine)
	if n.Info.Conns > 0 {
		o.int("conns", int64(n.Info.Conns))
	}
	o.optional("address", n.Info.Address)
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
			Level:      int(info.get("level").clamped(0, maxFeedNodes)),
			Root:       info.get("root").isTrue(),
			Engine:     info.get("engine").str(),
			Conns:      int(info.get("conns").clamped(0, maxFeedNodes)),
			Address:    info.get("address").str(),
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
