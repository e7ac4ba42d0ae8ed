package mesh

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestRandomSwarmEvents feeds engines with events in any order, sensible or not,
// 120,000 in one run of the test. Nothing of it may break a promise.
func TestRandomSwarmEvents(t *testing.T) {
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
			randomSwarmRun(t, seed, 15_000, func(a Action) { seen[fmt.Sprintf("%T", a)] = true })
			if seen[fmt.Sprintf("%T", AskTail{})] {
				divided.Store(true)
			}
			for _, a := range []Action{
				AskParent{},
				AskOrigin{},
				Fetch{},
				GiveUp{},
				Dial{},
				Accept{},
				Refuse{},
				Drop{},
				GetPeers{},
				Ignored{},
			} {
				if name := fmt.Sprintf("%T", a); !seen[name] {
					t.Errorf("no %s came up: the test lacks events", name)
				}
			}
		})
	}
}

// TestSwarmDeterminism: the same events are answered in the same way.
func TestSwarmDeterminism(t *testing.T) {
	t.Parallel()
	var runs [2][]string
	for i := range runs {
		randomSwarmRun(t, 99, 5000, func(a Action) { runs[i] = append(runs[i], FormatAction(a)) })
	}
	if !slices.Equal(runs[0], runs[1]) {
		t.Error("two runs differ")
	}
}

// FuzzSwarmStep takes scripts as sessions: whatever they contain, no promise is
// broken.
func FuzzSwarmStep(f *testing.F) {
	files, _ := filepath.Glob("testdata/bt-*.txt")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, session string) {
		c := DefaultBitTorrentConfig()
		c.CacheBytes = 50_000_000
		if err := keepsPromises(newSwarmChecker(c), session); err != nil {
			t.Fatal(err)
		}
	})
}

