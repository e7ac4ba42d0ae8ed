package main

import (
	"cmp"
	"maps"
	"slices"

	"hlspeer/signaling"
)

// meshState is the graph of a channel while changes of it come.
type meshState struct {
	streams int
	nodes   map[signaling.PeerID]signaling.Node
}

func newMeshState(t signaling.Topology) *meshState {
	s := &meshState{streams: t.TotalStreams, nodes: make(map[signaling.PeerID]signaling.Node, len(t.Nodes))}
	for _, n := range t.Nodes {
		s.nodes[n.ID] = n
	}
	return s
}

func (s *meshState) apply(m signaling.Message) {
	switch m := m.(type) {
	case signaling.NodeJoin:
		s.nodes[m.Node.ID] = m.Node
	case signaling.NodeLeave:
		delete(s.nodes, m.ID)
		for id := range s.nodes {
			s.link(m.ID, id, -1)
		}
	case signaling.EdgeUp:
		s.link(m.From, m.To, m.Substreams)
	case signaling.EdgeDown:
		s.link(m.From, m.To, -1)
	}
}

// link sets how many substreams a parent gives; less than 0 for no link.
func (s *meshState) link(from, to signaling.PeerID, count int) {
	n, ok := s.nodes[to]
	if !ok {
		return
	}
	n.Parents = slices.DeleteFunc(slices.Clone(n.Parents), func(p signaling.NodeParent) bool { return p.ID == from })
	if count >= 0 {
		n.Parents = append(n.Parents, signaling.NodeParent{ID: from, Substreams: count})
	}
	s.nodes[to] = n
}

// meshRole says where a peer stands.
type meshRole string

const (
	roleRoot   meshRole = "root"   // feeds on the source by plan
	roleChild  meshRole = "child"  // has a parent
	roleOrphan meshRole = "orphan" // has none, and is no root
	roleCycle  meshRole = "cycle"  // no way leads to it from a peer without parents
	rolePeer   meshRole = "peer"   // of a swarm, without parents, as all there
)

// mesh is what is printed of a channel; see the command's help.
type mesh struct {
	Channel    string             `json:"channel"`
	Engine     *string            `json:"engine"`
	Substreams int                `json:"substreams"`
	Peers      int                `json:"peers"`
	Links      int                `json:"links"`
	Depth      *int               `json:"depth"`
	Offload    *float64           `json:"offload"`
	Bytes      *meshBytes         `json:"bytes"`
	Orphans    []signaling.PeerID `json:"orphans"`
	Cycles     []signaling.PeerID `json:"cycles"`
	Nodes      []*meshNode        `json:"nodes"`

	byID map[signaling.PeerID]*meshNode
}

type meshNode struct {
	ID         signaling.PeerID   `json:"id"`
	Role       meshRole           `json:"role"`
	Level      *int               `json:"level"`
	Parents    []meshParent       `json:"parents"`
	Children   []signaling.PeerID `json:"children"`
	Neighbours []signaling.PeerID `json:"neighbours,omitempty"`
	Substreams int                `json:"substreams"`
	UplinkBW   int64              `json:"uplink_bw"`
	ISP        string             `json:"isp"`
	Country    string             `json:"country"`
	Province   string             `json:"province"`
	City       string             `json:"city"`
	Device     string             `json:"device"`
	Address    string             `json:"address"`
	Bytes      *meshBytes         `json:"bytes"`
	Offload    *float64           `json:"offload"`

	main *meshNode // the parent that gives it most; nil for none that is there
}

type meshParent struct {
	ID         signaling.PeerID `json:"id"`
	Substreams int              `json:"substreams"`
}

func newMesh(channel, engine string, s *meshState, totals *signaling.Totals) *mesh {
	m := &mesh{
		Channel: channel, Substreams: s.streams, Peers: len(s.nodes), Orphans: []signaling.PeerID{}, Cycles: []signaling.PeerID{},
		Nodes: make([]*meshNode, 0, len(s.nodes)), byID: make(map[signaling.PeerID]*meshNode, len(s.nodes)),
	}
	if engine != "" {
		m.Engine = &engine
	}
	if totals != nil {
		m.Bytes = &meshBytes{totals.Source * 1024, totals.P2P * 1024}
		m.Offload = m.Bytes.offload()
	}
	for _, id := range slices.Sorted(maps.Keys(s.nodes)) {
		n := newMeshNode(s.nodes[id])
		if totals != nil {
			t := totals.Nodes[id]
			n.Bytes = &meshBytes{t.Source * 1024, t.P2P * 1024}
			n.Offload = n.Bytes.offload()
		}
		m.Nodes, m.byID[id] = append(m.Nodes, n), n
	}
	if m.isSwarm() {
		m.befriend()
	}
	m.connect()
	m.assignRoles(s)
	m.assignLevels()
	return m
}

func newMeshNode(n signaling.Node) *meshNode {
	node := &meshNode{
		ID: n.ID, Parents: []meshParent{}, Children: []signaling.PeerID{}, Substreams: n.Info.Substreams,
		UplinkBW: int64(n.Info.UplinkBW), ISP: n.Info.ISP, Country: n.Info.Country, Province: n.Info.Province, City: n.Info.City,
		Device: n.Info.Device, Address: n.Info.Address,
	}
	known := map[signaling.PeerID]bool{}
	filled := 0
	for _, p := range n.Parents {
		if !known[p.ID] {
			known[p.ID] = true
			node.Parents = append(node.Parents, meshParent{p.ID, p.Substreams})
			filled += p.Substreams
		}
	}
	node.Substreams = max(node.Substreams, filled) // one that has joined since says 0
	slices.SortFunc(node.Parents, func(a, b meshParent) int {
		return cmp.Or(cmp.Compare(b.Substreams, a.Substreams), cmp.Compare(a.ID, b.ID))
	})
	return node
}

