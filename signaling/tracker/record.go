package tracker

import (
	"slices"
	"unicode/utf8"

	"hlspeer/signaling"
)

// firstSeq is the number of a snapshot before anything has changed. It is not 0,
// which would be left out.
const firstSeq = 1

// A record is what has happened to the graph of a room, for those who watch it
// (protocol 12.4). It costs nothing while nobody does.
type record struct {
	on  bool
	seq uint64 // of the last change

	// Of this step.
	joined  *node
	left    signaling.PeerID
	touched []*edge

	changes []signaling.Message // not taken yet
}

// Watch says whether changes are to be recorded from now on.
func (r *Room) Watch(on bool) {
	if r.record.on == on {
		return
	}
	r.record = record{on: on, seq: r.record.seq}
	for _, p := range r.order {
		for _, e := range p.parents {
			e.shown = e.visible()
		}
	}
}

// Changes returns what has happened since it was last called, each change with
// its number, the one after that of the change before: [signaling.NodeJoin],
// [signaling.NodeLeave], [signaling.EdgeUp] and [signaling.EdgeDown]. Applied to
// the [Room.Topology] of that moment they give that of now, but for levels and
// roots. They are recorded after [Room.Watch] only; whoever has it on must call
// this after every step.
func (r *Room) Changes() []signaling.Message {
	changes := r.record.changes
	r.record.changes = nil
	return changes
}

// Topology returns the graph as viewers are shown it, and the number of the last
// change in it.
func (r *Room) Topology() signaling.Topology {
	t := signaling.Topology{
		TotalStreams: r.config.Substreams, Seq: r.record.seq,
		Nodes: make([]signaling.Node, 0, len(r.order)),
	}
	for _, p := range r.order {
		n := signaling.Node{ID: p.id, Info: p.info()}
		for _, e := range p.parents {
			if count := e.visible(); count > 0 {
				n.Parents = append(n.Parents, signaling.NodeParent{ID: e.parent.id, Substreams: count})
			}
		}
		t.Nodes = append(t.Nodes, n)
	}
	return t
}

// Totals returns the traffic of the channel and of those who are in it.
func (r *Room) Totals() signaling.Totals {
	t := signaling.Totals{
		Source: r.traffic.source, P2P: r.traffic.p2p, Seq: r.record.seq,
		Nodes: make(map[signaling.PeerID]signaling.NodeTotals, len(r.order)),
	}
	for _, p := range r.order {
		t.Nodes[p.id] = signaling.NodeTotals{Source: p.traffic.source, P2P: p.traffic.p2p}
	}
	return t
}

// touch notes that an edge may have changed.
func (r *Room) touch(e *edge) {
	if r.record.on {
		r.record.touched = append(r.record.touched, e)
	}
}

// publish turns what this step has done into changes. What was done and undone
// in it is none.
func (r *Room) publish() {
	c := &r.record
	if c.on && c.joined != nil {
		c.seq++
		node := signaling.Node{ID: c.joined.id, Info: c.joined.info()}
		node.Info.Substreams, node.Info.Level = 0, 0 // its links come below
		c.changes = append(c.changes, signaling.NodeJoin{Node: node, Seq: c.seq})
	}
	for _, e := range c.touched {
		r.publishEdge(e)
	}
	if c.on && c.left != "" {
		c.seq++
		c.changes = append(c.changes, signaling.NodeLeave{ID: c.left, Seq: c.seq})
	}
	clear(c.touched)
	c.touched, c.joined, c.left = c.touched[:0], nil, ""
}

func (r *Room) publishEdge(e *edge) {
	c, count := &r.record, e.visible()
	if count == e.shown {
		return
	}
	e.shown = count
	c.seq++
	var change signaling.Message = signaling.EdgeUp{From: e.parent.id, To: e.child.id, Substreams: count, Seq: c.seq}
	if count == 0 {
		change = signaling.EdgeDown{From: e.parent.id, To: e.child.id, Seq: c.seq}
	}
	c.changes = append(c.changes, change)
}

// visible is how many substreams of a link viewers are to see, 0 for no link.
func (e *edge) visible() int {
	if e.gone || e.state != edgeOpen {
		return 0
	}
	return e.substreams
}

// info describes a peer, without anything by which it could be reached.
func (p *node) info() signaling.NodeInfo {
	at := p.place.clipped()
	info := signaling.NodeInfo{
		ISP: at.ISP, Country: at.Country, Province: at.Province, City: at.City,
		UplinkBW: p.uplink, Substreams: p.filled, Level: p.level, Root: p.root,
	}
	if slices.Contains([]string{"PC", "mobile"}, p.enter.Device) {
		info.Device = p.enter.Device
	}
	return info
}

// maxInfo is how many bytes of what a peer says of itself are shown to others.
const maxInfo = 64

// clip shortens a text to maxInfo bytes, at the end of a letter.
func clip(text string) string {
	if len(text) <= maxInfo {
		return text
	}
	end := maxInfo
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
