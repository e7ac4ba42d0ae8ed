package mesh

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// TestRandomEvents feeds engines with events in any order, sensible or not,
// 120,000 in one run of the test. Nothing of it may break a promise.
func TestRandomEvents(t *testing.T) {
	t.Parallel()
	var divided atomic.Bool // in any of the runs
	t.Cleanup(func() {
		if !divided.Load() {
			t.Error("no segment was divided: the test lacks events")
		}
	})
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			randomRun(t, seed, 15_000, func(a Action) { seen[fmt.Sprintf("%T", a)] = true })
			if seen[fmt.Sprintf("%T", AskTail{})] {
				divided.Store(true)
			}
			expected := []Action{
				AskParent{},
				AskOrigin{},
				GiveUp{},
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
			}
			switch seed % 4 {
			case 1:
				expected = append(expected, AskAdopt{}, SendTransition{})
			case 3:
				expected = append(expected, SendGrant{})
			}
			for _, a := range expected {
				if name := fmt.Sprintf("%T", a); !seen[name] {
					t.Errorf("no %s came up: the test lacks events", name)
				}
			}
		})
	}
}

// TestDeterminism: the same events are answered in the same way.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	var runs [2][]string
	for i := range runs {
		randomRun(t, 99, 5000, func(a Action) { runs[i] = append(runs[i], FormatAction(a)) })
	}
	if !slices.Equal(runs[0], runs[1]) {
		t.Error("two runs differ")
	}
}

func randomRun(t *testing.T, seed uint64, events int, each func(Action)) {
	t.Helper()
	g := newGenerator(seed)
	c := newChecker(g.config())
	for range events {
		if err := c.step(g.time(c), g.event(c)); err != nil {
			t.Fatal(err)
		}
		for _, a := range c.done {
			each(a)
		}
	}
}

// generator makes events: mostly what a live session brings, with nonsense in
// between.
type generator struct {
	*rand.Rand
	seed     uint64
	flood    bool // more segments and strangers than there is room for
	climb    bool // mostly left alone by the scheduler, so that it climbs itself
	head     SN   // newest segment of the stream
	came     map[SN]int64
	children int // as configured
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 1)), seed: seed, flood: seed%4 == 3, climb: seed%4 == 1, came: map[SN]int64{}}
}

func (g *generator) config() Config {
	c := DefaultConfig()
	c.Seed = g.seed
	c.Substreams = 1 + g.IntN(8)
	if g.IntN(4) > 0 {
		c.Uplink, c.Climb = BitRate(1e6+g.Float64()*5e7), g.flood || g.IntN(4) > 0
	}
	c.Standby = g.seed%2 == 0
	c.MaxChildren = 1 + g.IntN(4)
	c.MaxParents = 1 + g.IntN(6)
	if g.climb {
		c.Uplink, c.Climb, c.MaxChildren, c.Standby = 1e8, true, 12, g.IntN(2) == 0
	}
	g.children = c.MaxChildren
	if g.IntN(2) == 0 {
		c.P2PDeadline = time.Duration(1+g.IntN(8000)) * time.Millisecond
	}
	return c
}

func (g *generator) time(c *checker) time.Duration {
	switch n := g.IntN(1000); {
	case n < 300 && c.wake < c.now+time.Minute:
		return c.wake
	case n < 301:
		return c.now + time.Duration(g.Int64N(int64(20*time.Minute)))
	case n < 320 && g.climb:
		return c.now + time.Duration(g.Int64N(int64(time.Minute)))
	case n < 305:
		return c.now - time.Duration(g.Int64N(int64(time.Hour)))
	default:
		return c.now + time.Duration(g.Int64N(int64(300*time.Millisecond)))
	}
}

func (g *generator) peer() PeerID {
	switch n := g.IntN(100); {
	case n < 2:
		return ""
	case n < 4:
		return "M" // ourselves
	case n < 6, n < 30 && g.flood:
		return PeerID(fmt.Sprintf("stranger %d", g.IntN(5000)))
	default:
		return PeerID('A' + rune(g.IntN(24)))
	}
}

func (g *generator) sn() SN {
	switch n := g.IntN(100); {
	case n < 1:
		return SN(g.Uint64())
	case n < 40:
		g.head++
		return g.head
	default:
		return g.head - SN(g.IntN(10))
	}
}

func (g *generator) span() time.Duration {
	if g.IntN(200) == 0 {
		return time.Duration(g.Uint64())
	}
	return time.Duration(g.Int64N(int64(8 * time.Second)))
}

func (g *generator) rate() BitRate {
	odd := []BitRate{0, -1, 1e300, BitRate(math.NaN()), BitRate(math.Inf(1)), BitRate(math.Inf(-1)), 5e-324}
	if g.IntN(15) == 0 {
		return odd[g.IntN(len(odd))]
	}
	return BitRate(g.Float64() * 4e6)
}