// befriend makes neighbours of parents: in a swarm neither end of a link is above
// the other.
func (m *mesh) befriend() {
	for _, n := range m.Nodes {
		for _, p := range n.Parents {
			m.Links++
			n.Neighbours = append(n.Neighbours, p.ID)
			if other := m.byID[p.ID]; other != nil {
				other.Neighbours = append(other.Neighbours, n.ID)
			}
		}
		n.Parents = []meshParent{}
	}
	for _, n := range m.Nodes {
		slices.Sort(n.Neighbours)
	}
}

// connect finds children, and the parent below which each peer is to stand.
func (m *mesh) connect() {
	for _, n := range m.Nodes { // by id, so that children are, too
		for _, p := range n.Parents {
			m.Links++
			parent := m.byID[p.ID]
			if parent == nil {
				continue
			}
			parent.Children = append(parent.Children, n.ID)
			if n.main == nil {
				n.main = parent
			}
		}
	}
}

func (m *mesh) isSwarm() bool { return m.Engine != nil && *m.Engine == engineBitTorrent }

// assignRoles says who is what. A tracker that tells neither its engine nor any
// root tells no root from an orphan.
func (m *mesh) assignRoles(s *meshState) {
	anyRoot := false
	for _, n := range s.nodes {
		anyRoot = anyRoot || n.Info.Root
	}
	for _, n := range m.Nodes {
		switch {
		case s.nodes[n.ID].Info.Root:
			n.Role = roleRoot
			n.main = nil // the source gives it what the others do not
		case n.main != nil:
			n.Role = roleChild
		case m.isSwarm():
			n.Role = rolePeer
		case m.Engine == nil && !anyRoot:
			n.Role = roleRoot
		default:
			n.Role = roleOrphan
			m.Orphans = append(m.Orphans, n.ID)
		}
	}
}

// assignLevels counts links from those without parents, on the longest way. Who is
// in a cycle or below one has no level, nor who is in a swarm.
func (m *mesh) assignLevels() {
	missing := make(map[signaling.PeerID]int, len(m.Nodes)) // parents without a level
	levels := make(map[signaling.PeerID]int, len(m.Nodes))
	var next []*meshNode
	for _, n := range m.Nodes {
		for _, p := range n.Parents {
			if m.byID[p.ID] != nil {
				missing[n.ID]++
			}
		}
		if missing[n.ID] == 0 {
			next = append(next, n)
		}
	}
	for len(next) > 0 {
		n := next[len(next)-1]
		next = next[:len(next)-1]
		level := levels[n.ID]
		if n.Role != rolePeer {
			n.Level = &level
			if m.Depth == nil || *m.Depth < level {
				m.Depth = &level
			}
		}
		for _, id := range n.Children {
			levels[id] = max(levels[id], level+1)
			if missing[id]--; missing[id] == 0 {
				next = append(next, m.byID[id])
			}
		}
	}
	m.findCycles()
}

// findCycles finds whom no way leads to from a peer that stands on top. To whom
// one does, but not by main parents, stands below a parent on that way.
func (m *mesh) findCycles() {
	reached := make(map[*meshNode]*meshNode, len(m.Nodes)) // from where
	placed := make(map[*meshNode]bool, len(m.Nodes))       // by main parents all the way
	var tops, next []*meshNode
	for _, n := range m.Nodes {
		if n.main == nil {
			tops = append(tops, n)
			reached[n], placed[n] = n, true
		}
	}
	walk := func(visit func(n, child *meshNode) bool) {
		next = append(next[:0], tops...)
		for len(next) > 0 {
			n := next[0]
			next = next[1:]
			for _, id := range n.Children {
				if child := m.byID[id]; visit(n, child) {
					next = append(next, child)
				}
			}
		}
	}
	walk(func(n, child *meshNode) bool {
		known := reached[child] != nil
		if !known {
			reached[child] = n
		}
		return !known
	})
	walk(func(n, child *meshNode) bool {
		ours := child.main == n && !placed[child]
		placed[child] = placed[child] || ours
		return ours
	})
	for _, n := range m.Nodes {
		switch {
		case reached[n] == nil:
			n.Role = roleCycle
			m.Cycles = append(m.Cycles, n.ID)
		case !placed[n]:
			n.main = reached[n]
		}
	}
}

// heads are those below whom the tree has no end otherwise: one of each cycle of
// main parents, the one with the first id.
func (m *mesh) heads() []*meshNode {
	var heads []*meshNode
	seen := make(map[*meshNode]*meshNode, len(m.Nodes)) // by whose walk
	for _, start := range m.Nodes {
		n := start
		for n != nil && seen[n] == nil {
			seen[n] = start
			n = n.main
		}
		if n == nil || seen[n] != start {
			continue
		}
		head := n
		for o := n.main; o != n; o = o.main {
			if o.ID < head.ID {
				head = o
			}
		}
		heads = append(heads, head)
	}
	slices.SortFunc(heads, func(a, b *meshNode) int { return cmp.Compare(a.ID, b.ID) })
	return heads
}