// TestScriptsKeepSwarmPromises holds all scripts' sessions against the same
// account as random ones.
func TestScriptsKeepSwarmPromises(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := DefaultBitTorrentConfig()
		c.CacheBytes = 50_000_000
		if err := keepsPromises(newSwarmChecker(c), string(b)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func keepsPromises(c *swarmChecker, session string) error {
	for line := range strings.Lines(session) {
		now, ev, err := ParseEvent(line)
		if err != nil {
			continue
		}
		if err := c.step(now, ev); err != nil {
			return err
		}
	}
	return nil
}

func randomSwarmRun(t *testing.T, seed uint64, events int, each func(Action)) {
	t.Helper()
	g := &swarmGenerator{generator: newGenerator(seed), live: seed%2 == 1}
	c := newSwarmChecker(g.config())
	for range events {
		if err := c.step(g.time(c), g.event(c)); err != nil {
			t.Fatal(err)
		}
		for _, a := range c.done {
			each(a)
		}
	}
}

// swarmGenerator makes events: mostly what a session brings, with nonsense in
// between.
type swarmGenerator struct {
	*generator
	live  bool
	first SN
	at    SN // of the player
	want  []SN
}

func (g *swarmGenerator) config() BitTorrentConfig {
	c := DefaultBitTorrentConfig()
	c.Seed, c.Neighbours, c.Ahead = g.seed, 1+g.IntN(12), 1+g.IntN(10)
	c.CacheBytes = int64(g.IntN(4)) * 20_000_000
	if g.IntN(2) == 0 {
		c.P2PDeadline = time.Duration(1+g.IntN(8000)) * time.Millisecond
	}
	return c
}

func (g *swarmGenerator) time(c *swarmChecker) time.Duration {
	switch n := g.IntN(1000); {
	case n < 250 && c.wake < c.now+time.Minute:
		return c.wake
	case n < 251:
		return c.now + time.Duration(g.Int64N(int64(20*time.Minute)))
	case n < 255:
		return c.now - time.Duration(g.Int64N(int64(time.Hour)))
	default:
		return c.now + time.Duration(g.Int64N(int64(200*time.Millisecond)))
	}
}

// sn is mostly near the player.
func (g *swarmGenerator) sn() SN {
	switch n := g.IntN(200); {
	case n < 1:
		return SN(g.Uint64())
	case n < 2:
		return []SN{-1, maxSN, maxSN + 1, math.MaxInt64, math.MinInt64}[g.IntN(5)]
	case n < 40 && g.flood:
		return SN(g.IntN(100_000))
	default:
		return g.at + SN(g.IntN(24)) - 4
	}
}

// remote is mostly a neighbour.
func (g *swarmGenerator) remote(c *swarmChecker) PeerID {
	if n := c.last.Neighbours; len(n) > 0 && g.IntN(8) > 0 {
		return n[g.IntN(len(n))].Peer
	}
	return g.peer()
}

// inFlight is a segment and its source, mostly a true one.
func (g *swarmGenerator) inFlight(c *swarmChecker) (SN, PeerID) {
	w := c.last.Wanted
	if len(w) == 0 || g.IntN(10) == 0 {
		return g.sn(), g.remote(c)
	}
	s := w[g.IntN(len(w))]
	return s.SN, s.Parent
}

func (g *swarmGenerator) event(c *swarmChecker) Event {
	for _, a := range c.done {
		if f, ok := a.(Fetch); ok {
			g.want = append(g.want, f.SN)
		}
	}
	if len(g.want) > 0 && g.IntN(3) > 0 {
		sn := g.want[0]
		g.want = g.want[1:]
		if g.IntN(20) == 0 {
			return Unwanted{SN: sn}
		}
		return Wanted{SN: sn, Duration: 2 * time.Second, PlayAt: c.now + time.Duration(sn-g.at)*2*time.Second, Watched: g.IntN(2) == 0}
	}
	if g.IntN(6) == 0 {
		return g.flow(c.last.Wanted)
	}
	switch n := g.IntN(100); {
	case n < 6, n < 20 && g.flood:
		return Wanted{SN: g.sn(), Duration: g.span(), PlayAt: c.now + g.span()*3, Waiting: g.IntN(3) == 0, Watched: g.IntN(2) == 0, Alone: g.IntN(8) == 0}
	case n < 9:
		return g.demanded()
	case n < 10:
		return Unwanted{SN: g.sn()}
	case n < 16:
		sn, _ := g.inFlight(c)
		return g.progress(sn)
	case n < 28:
		sn, from := g.inFlight(c)
		return Arrived{SN: sn, From: from, First: g.span() / 4, Took: g.span(), Bytes: g.Int64N(1e6)}
	case n < 32:
		sn, from := g.inFlight(c)
		if g.IntN(6) == 0 {
			from = "" // the source of the end, maybe
		}
		return Failed{SN: sn, From: from, Reason: g.reason()}
	case n < 36:
		sn, from := g.inFlight(c)
		return Lacked{SN: sn, From: from}
	case n < 37 && g.IntN(2) == 0:
		sn, _ := g.inFlight(c)
		return Met{SN: sn}
	case n < 37:
		return Rated{Stream: g.rate()}
	case n < 40:
		return g.listed()
	case n < 65:
		return g.said(c)
	default:
		return g.control(c)
	}
}

func (g *swarmGenerator) demanded() Event {
	if g.IntN(10) == 0 {
		g.at = g.first + SN(g.IntN(200))
	} else {
		g.at++
	}
	if g.IntN(50) == 0 {
		return Demanded{SN: g.sn()}
	}
	return Demanded{SN: g.at}
}

func (g *swarmGenerator) listed() Event {
	switch {
	case g.IntN(20) == 0:
		return Listed{First: SN(g.Uint64()), Last: g.sn(), Duration: g.span(), Live: g.IntN(2) == 0}
	case g.live:
		g.first++
		g.at = max(g.at, g.first)
		return Listed{First: g.first, Last: g.first + 9, Duration: 2 * time.Second, Live: true}
	default:
		return Listed{First: 0, Last: 299, Duration: 2 * time.Second}
	}
}

// said is what neighbours say.
func (g *swarmGenerator) said(c *swarmChecker) Event {
	switch n := g.IntN(20); {
	case n < 2:
		ev := Holds{From: g.remote(c)}
		for range g.IntN(60) {
			ev.SNs = append(ev.SNs, g.sn())
		}
		return ev
	case n < 14:
		return Has{From: g.remote(c), SN: g.sn()}
	case n < 15:
		return HasLost{From: g.remote(c), SN: g.sn()}
	case n < 17:
		return Asked{From: g.remote(c), SN: g.sn()}
	default:
		return Evicted{SN: g.sn()}
	}
}

func (g *swarmGenerator) control(c *swarmChecker) Event {
	switch n := g.IntN(1000); {
	case n < 4:
		return []Event{Offline{}, Offline{}, Barred{}, nil}[g.IntN(4)]
	case n < 12:
		return Entered{Self: []PeerID{"M", "M", "B"}[g.IntN(3)]}
	case n < 60:
		return RelayUp{}
	case n < 160:
		return Offered{Peer: g.peer()}
	case n < 170:
		return Unreachable{Peer: g.peer()}
	case n < 500:
		return g.linkUp(c)
	case n < 540:
		return g.linkDown(c)
	case n < 560:
		return Silent{Peer: g.remote(c)}
	case n < 600:
		return Heard{Peer: g.remote(c)}
	case n < 615:
		return g.peers()
	case n < 635:
		return []Event{
			Displaced{From: g.remote(c)},
			Granted{From: g.remote(c)},
			TransitionAsked{From: g.remote(c)},
			Parents{},
			Adopt{Parent: "A"},
			Newest{From: "A"},
		}[g.IntN(6)]
	default:
		return Tick{}
	}
}

func (g *swarmGenerator) peers() Event {
	n := g.IntN(12) - 5
	if g.IntN(30) == 0 {
		n = 2000
	}
	ev := Peers{}
	for range n {
		ev.IDs = append(ev.IDs, g.peer())
	}
	return ev
}

// linkUp is mostly that of a link that is being made.
func (g *swarmGenerator) linkUp(c *swarmChecker) Event {
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

func (g *swarmGenerator) linkDown(c *swarmChecker) Event {
	p := g.remote(c)
	if d := c.last.Dialling; len(d) > 0 && g.IntN(2) == 0 {
		p = d[g.IntN(len(d))]
	}
	return LinkDown{Peer: p, Failed: g.IntN(2) == 0}
}
