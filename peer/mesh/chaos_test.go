package mesh

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestRandomMesh lets a dozen engines live together under a scheduler that has
// gone mad, with links and peers that fail at random and parents that do not
// deliver: 120,000 events in one run of the test. After each step every engine
// keeps its promises (see checker). When all has become quiet, both ends of
// each link agree, everything wanted has come, and nothing is left over.
func TestRandomMesh(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := newChaos(seed)
			for c.events < 30_000 && c.fault == nil {
				c.run(c.now + time.Second)
			}
			for _, a := range []Action{
				AskParent{},
				AskOrigin{},
				Dial{},
				Accept{},
				Refuse{},
				Drop{},
				GetParents{},
				ReportOpened{},
				ReportClosed{},
				ReportFailed{},
				Displace{},
				Ignored{},
			} {
				if name := fmt.Sprintf("%T", a); !c.seen[name] {
					t.Errorf("no %s came up: the test lacks events", name)
				}
			}
			c.calm()
			if c.fault != nil {
				t.Fatal(c.fault)
			}
			up, down, fed := c.links()
			if up != down || up == "" {
				t.Errorf("children have the links %s, parents %s", up, down)
			}
			if tree := c.tree(); tree != fed {
				t.Errorf("the scheduler knows of %s, the peers feed by %s", tree, fed)
			}
			for id, p := range c.peers {
				if n := len(p.last.Wanted); n > 0 {
					t.Errorf("%s still wants %+v", id, p.last.Wanted)
				}
			}
		})
	}
}

// chaos is a swarm in which nothing can be relied upon.
type chaos struct {
	*swarm
	*rand.Rand
	quiet bool
	seen  map[string]bool // kinds of actions
	born  int
	head  SN
	have  map[PeerID]map[SN]bool
	tries map[PeerID]map[SN]int // attempts so far; an older one's end is no news
}

const population = 12

func newChaos(seed uint64) *chaos {
	c := &chaos{
		Rand: rand.New(rand.NewPCG(seed, 3)),
		seen: map[string]bool{}, have: map[PeerID]map[SN]bool{}, tries: map[PeerID]map[SN]int{},
	}
	c.swarm = newSwarm(func(PeerID) []Candidate { return c.candidates() })
	c.also = c.bring
	for range population {
		c.birth()
	}
	c.call(0, c.segment)
	c.call(0, c.mischief)
	return c
}

// calm lets the trouble end and everything settle.
func (c *chaos) calm() {
	c.quiet = true
	c.asks = nobody
	c.run(c.now + 5*time.Minute)
}

func (c *chaos) birth() {
	c.born++
	id := PeerID(fmt.Sprintf("P%d", c.born))
	config := DefaultConfig()
	config.Substreams = 3
	config.MaxChildren = 2 + c.IntN(6)
	config.MaxParents = 1 + c.IntN(4)
	config.Standby = c.IntN(2) == 0
	config.Uplink = BitRate(300 + c.IntN(2000))
	config.Climb = c.IntN(2) == 0
	config.Seed = c.Uint64()
	c.have[id], c.tries[id] = map[SN]bool{}, map[SN]int{}
	c.join(id, config)
}

// any is a peer that lives.
func (c *chaos) any() PeerID {
	ids := c.ids()
	return ids[c.IntN(len(ids))]
}

