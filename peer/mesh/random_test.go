package mesh

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestRandomEvents feeds engines with events in any order, sensible or not.
// Nothing of it may break a promise.
func TestRandomEvents(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			randomRun(t, seed, 15_000, func(a Action) { seen[fmt.Sprintf("%T", a)] = true })
			for _, a := range []Action{
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
			} {
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
	seed  uint64
	flood bool // more segments and strangers than there is room for
	head  SN   // newest segment of the stream
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 1)), seed: seed, flood: seed%4 == 3}
}

func (g *generator) config() Config {
	c := DefaultConfig()
	c.Seed = g.seed
	c.Substreams = 1 + g.IntN(8)
	c.MaxChildren = 1 + g.IntN(4)
	c.MaxParents = 1 + g.IntN(6)
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
	if g.IntN(20) == 0 {
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
	switch n := g.IntN(100); {
	case n < 15, n < 35 && g.flood:
		return Wanted{SN: g.sn(), Duration: g.span(), PlayAt: c.now + g.span()*3, Waiting: g.IntN(3) == 0}
	case n < 16:
		return Unwanted{SN: g.sn()}
	case n < 22:
		sn, _ := g.inFlight(c)
		return Progress{SN: sn, Bytes: g.Int64(), Size: g.Int64() - 10}
	case n < 32:
		sn, from := g.inFlight(c)
		return Arrived{SN: sn, From: from, Took: g.span(), Bytes: g.Int64()}
	case n < 38:
		sn, from := g.inFlight(c)
		return Failed{SN: sn, From: from, Reason: g.reason()}
	case n < 43:
		sn, from := g.inFlight(c)
		return Lacked{SN: sn, From: from}
	case n < 45:
		return Rated{Stream: g.rate()}
	default:
		return g.control(c)
	}
}

func (g *generator) control(c *checker) Event {
	switch n := g.IntN(1000); {
	case n < 4:
		return []Event{Offline{}, Offline{}, Barred{}, nil}[g.IntN(4)]
	case n < 20:
		return Entered{Self: []PeerID{"M", "M", "B"}[g.IntN(3)], Substreams: []int{0, 1, 3, 4, 8, 32, -1, 1 << 40}[g.IntN(8)]}
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
	case n < 730:
		return Parents{Nodes: g.nodes()}
	case n < 750:
		return Connect{Peer: g.peer()}
	case n < 760:
		return Disconnect{Peers: []PeerID{g.peer(), g.peer(), g.peer()}}
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
	case len(s.Dialling) > 0:
		return LinkUp{Peer: s.Dialling[g.IntN(len(s.Dialling))]}
	case len(s.Accepted) > 0:
		return LinkUp{Peer: s.Accepted[g.IntN(len(s.Accepted))], Child: true}
	default:
		return Tick{}
	}
}

func (g *generator) linkDown(c *checker) Event {
	p := g.peer()
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