func (g *generator) reason() Reason {
	all := []Reason{BadSize, BadContent, Broken, NotFound, Refused, NoAnswer, LinkLost, Broken, NotFound, "?"}
	return all[g.IntN(len(all))]
}

// inFlight is a segment and its source, mostly a true one.
func (g *generator) inFlight(c *checker) (SN, PeerID) {
	w := c.last.Wanted
	if len(w) == 0 || g.IntN(10) == 0 {
		return g.sn(), g.peer()
	}
	s := w[g.IntN(len(w))]
	return s.SN, s.Parent
}

func (g *generator) event(c *checker) Event {
	if g.climb && g.IntN(2) == 0 {
		if ev := g.climbing(c); ev != nil {
			return ev
		}
	}
	if g.IntN(6) == 0 {
		return g.flow(c.last.Wanted)
	}
	switch n := g.IntN(100); {
	case n < 15, n < 35 && g.flood:
		return Wanted{
			SN: g.sn(), Duration: g.span(), PlayAt: c.now + g.span()*3,
			Waiting: g.IntN(3) == 0, Watched: g.IntN(2) == 0, Alone: g.IntN(8) == 0,
		}
	case n < 16:
		return Unwanted{SN: g.sn()}
	case n < 22:
		sn, _ := g.inFlight(c)
		return g.progress(sn)
	case n < 32:
		sn, from := g.inFlight(c)
		return Arrived{SN: sn, From: from, First: g.span() / 4, Took: g.span(), Bytes: g.Int64()}
	case n < 38:
		sn, from := g.inFlight(c)
		if g.IntN(6) == 0 {
			from = "" // the source of the end, maybe
		}
		return Failed{SN: sn, From: from, Reason: g.reason()}
	case n < 43:
		sn, from := g.inFlight(c)
		return Lacked{SN: sn, From: from}
	case n < 43 && g.IntN(2) == 0:
		_, from := g.inFlight(c)
		return Newest{From: from, Theirs: g.sn() - SN(g.IntN(6)), Ours: g.sn()}
	case n < 44 && len(c.last.Children) > 0:
		return Asked{SN: g.sn(), From: g.child(c)}
	case n < 45 && g.IntN(2) == 0:
		sn, _ := g.inFlight(c)
		return Met{SN: sn}
	case n < 45 && g.IntN(8) == 0:
		// The operator stops giving, or gives again: never less to some of those
		// that are there.
		if c.cfg.MaxChildren > 0 && g.IntN(2) == 0 {
			return Offering{}
		}
		return Offering{Uplink: g.rate() * 20, MaxChildren: max(g.children, c.cfg.MaxChildren)}
	case n < 45:
		return Rated{Stream: g.rate()}
	default:
		return g.control(c)
	}
}

// flow lets a little more come of a segment that a peer is sending.
func (g *generator) flow(wanted []SegmentState) Event {
	for _, w := range wanted {
		if w.Source == "asked" {
			n := min(g.came[w.SN]+g.Int64N(40_000), 1_000_000)
			g.came[w.SN] = n
			return Progress{SN: w.SN, Bytes: n, Size: 1_000_000, Came: n, Hops: g.IntN(4)}
		}
	}
	return Tick{}
}

// progress is mostly that of a segment on its way.
func (g *generator) progress(sn SN) Event {
	if g.IntN(4) == 0 {
		return Progress{SN: sn, Bytes: g.Int64(), Size: g.Int64() - 10, Came: g.Int64() - 10, Hops: int(g.Int64N(1<<40) - 10)}
	}
	size := 1 + g.Int64N(1e6)
	return Progress{SN: sn, Bytes: g.Int64N(size), Size: size, Came: g.Int64N(size), Hops: g.IntN(6)}
}

