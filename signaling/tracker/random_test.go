package tracker

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hlspeer/signaling"
)

// A crowd is peers that do what they are told, sometimes late, sometimes twice,
// sometimes not at all.
type crowd struct {
	t      *testing.T
	rand   *rand.Rand
	room   *Room
	now    time.Duration
	wake   time.Duration
	ids    []signaling.PeerID
	joined map[signaling.PeerID]bool
	count  int
	later  []Event // what peers will say
	events int

	movedAt map[signaling.PeerID]time.Duration
	under   map[*move]bool // those that are not over
	climbs  map[*move]bool // first halves of promotions that are done
	moves   map[string]int // by how they ended
}

func newCrowd(t *testing.T, seed uint64) *crowd {
	c := &crowd{
		t: t, rand: rand.New(rand.NewPCG(seed, 7)), room: testRoom(seed),
		joined:  make(map[signaling.PeerID]bool),
		movedAt: make(map[signaling.PeerID]time.Duration),
		under:   make(map[*move]bool),
		climbs:  make(map[*move]bool), moves: make(map[string]int),
	}
	c.room.config.Standby = seed%2 == 1
	return c
}

// pass lets time pass.
func (c *crowd) pass(d time.Duration) {
	until := c.now + d
	for c.wake != 0 && c.wake <= until {
		c.now = c.wake
		c.step(Tick{})
	}
	c.now = until
}

func (c *crowd) step(ev Event) {
	out, wake := c.room.Step(c.now, ev)
	c.wake = wake
	c.events++
	for _, o := range out {
		if c.room.peers[o.To] == nil {
			c.t.Fatalf("%s for %s, who is not in the room", o.Message.Action(), o.To)
		}
		c.obey(o)
	}
	check(c.t, c.room)
	c.checkMoves()
	if limit := 40 * (1 + c.events/1000 + len(c.joined)); len(c.room.timers.heap) > limit {
		c.t.Fatalf("%d timers for %d peers", len(c.room.timers.heap), len(c.joined))
	}
}

func (c *crowd) obey(o Out) {
	switch m := o.Message.(type) {
	case signaling.Parents:
		for _, n := range m.Nodes {
			c.offered(o.To, n)
		}
	case signaling.Disconnect:
		for _, id := range m.Peers {
			c.say(o.To, signaling.DCClosed{DCID: signaling.NewDCID(o.To, id), Substreams: 4})
		}
	case signaling.Adopt:
		c.adopted(o.To, m)
	}
}

// adopted is obeyed, refused, or ignored, and mostly late.
func (c *crowd) adopted(child signaling.PeerID, m signaling.Adopt) {
	p := c.room.peers[child]
	c.offered(child, signaling.Candidate{PeerID: m.Parent, ResidualBW: m.ResidualBW})
	for _, e := range p.parents {
		if e.state == edgeOpen && c.rand.IntN(4) > 0 {
			c.say(child, signaling.DCClosed{DCID: signaling.NewDCID(child, e.parent.id)})
		}
	}
	if m := p.moving; m != nil && m.first == nil && !p.root {
		for _, e := range m.links {
			if e.parent.level >= p.level {
				c.t.Fatalf("%s at level %d is to rise below %s at level %d", child, p.level, e.parent.id, e.parent.level)
			}
		}
	}
}

// checkMoves tests I9, and that the excess of a promotion ends (I2).
func (c *crowd) checkMoves() {
	for _, p := range c.room.order {
		if last := c.movedAt[p.id]; last != p.movedAt {
			if last != 0 && p.movedAt-last < settleTime {
				c.t.Fatalf("%s was moved at %v and at %v", p.id, last, p.movedAt)
			}
			c.movedAt[p.id] = p.movedAt
		}
		if m := p.moving; m != nil {
			c.under[m] = true
		}
	}
	for m := range c.under {
		switch {
		case !m.over:
			continue
		case m.told && !m.done:
			c.moves["undone"]++
		case m.done && m.then != nil:
			c.climbs[m] = true
		}
		delete(c.under, m)
	}
	for m := range c.climbs {
		if !m.over || c.room.now < m.since+excessTime {
			continue
		}
		for _, l := range m.links {
			e := c.room.edge(m.then.peer, l.parent)
			if e != nil && !l.gone && e.state == edgeOpen && e.since < m.since && l.parent.used > l.parent.slots {
				c.t.Fatalf("%s still receives from %s, as does %s", m.then.peer.id, l.parent.id, m.peer.id)
			}
		}
		c.moves["promotions"]++
		delete(c.climbs, m)
	}
}

func (c *crowd) offered(child signaling.PeerID, n signaling.Candidate) {
	dcid := signaling.NewDCID(child, n.PeerID)
	if n.ResidualBW == 0 && n.PeerID != child {
		c.standsBy(child, dcid)
		return
	}
	if n.PeerID == child || c.room.peers[n.PeerID] == nil || n.ResidualBW <= 0 {
		c.t.Fatalf("%s is offered %v", child, n)
	}
	switch p := c.rand.IntN(10); {
	case p < 7:
		c.say(child, signaling.DCOpened{
			DCID: dcid, Substreams: int(n.ResidualBW/625_000 + 0.5), StreamRate: 620_000 + signaling.BitRate(c.rand.IntN(10_000)),
		})
	case p < 9:
		c.say(child, signaling.DCFailed{DCID: dcid})
	}
}

