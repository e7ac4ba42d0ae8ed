package lab

import (
	"maps"
	"slices"
	"time"
)

// substreams is what the tracker splits a stream into.
const substreams = 4

// fed is how many substreams a peer gets from others.
func (r Row) fed() (n int) {
	for _, p := range r.Parents {
		n += p.Substreams
	}
	return n
}

// given is what each peer's children take of it, in substreams, as they say.
func given(rows []Row) map[string]int {
	out := map[string]int{}
	for _, r := range rows {
		for _, p := range r.Parents {
			out[string(p.PeerID)] += p.Substreams
		}
	}
	return out
}

// present are the peers that are there, crashed ones excluded.
func (st *stage) present() []Row {
	return slices.DeleteFunc(st.rows(), func(r Row) bool { return !r.Joined || r.Left })
}

// survey follows a swarm from second to second.
type survey struct {
	st     *stage
	rate   float64 // bit/s of the stream
	passed time.Duration

	due, possible int // substreams that peers took in all, and could have taken from others
	http, p2p     int64
	seen          map[int]peerBytes
	had           map[string]map[string]int // substreams by child and parent
	changes       int                       // substreams that found another parent
	deepest       int
}

type peerBytes struct{ http, p2p int64 }

func (st *stage) survey(rate float64) *survey {
	return &survey{st: st, rate: rate, seen: map[int]peerBytes{}, had: map[string]map[string]int{}}
}

// slots is how many substreams an uplink carries, as the tracker plans.
func (s *survey) slots(uplink int64) int {
	return int(uplinkShare * float64(uplink) / (s.rate / substreams))
}

// until looks at the swarm every second until it is so old.
func (s *survey) until(age time.Duration) {
	for s.passed < age {
		time.Sleep(time.Second)
		s.passed += time.Second
		s.look()
	}
}

func (s *survey) look() {
	present, supply := 0, 0
	for _, r := range s.st.present() {
		present++
		supply += s.slots(r.Uplink)
		s.http += r.Bytes.HTTP - s.seen[r.Peer].http
		s.p2p += r.Bytes.P2P - s.seen[r.Peer].p2p
		s.seen[r.Peer] = peerBytes{r.Bytes.HTTP, r.Bytes.P2P}
		s.follow(r)
		if r.Level != nil {
			s.deepest = max(s.deepest, *r.Level)
		}
	}
	s.due += present * substreams
	s.possible += min(supply, max(0, present-1)*substreams)
}

// follow counts the substreams for which a peer has found another parent, once
// it has had parents for all.
func (s *survey) follow(r Row) {
	now := map[string]int{}
	for _, p := range r.Parents {
		now[string(p.PeerID)] = p.Substreams
	}
	before, ok := s.had[string(r.PeerID)]
	if !ok && r.fed() < substreams {
		return
	}
	for p, n := range now {
		if ok {
			s.changes += max(0, n-before[p])
		}
	}
	s.had[string(r.PeerID)] = now
}

// offload is the share of what peers gave in all that was taken.
func (s *survey) offload() float64 { return float64(s.p2p) / float64(s.p2p+s.http) }

// fed demands that all are fed by others who can be, and that no uplink has to
// carry more than it can (mesh 7, I2 and I5).
func (s *survey) fed() {
	t := s.st.t
	t.Helper()
	rows, nodes := s.st.present(), s.st.tracked()
	out := given(rows)
	for _, r := range rows {
		n := nodes[string(r.PeerID)]
		if host := s.host(r, nodes); !n.Root && r.fed() < substreams && host != "" {
			t.Errorf("after %v: peer %d gets %d substreams from others, %s could give more", s.passed, r.Peer, r.fed(), host)
		}
		if most := s.slots(r.Uplink); out[n.ID] > most {
			t.Errorf("after %v: children of peer %d take %d substreams, its uplink carries %d", s.passed, r.Peer, out[n.ID], most)
		}
	}
}

// host is a peer that could feed r: it has slots left, is no parent of r
// already, and is not below it. A peer that has everybody with slots below it
// goes on without, as a root does.
func (s *survey) host(r Row, nodes map[string]reportNode) string {
	below := map[string]bool{string(r.PeerID): true}
	for range nodes {
		for _, n := range nodes {
			for _, p := range n.Parents {
				below[n.ID] = below[n.ID] || below[p.ID]
			}
		}
	}
	parents := s.st.graph()[string(r.PeerID)]
	for _, q := range s.st.present() {
		n := nodes[string(q.PeerID)]
		if n.Slots > n.Used && !below[n.ID] && !slices.Contains(parents, n.ID) {
			return n.ID
		}
	}
	return ""
}

// agreed demands that both ends of each link, and the tracker, have the same
// idea of it, and that levels add up, which they cannot do in a cycle (mesh 7,
// I1 and I7).
func (s *survey) agreed() {
	t := s.st.t
	t.Helper()
	rows, nodes := s.st.present(), s.st.tracked()
	out := given(rows)
	for id, n := range nodes {
		level := 0
		for _, p := range n.Parents {
			level = max(level, 1+nodes[p.ID].Level)
		}
		if n.Level != level {
			t.Errorf("the tracker has %s on level %d, its parents place it on %d", id, n.Level, level)
		}
		if n.Used != out[id] {
			t.Errorf("the tracker counts %d substreams that %s gives, its children %d", n.Used, id, out[id])
		}
	}
	if below, above := ends(rows); !maps.Equal(below, above) {
		t.Errorf("children tell of the links %v, parents of %v", below, above)
	}
	if told, own := s.st.known(t), s.st.graph(); !maps.EqualFunc(told, own, slices.Equal) {
		t.Errorf("the tracker believes %v, the peers have %v", told, own)
	}
}

// ends are the links from child to parent, as children tell of them and as
// parents do, who cannot tell a standby from a parent.
func ends(rows []Row) (below, above map[[2]string]bool) {
	below, above = map[[2]string]bool{}, map[[2]string]bool{}
	for _, r := range rows {
		id := string(r.PeerID)
		for _, p := range r.Parents {
			below[[2]string{id, string(p.PeerID)}] = true
		}
		if r.Standby != nil {
			below[[2]string{id, string(r.Standby.PeerID)}] = true
		}
		for _, c := range r.Children {
			above[[2]string{string(c.PeerID), id}] = true
		}
	}
	return below, above
}

// tracked is what the tracker knows, by id.
func (st *stage) tracked() map[string]reportNode {
	nodes := map[string]reportNode{}
	for _, n := range st.nodes(st.t) {
		nodes[n.ID] = n
	}
	return nodes
}
