package tracker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"hlspeer/signaling"
)

// A picture is what a viewer knows of a channel: the children of each peer with
// the number of their substreams, by child and parent.
type picture struct {
	nodes map[signaling.PeerID]signaling.NodeInfo
	links map[[2]signaling.PeerID]int
	seq   uint64
}

func newPicture(m signaling.Topology) *picture {
	p := &picture{
		nodes: make(map[signaling.PeerID]signaling.NodeInfo), links: make(map[[2]signaling.PeerID]int), seq: m.Seq,
	}
	for _, n := range m.Nodes {
		p.nodes[n.ID] = n.Info
		for _, parent := range n.Parents {
			p.links[[2]signaling.PeerID{n.ID, parent.ID}] = parent.Substreams
		}
	}
	return p
}

// apply changes the picture. Whatever does not fit to it is a fault.
func (p *picture) apply(m signaling.Message) error {
	known := func(ids ...signaling.PeerID) bool {
		return !slices.ContainsFunc(ids, func(id signaling.PeerID) bool { _, ok := p.nodes[id]; return !ok })
	}
	p.seq++
	var seq uint64
	switch m := m.(type) {
	case signaling.NodeJoin:
		if seq = m.Seq; known(m.Node.ID) || len(m.Node.Parents) > 0 {
			return fmt.Errorf("%s joins twice or with parents", m.Node.ID)
		}
		p.nodes[m.Node.ID] = m.Node.Info
	case signaling.NodeLeave:
		for link := range p.links {
			if slices.Contains(link[:], m.ID) {
				return fmt.Errorf("%s leaves with its links", m.ID)
			}
		}
		if seq = m.Seq; !known(m.ID) {
			return fmt.Errorf("%s leaves, but is not there", m.ID)
		}
		delete(p.nodes, m.ID)
	case signaling.EdgeUp:
		link := [2]signaling.PeerID{m.To, m.From}
		if seq = m.Seq; !known(link[:]...) || m.Substreams < 1 || p.links[link] == m.Substreams {
			return fmt.Errorf("link %v is none, or as before", link)
		}
		p.links[link] = m.Substreams
	case signaling.EdgeDown:
		link := [2]signaling.PeerID{m.To, m.From}
		if seq = m.Seq; p.links[link] == 0 {
			return fmt.Errorf("link %v ends, but is not there", link)
		}
		delete(p.links, link)
	default:
		return fmt.Errorf("%s is no change", m.Action())
	}
	if seq != p.seq {
		return fmt.Errorf("%s has number %d, want %d", m.Action(), seq, p.seq)
	}
	return nil
}

// differs says in what the picture is not the room.
func (p *picture) differs(s Snapshot) string {
	links := make(map[[2]signaling.PeerID]int)
	nodes := make(map[signaling.PeerID]bool)
	for _, n := range s.Peers {
		nodes[n.ID] = true
		for _, parent := range n.Parents {
			links[[2]signaling.PeerID{n.ID, parent.ID}] = parent.Substreams
		}
	}
	switch {
	case len(nodes) != len(p.nodes):
		return fmt.Sprintf("%d peers are %d", len(p.nodes), len(nodes))
	case !maps.Equal(links, p.links):
		return fmt.Sprintf("links %v are %v", p.links, links)
	}
	for id := range p.nodes {
		if !nodes[id] {
			return fmt.Sprintf("%s is not there", id)
		}
	}
	return ""
}