func (g *generator) control(c *checker) Event {
	n := g.IntN(1000)
	for g.climb && (n < 20 || n >= 760 && n < 815 || n >= 905 && n < 920) && g.IntN(20) > 0 {
		n = g.IntN(1000)
	}
	switch {
	case n < 4:
		return []Event{Offline{}, Offline{}, Barred{}, nil}[g.IntN(4)]
	case n < 20:
		return Entered{Self: []PeerID{"M", "M", "B"}[g.IntN(3)], Substreams: []int{0, 1, 3, 4, 8, 32, -1, math.MaxInt}[g.IntN(8)]}
	case n < 100:
		return RelayUp{}
	case n < 200:
		return Offered{Peer: g.peer()}
	case n < 220:
		return Unreachable{Peer: g.peer()}
	case n < 500:
		return g.linkUp(c)
	case n < 580:
		return g.linkDown(c)
	case n < 600:
		return Silent{Peer: g.peer()}
	case n < 610:
		return Heard{Peer: g.peer()}
	case n < 740:
		return Parents{Nodes: g.nodes()}
	case n < 750:
		return Connect{Peer: g.peer()}
	case n < 760:
		return Disconnect{Peers: []PeerID{g.peer(), g.peer(), g.peer()}}
	case n < 790:
		return Adopt{Parent: g.peer(), Residual: g.rate()}
	case n < 815:
		return Displaced{From: g.child(c), Substreams: []int{0, 1, 2, 3, 8, -1, math.MaxInt}[g.IntN(7)]}
	case n < 860:
		return TransitionAsked{From: g.child(c), Origin: g.peer(), Uplink: g.rate() * 20, TTL: g.IntN(5) - 1, SourceTTL: g.IntN(12) - 1}
	case n < 900:
		return g.granted(c)
	case n < 905:
		return Levelled{Level: g.IntN(8) - 1}
	case n < 920:
		return TransitionReply{Success: g.IntN(2) == 0}
	default:
		return Tick{}
	}
}

// linkUp is mostly that of a link that is being made.
func (g *generator) linkUp(c *checker) Event {
	s := c.last
	switch {
	case g.IntN(10) == 0:
		return LinkUp{Peer: g.peer(), Child: g.IntN(2) == 0}
	case len(s.Adopting) > 0 && g.IntN(4) == 0:
		return LinkUp{Peer: s.Adopting[g.IntN(len(s.Adopting))]}
	case s.Readying != "" && g.IntN(4) == 0:
		return LinkUp{Peer: s.Readying}
	case len(s.ClimbLinks) > 0 && g.IntN(2) == 0:
		return LinkUp{Peer: s.ClimbLinks[g.IntN(len(s.ClimbLinks))]}
	case len(s.Dialling) > 0:
		return LinkUp{Peer: s.Dialling[g.IntN(len(s.Dialling))]}
	case len(s.Accepted) > 0:
		return LinkUp{Peer: s.Accepted[g.IntN(len(s.Accepted))], Child: true}
	default:
		return Tick{}
	}
}

// climbing is what brings a climb forward, or nil.
func (g *generator) climbing(c *checker) Event {
	goal := c.brain.climb.goal.Granter
	switch l := c.links[goal]; {
	case c.last.Climb == "asking":
		return g.granted(c)
	case c.last.Climb == "moving":
		return g.linkUp(c)
	case c.last.Climb == "waiting" && l == accepted:
		return LinkUp{Peer: goal, Child: true}
	case c.last.Climb == "waiting":
		return Offered{Peer: goal}
	default:
		return nil
	}
}

// child is mostly one.
func (g *generator) child(c *checker) PeerID {
	if k := c.last.Children; len(k) > 0 && g.IntN(4) > 0 {
		return k[g.IntN(len(k))]
	}
	return g.peer()
}

// granted is mostly for us while we ask.
func (g *generator) granted(c *checker) Event {
	ev := Granted{
		From: g.peer(), Granter: g.peer(), To: g.peer(),
		Level: []int{0, 0, 1, 2, 5, -1, math.MaxInt}[g.IntN(7)], TTL: []int{1, 1, 2, 3, 0, -1, math.MaxInt}[g.IntN(7)],
	}
	if p := c.last.Parents; len(p) > 0 && g.IntN(8) > 0 {
		ev.From = p[g.IntN(len(p))].Peer
	}
	if g.IntN(3) == 0 {
		ev.Granter = ev.From
	}
	if c.last.Climb == "asking" && g.IntN(8) > 0 {
		ev.To = c.self
	}
	for n := []int{0, 0, 1, 2, 3, 20}[g.IntN(6)]; n > 0; n-- {
		ev.Parents = append(ev.Parents, GrantParent{Peer: g.peer(), Substreams: g.IntN(6) - 1})
	}
	return ev
}

func (g *generator) linkDown(c *checker) Event {
	p := g.peer()
	if c.last.Standby != "" && g.IntN(10) == 0 {
		p = c.last.Standby
	}
	if d := c.last.Dialling; len(d) > 0 && g.IntN(2) == 0 {
		p = d[g.IntN(len(d))]
	}
	return LinkDown{Peer: p, Failed: g.IntN(2) == 0}
}

func (g *generator) nodes() []Candidate {
	n := g.IntN(6)
	if g.IntN(50) == 0 {
		n = 1000
	}
	out := make([]Candidate, n)
	for i := range out {
		out[i] = Candidate{Peer: g.peer(), Residual: g.rate()}
	}
	return out
}