func (c *chaos) ids() (out []PeerID) {
	for id := range c.peers {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// somebody is mostly a peer that lives, maybe the one that is told of it.
func (c *chaos) somebody() PeerID {
	switch c.IntN(20) {
	case 0:
		return ""
	case 1:
		return PeerID(fmt.Sprintf("P%d", c.IntN(c.born)))
	default:
		return c.any()
	}
}

func (c *chaos) rate() BitRate {
	return []BitRate{0, -1, BitRate(math.NaN()), 100, 200, 300, 1000, 1000}[c.IntN(8)]
}

func (c *chaos) candidates() (out []Candidate) {
	for range c.IntN(6) {
		out = append(out, Candidate{Peer: c.somebody(), Residual: c.rate()})
	}
	return out
}

// segment is listed for everybody at about the same time, until all is quiet.
func (c *chaos) segment() {
	if c.quiet {
		return
	}
	c.head++
	sn := c.head
	for _, id := range c.ids() {
		c.call(time.Duration(c.IntN(300))*time.Millisecond, func() {
			ev := Wanted{SN: sn, Duration: 2 * time.Second, PlayAt: c.now + 6*time.Second, Waiting: c.IntN(8) == 0}
			c.step(id, ev)
		})
		if sn > 10 && c.IntN(20) == 0 {
			c.call(0, func() { c.step(id, Unwanted{SN: sn - 8}) })
		}
	}
	c.call(2*time.Second, c.segment)
}

// bring carries out what an engine says about segments, more or less.
func (c *chaos) bring(self PeerID, a Action) {
	c.seen[fmt.Sprintf("%T", a)] = true
	switch a := a.(type) {
	case AskOrigin:
		c.attempt(self, "", a.SN, a.Delay+time.Duration(50+c.IntN(700))*time.Millisecond)
	case AskParent:
		c.step(a.Peer, Asked{From: self, SN: a.SN})
		c.attempt(self, a.Peer, a.SN, time.Duration(20+c.IntN(1500))*time.Millisecond)
	}
}

// attempt ends some time later, if no other one has begun.
func (c *chaos) attempt(self, from PeerID, sn SN, takes time.Duration) {
	c.tries[self][sn]++
	n := c.tries[self][sn]
	current := func() bool { return c.peers[self] != nil && c.tries[self][sn] == n }
	c.call(takes/2, func() {
		if current() {
			c.step(self, Progress{SN: sn, Bytes: 1, Size: 2})
		}
	})
	c.call(takes, func() {
		switch luck := c.IntN(100); {
		case !current():
		case from == "" && luck < 3 && !c.quiet:
			c.step(self, Failed{SN: sn, Reason: []Reason{NotFound, NoAnswer, Refused}[luck]})
		case from == "" || c.have[from][sn] && luck < 90:
			c.have[self][sn] = true
			c.step(self, Arrived{SN: sn, From: from, Bytes: 2, Took: takes})
		case luck < 60:
			c.step(self, Lacked{SN: sn, From: from})
		case luck < 65:
			c.step(self, Failed{SN: sn, From: from, Reason: []Reason{BadContent, BadSize, Broken, Broken, Broken}[luck-60]})
		}
		// Otherwise nothing comes at all.
	})
}

// mischief is done several times a second, until all is quiet.
func (c *chaos) mischief() {
	if c.quiet {
		return
	}
	c.call(time.Duration(c.IntN(600))*time.Millisecond, c.mischief)
	switch n := c.IntN(100); {
	case n < 1:
		c.leave(c.any(), time.Duration(c.IntN(4000))*time.Millisecond, c.IntN(2) == 0)
		c.birth()
	case n < 6:
		c.cut()
	case n < 8:
		id := c.any()
		c.step(id, Offline{})
		c.call(time.Duration(c.IntN(20))*time.Second, func() {
			c.step(id, Entered{Self: id, Substreams: []int{0, 0, 0, 2, 4}[c.IntN(5)]})
			c.step(id, RelayUp{})
		})
	default:
		c.step(c.any(), c.order())
	}
}

// cut ends a link with an error that both ends see.
func (c *chaos) cut() {
	a := c.any()
	b := c.somebody()
	w := c.ends[[2]PeerID{a, b}]
	if w == nil {
		return
	}
	c.send(letter{at: c.now, to: a, ev: LinkDown{Peer: b, Failed: true}, wire: w})
	c.send(letter{at: c.now + hop, to: b, ev: LinkDown{Peer: a, Failed: true}, wire: w})
}

// order is what a scheduler gone mad says.
func (c *chaos) order() Event {
	switch n := c.IntN(100); {
	case n < 40:
		return Parents{Nodes: c.candidates()}
	case n < 65:
		return Adopt{Parent: c.somebody(), Residual: c.rate()}
	case n < 80:
		return Connect{Peer: c.somebody()}
	case n < 88:
		return Disconnect{Peers: []PeerID{c.somebody(), c.somebody()}}
	case n < 94:
		return TransitionReply{Success: c.IntN(2) == 0}
	case n < 97:
		return Unreachable{Peer: c.somebody()}
	default:
		return Levelled{Level: c.IntN(6)}
	}
}
