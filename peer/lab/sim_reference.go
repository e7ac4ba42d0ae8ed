package lab

import (
	"cmp"
	"slices"
	"time"

	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

// reference is the rule that others are compared with: of 20 candidates drawn
// at random, the one with the most free uplink. It keeps accounts, avoids
// cycles and never gives up, as the tracker does: only the choice differs.
type reference struct {
	config tracker.RoomConfig
	now    time.Duration
	rate   signaling.BitRate // of one substream
	peers  map[signaling.PeerID]*refPeer
	order  []*refPeer
	roots  int
	seq    int
	out    []tracker.Out
	retry  time.Duration // when those who lack parents are tried again; 0: never
}

type refPeer struct {
	id     signaling.PeerID
	seq    int
	slots  int
	root   bool
	asked  bool
	up     []*refEdge // to parents
	down   []*refEdge // to children
	failed map[signaling.PeerID]bool
}

type refEdge struct {
	child, parent *refPeer
	n             int // substreams
	expires       time.Duration
	open          bool
}

const (
	refCandidates = 20
	refGrant      = 10 * time.Second
	refRetry      = 5 * time.Second
	refPerRoot    = 200
	refMargin     = 1.02
)

func newReference(c tracker.RoomConfig) *reference {
	return &reference{
		config: c, rate: c.StreamRate / signaling.BitRate(c.Substreams),
		peers: map[signaling.PeerID]*refPeer{},
	}
}

// Step implements desk.
func (r *reference) Step(now time.Duration, ev tracker.Event) ([]tracker.Out, time.Duration) {
	r.now, r.out = now, nil
	switch ev := ev.(type) {
	case tracker.Joined:
		r.join(ev)
	case tracker.Left:
		r.leave(ev.Peer)
	case tracker.Message:
		if p := r.peers[ev.From]; p != nil {
			r.hear(p, ev.Message)
		}
	}
	if r.retry != 0 && now >= r.retry {
		r.expire()
	}
	if r.retry == 0 && len(r.order) > 0 {
		r.retry = now + refRetry
	}
	return r.out, r.retry
}

func (r *reference) join(ev tracker.Joined) {
	r.seq++
	p := &refPeer{id: ev.Peer, seq: r.seq, failed: map[signaling.PeerID]bool{}}
	p.slots = min(maxSlots, int(uplinkShare*ev.Enter.UplinkBW/r.rate))
	r.peers[p.id] = p
	r.order = append(r.order, p)
}

func (r *reference) leave(id signaling.PeerID) {
	p := r.peers[id]
	if p == nil {
		return
	}
	delete(r.peers, id)
	r.order = slices.DeleteFunc(r.order, func(q *refPeer) bool { return q == p })
	if p.root {
		r.roots--
	}
	for _, e := range slices.Clone(p.up) {
		e.cut()
	}
	for _, e := range slices.Clone(p.down) {
		e.cut()
		r.push(e.child)
	}
}

func (e *refEdge) cut() {
	is := func(x *refEdge) bool { return x == e }
	e.child.up = slices.DeleteFunc(e.child.up, is)
	e.parent.down = slices.DeleteFunc(e.parent.down, is)
}

func (r *reference) hear(p *refPeer, m signaling.Message) {
	known := func(id signaling.PeerID) bool { return r.peers[id] != nil }
	edge := func(id signaling.DCID) *refEdge {
		child, parent, ok := id.Split(known)
		if !ok {
			return nil
		}
		for _, e := range r.peers[child].up {
			if e.parent.id == parent {
				return e
			}
		}
		return nil
	}
	switch m := m.(type) {
	case signaling.GetParents:
		p.asked = true
		r.place(p)
		r.answer(p)
	case signaling.AdoptRequest:
		r.relayAdopt(p, m.To)
	case signaling.DCOpened:
		e := edge(m.DCID)
		if e == nil {
			e = r.climbed(m.DCID)
		}
		if e != nil {
			e.open, e.n = true, m.Substreams
		}
	case signaling.DCClosed:
		if e := edge(m.DCID); e != nil {
			e.cut()
			r.push(e.child)
		}
	case signaling.DCFailed:
		if e := edge(m.DCID); e != nil {
			e.child.failed[e.parent.id] = true
			e.cut()
			r.push(e.child)
		}
	}
}

// relayAdopt passes a climbing peer's wish on, if it can bear a stream.
func (r *reference) relayAdopt(p *refPeer, to signaling.PeerID) {
	if target := r.peers[to]; target != nil && p.free() >= r.config.Substreams {
		r.out = append(r.out, tracker.Out{To: to, Message: signaling.Adopt{
			Parent: p.id, ResidualBW: signaling.BitRate(r.config.Substreams) * r.rate * refMargin,
		}})
	}
}

// climbed enters a link that peers have made by themselves. A root that receives
// now is none any more, and who has lost its parents by climbing is one.
func (r *reference) climbed(id signaling.DCID) *refEdge {
	c, p, ok := id.Split(func(id signaling.PeerID) bool { return r.peers[id] != nil })
	if !ok {
		return nil
	}
	child, parent := r.peers[c], r.peers[p]
	e := &refEdge{child: child, parent: parent}
	child.up, parent.down = append(child.up, e), append(parent.down, e)
	if child.root {
		child.root = false
		parent.root = parent.root || len(parent.up) == 0
		if !parent.root {
			r.roots--
		}
	}
	return e
}

// expire ends reservations and tries everybody again who lacks parents.
func (r *reference) expire() {
	r.retry = 0
	for _, p := range r.order {
		for _, e := range slices.Clone(p.up) {
			if !e.open && r.now >= e.expires {
				e.cut()
			}
		}
		r.push(p)
	}
}

func (r *reference) push(p *refPeer) {
	if p.asked && r.peers[p.id] == p && r.place(p) {
		r.answer(p)
	}
}

// place makes p a root or reserves parents for it.
func (r *reference) place(p *refPeer) bool {
	need := r.config.Substreams
	for _, e := range p.up {
		need -= e.n
	}
	if p.root || need <= 0 {
		return false
	}
	planned := max(2, (len(r.order)+refPerRoot-1)/refPerRoot)
	if len(p.up) == 0 && r.roots < planned && p.slots >= 2*r.config.Substreams {
		p.root = true
		r.roots++
		return true
	}
	found := false
	for _, q := range r.candidates(p) {
		if n := min(need, q.free()); n > 0 {
			e := &refEdge{child: p, parent: q, n: n, expires: r.now + refGrant}
			p.up, q.down = append(p.up, e), append(q.down, e)
			need -= n
			found = true
		}
	}
	if !found && len(p.up) == 0 && r.roots < planned && p.slots > 0 {
		p.root, found = true, true
		r.roots++
	}
	return found
}

// candidates are 20 peers at random that could be p's parents, the one with
// the most free uplink first.
func (r *reference) candidates(p *refPeer) []*refPeer {
	below := map[*refPeer]bool{p: true}
	walk := []*refPeer{p}
	for i := 0; i < len(walk); i++ {
		for _, e := range walk[i].down {
			if !below[e.child] {
				below[e.child] = true
				walk = append(walk, e.child)
			}
		}
	}
	var fit []*refPeer
	for _, q := range r.order {
		fed := q.root || len(q.up) > 0
		if fed && q.free() > 0 && !below[q] && !p.failed[q.id] && !p.receives(q) {
			fit = append(fit, q)
		}
	}
	random := r.config.Rand
	random.Shuffle(len(fit), func(i, j int) { fit[i], fit[j] = fit[j], fit[i] })
	fit = fit[:min(len(fit), refCandidates)]
	slices.SortFunc(fit, func(a, b *refPeer) int {
		return cmp.Or(cmp.Compare(b.free(), a.free()), cmp.Compare(a.seq, b.seq))
	})
	return fit
}

func (p *refPeer) receives(q *refPeer) bool {
	return slices.ContainsFunc(p.up, func(e *refEdge) bool { return e.parent == q })
}

func (p *refPeer) free() int {
	free := p.slots
	for _, e := range p.down {
		free -= e.n
	}
	return max(0, free)
}

func (r *reference) answer(p *refPeer) {
	var nodes []signaling.Candidate
	for _, e := range p.up {
		if !e.open {
			nodes = append(nodes, signaling.Candidate{
				PeerID: e.parent.id, ResidualBW: signaling.BitRate(e.n) * r.rate * refMargin,
			})
		}
	}
	r.out = append(r.out, tracker.Out{To: signaling.PeerID(p.id), Message: signaling.Parents{Nodes: nodes}})
}

// Snapshot implements desk: who is a root, and who receives from whom.
func (r *reference) Snapshot() tracker.Snapshot {
	s := tracker.Snapshot{Substreams: r.config.Substreams, StreamRate: r.config.StreamRate}
	levels := map[*refPeer]int{}
	var level func(p *refPeer) int
	level = func(p *refPeer) int {
		if n, ok := levels[p]; ok {
			return n
		}
		levels[p] = 0
		n := 0
		for _, e := range p.up {
			if e.open {
				n = max(n, 1+level(e.parent))
			}
		}
		levels[p] = n
		return n
	}
	for _, p := range r.order {
		n := tracker.PeerSnapshot{ID: p.id, Root: p.root, Relay: true, Slots: p.slots, Level: level(p)}
		for _, e := range p.up {
			if e.open {
				n.Parents = append(n.Parents, tracker.LinkSnapshot{ID: e.parent.id, Substreams: e.n})
			}
		}
		s.Peers = append(s.Peers, n)
	}
	return s
}