// TestFeedUnderChurn: whenever a viewer comes, the snapshot and the changes after
// it are the room's graph after each event, with numbers that grow by one.
func TestFeedUnderChurn(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			c := newCrowd(t, 100+seed)
			var seen *picture
			changes, bytes := 0, 0
			follow := func() {
				for _, m := range c.room.Changes() {
					changes++
					bytes += len(signaling.Append(nil, m))
					if seen == nil {
						t.Fatalf("%s is told to nobody", m.Action())
					}
					if err := seen.apply(m); err != nil {
						t.Fatal(err)
					}
				}
				if seen != nil {
					if fault := seen.differs(c.room.Snapshot()); fault != "" {
						t.Fatal(fault)
					}
				}
			}
			for range 6000 {
				switch c.rand.IntN(400) {
				case 0, 1, 2: // a viewer more
					c.room.Watch(true)
					seen = newPicture(c.room.Topology())
				case 3: // the last one goes
					c.room.Watch(false)
					seen = nil
				}
				next := c.now + time.Duration(c.rand.IntN(400))*time.Millisecond
				for c.wake != 0 && c.wake <= next {
					c.now = c.wake
					c.step(Tick{})
					follow()
				}
				c.now = next
				c.step(c.next())
				follow()
			}
			t.Logf("%d changes, %.0f bytes each", changes, float64(bytes)/float64(changes))
			if changes < 500 {
				t.Errorf("%d changes: too few to mean anything", changes)
			}
		})
	}
}

// TestFeedOfHundreds: the same in a channel of ordinary life, and what its feed
// costs there.
func TestFeedOfHundreds(t *testing.T) {
	t.Parallel()
	c := newChurn(3, true)
	c.room.Watch(true)
	seen := newPicture(c.room.Topology())
	changes, bytes := 0, 0
	look := func() {
		for _, m := range c.room.Changes() {
			changes++
			bytes += len(signaling.Append(nil, m))
			if err := seen.apply(m); err != nil {
				t.Fatal(err)
			}
		}
		if fault := seen.differs(c.room.Snapshot()); fault != "" {
			t.Fatal(fault)
		}
	}
	c.settle(300, 60, look)
	topology := len(signaling.Append(nil, c.room.Topology()))
	t.Logf("%d peers: snapshot of %d bytes a peer; %.1f changes per peer that came, %.0f bytes each",
		c.room.Len(), topology/c.room.Len(), float64(changes)/float64(c.count), float64(bytes)/float64(changes))
	if perPeer := changes / c.count; perPeer > 30 {
		t.Errorf("%d changes per peer", perPeer)
	}
}

func TestFeedShowsNoMore(t *testing.T) {
	t.Parallel()
	r := testRoom(1)
	r.Watch(true)
	long := strings.Repeat("ä", 100)
	r.Step(0, Joined{Peer: "a", Enter: signaling.Enter{ISP: long, Province: "p", Device: "<script>", UplinkBW: 4e6}})
	r.Step(0, Joined{Peer: "b", Enter: signaling.Enter{Device: "mobile"}})
	want := signaling.NodeInfo{ISP: strings.Repeat("ä", 32), Province: "p", UplinkBW: 4e6}
	changes := r.Changes()
	if len(changes) != 2 || changes[0].(signaling.NodeJoin).Node.Info != want ||
		changes[1].(signaling.NodeJoin).Node.Info.Device != "mobile" {
		t.Errorf("shown %+v", changes)
	}
}

// TestFeedSeesRestart: links that children report before their parent has
// entered appear after it.
func TestFeedSeesRestart(t *testing.T) {
	t.Parallel()
	r := testRoom(1)
	r.Watch(true)
	seen := newPicture(r.Topology())
	for _, ev := range []Event{
		Joined{Peer: "child", Enter: signaling.Enter{UplinkBW: 4e6}},
		Message{"child", signaling.DCOpened{DCID: "child-parent", Substreams: 4}},
		Joined{Peer: "parent", Enter: signaling.Enter{UplinkBW: 4e6}},
		Message{"child", signaling.DCOpened{DCID: "child-parent", Substreams: 3}},
		Message{"child", signaling.DCOpened{DCID: "child-parent", Substreams: 3}},
		Left{"parent"},
	} {
		r.Step(0, ev)
		for _, m := range r.Changes() {
			if err := seen.apply(m); err != nil {
				t.Fatal(err)
			}
		}
		if fault := seen.differs(r.Snapshot()); fault != "" {
			t.Fatalf("after %+v: %s", ev, fault)
		}
	}
	if seen.seq != firstSeq+6 { // two join, a link, a count, the end of the link, a leave
		t.Errorf("%d changes", seen.seq)
	}
}