// standsBy is mostly quiet, sometimes fails, and is sometimes used, whether a
// parent is lost or not.
func (c *crowd) standsBy(child signaling.PeerID, id signaling.DCID) {
	switch c.rand.IntN(8) {
	case 0:
		c.say(child, signaling.DCFailed{DCID: id})
	case 1:
		if p := c.room.peers[child]; len(p.parents) > 0 {
			c.say(child, signaling.DCClosed{DCID: signaling.NewDCID(child, p.parents[0].parent.id)})
		}
		c.say(child, signaling.DCOpened{DCID: id, Substreams: 4, StreamRate: 625_000})
	}
}

func (c *crowd) say(id signaling.PeerID, m signaling.Message) {
	c.later = append(c.later, Message{id, m})
}

// next is a random event, of which many make no sense.
func (c *crowd) next() Event {
	if len(c.later) > 0 && c.rand.IntN(3) > 0 {
		i := c.rand.IntN(len(c.later))
		ev := c.later[i]
		if c.rand.IntN(10) > 0 { // or it is said again
			c.later[i] = c.later[len(c.later)-1]
			c.later = c.later[:len(c.later)-1]
		}
		return ev
	}
	if len(c.ids) < 30 && c.rand.IntN(4) == 0 || len(c.ids) < 2 {
		c.count++
		id := signaling.PeerID(fmt.Sprintf("p%d", c.count))
		c.ids = append(c.ids, id)
		c.joined[id] = true
		c.later = append(c.later, RelayUp{id}, Message{id, signaling.GetParents{}})
		return Joined{Peer: id, Enter: signaling.Enter{
			UplinkBW: signaling.BitRate(c.rand.IntN(8)*(1+c.rand.IntN(3))) * 1_000_000,
			Browser:  []string{"", ownClient}[c.rand.IntN(2)],
		}}
	}
	i, k := c.rand.IntN(len(c.ids)), c.rand.IntN(len(c.ids))
	id, other := c.ids[i], c.ids[k]
	switch p := c.rand.IntN(100); {
	case p < 5:
		c.ids = append(c.ids[:i], c.ids[i+1:]...)
		delete(c.joined, id)
		return Left{id}
	case p < 10:
		return RelayDown{id}
	case p < 16:
		return RelayUp{id}
	case p < 36:
		return Message{id, signaling.GetParents{}}
	case p < 60:
		return Message{id, signaling.DCClosed{DCID: signaling.NewDCID(other, id), Substreams: 1}}
	case p < 75:
		return Message{id, signaling.DCClosed{DCID: signaling.NewDCID(id, other), Substreams: 1}}
	case p < 85:
		return Message{id, signaling.DCOpened{DCID: signaling.NewDCID(id, other), Substreams: 1 + c.rand.IntN(6)}}
	case p < 90:
		return Message{id, signaling.DCOpened{DCID: signaling.NewDCID(other, id), Substreams: 1 + c.rand.IntN(6)}}
	case p < 92:
		return Message{id, signaling.DCFailed{DCID: signaling.NewDCID(id, other)}}
	case p < 95:
		return Message{id, signaling.UplinkBW{Value: signaling.BitRate(c.rand.IntN(8)) * 1_000_000}}
	case p < 96:
		return Measured{id, signaling.BitRate(c.rand.IntN(30)-2) * 1_000_000}
	case p < 97:
		return Message{id, signaling.TransitionRequest{}}
	case p < 98:
		return Message{id, signaling.AdoptRequest{To: other}}
	default:
		return Message{id, signaling.Statistics{Source: int64(c.rand.IntN(3)), P2P: 10, LossRate: c.rand.Float64() / 10}}
	}
}

// TestRandomEvents throws events at a room and checks its invariants after each.
func TestRandomEvents(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			c := newCrowd(t, seed)
			for range 30_000 { // 120,000 in a run

				c.pass(time.Duration(c.rand.IntN(400)) * time.Millisecond)
				c.step(c.next())
			}
			for _, id := range c.ids {
				c.step(Left{id})
			}
			t.Logf("moves %v", c.moves)
			if c.moves["undone"] == 0 || c.moves["promotions"] == 0 {
				t.Error("too few moves to mean anything")
			}
			r := c.room
			if r.free != 0 || r.roots != 0 || r.capacity != 0 || len(r.waiting) != 0 {
				t.Errorf("empty room with free %d, roots %d, capacity %d, waiting %d", r.free, r.roots, r.capacity, len(r.waiting))
			}
		})
	}
}

// TestDeterminism: the same events and seed give the same messages.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	run := func() string {
		c := newCrowd(t, 3)
		var said strings.Builder
		for range 1500 {
			c.now += 100 * time.Millisecond
			c.step(c.next())
			for _, o := range c.room.out {
				said.WriteString(fmt.Sprintln(o.To, describe(o.Message)))
			}
		}
		return said.String()
	}
	if a, b := run(), run(); a != b {
		t.Error("two runs differ")
	}
}
