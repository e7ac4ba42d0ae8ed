package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"hlspeer/peer/mesh"
	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

// SimConfig says what [Simulate] plays through. Start from [DefaultSimConfig].
type SimConfig struct {
	Peers    int           // in the channel at a time, 2 to 20000
	Duration time.Duration // of virtual time, 1 minute to 24 hours; 0: as long as the profile needs
	Seed     uint64        // the same seed gives the same report
	Profile  Profile
	Stay     time.Duration // how long a peer stays on average, at least 10 s

	// Ramp is how long the first peers take to come, MeasureFrom when figures
	// begin to count; negative: as the profile has it.
	Ramp, MeasureFrom time.Duration
	Crash             float64 // share of those who leave that do so without a word
	// PairFails is the share of all pairs of peers that cannot connect, 0 to 0.5.
	PairFails float64

	// Uplinks scales everybody's uplink, 0 to 10; 0: as the profile has it. Rates
	// are given to the peers in turn, bit/s; none: the mix of mesh 4.
	Uplinks float64
	Rates   []int64
	// Substreams is what the tracker splits the stream into, 1 to 32.
	Substreams int
	Rule       Rule
	Standby    bool // the tracker names a second candidate to everybody
	// Climb lets peers climb by themselves, under a rule that does not plan.
	Climb bool
	// TopologyOnly leaves the segments out: nobody asks for any, which is much
	// faster.
	TopologyOnly bool

	// Progress, if not nil, is told the virtual time now and then.
	Progress func(now time.Duration)
}

// DefaultSimConfig is a steady channel of a hundred peers.
func DefaultSimConfig() SimConfig {
	return SimConfig{
		Peers: 100, Seed: 1, Profile: Steady, Stay: 20 * time.Minute, Substreams: 4, Rule: ByTracker, Standby: true,
		Ramp: -1, MeasureFrom: -1, Crash: crashShare, PairFails: pairFails,
	}
}

// A Rule says who assigns parents.
type Rule string

// The rules.
const (
	ByTracker     Rule = "tracker"      // the tracker's own code
	ByMaxResidual Rule = "max-residual" // most free uplink among 20 candidates, for comparison
)

// Rules are all of them.
func Rules() []Rule { return []Rule{ByTracker, ByMaxResidual} }

// Validate reports every fault, joined.
func (c SimConfig) Validate() error {
	var faults []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	require(2 <= c.Peers && c.Peers <= 20_000, "%d peers are not from 2 to 20000", c.Peers)
	require(c.Duration == 0 || time.Minute <= c.Duration && c.Duration <= 24*time.Hour, "duration %v is not from 1m to 24h", c.Duration)
	require(c.MeasureFrom < c.Duration || c.Duration == 0, "figures that count from %v on: the run takes %v", c.MeasureFrom, c.Duration)
	require(0 <= c.PairFails && c.PairFails <= .5, "a share of %g of pairs that cannot connect is not from 0 to 0.5", c.PairFails)
	require(0 <= c.Uplinks && c.Uplinks <= 10, "uplinks times %g: want 0 to 10", c.Uplinks)
	require(1 <= c.Substreams && c.Substreams <= 32, "%d substreams are not from 1 to 32", c.Substreams)
	require(slices.Contains(Rules(), c.Rule), "rule %q is none of %v", c.Rule, Rules())
	if err := c.churn().Validate(); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// complete fills in what the profile decides.
func (c SimConfig) complete() SimConfig {
	if c.Duration == 0 {
		c.Duration = map[Profile]time.Duration{Flash: 7 * time.Minute, Quiesce: 20 * time.Minute}[c.Profile]
	}
	if c.Duration == 0 {
		c.Duration = time.Hour
	}
	if c.Uplinks == 0 {
		c.Uplinks = 1
		if c.Profile == Deficit {
			c.Uplinks = DeficitUplinks
		}
	}
	return c
}

// A world is a channel on a virtual clock: the brains of its peers, the room of
// their tracker, and what lies between them. Nothing in it runs by itself: an
// event is taken from the queue, and leads to later ones.
//
// The model leaves out what no brain decides about: bandwidth is a number of
// slots, and a link that is within them brings every segment one hop's time
// after its parent has it; the HTTP source always works; a viewer begins with
// the newest segment and enters the mesh with its arrival.
type world struct {
	config SimConfig
	queue  timeline
	chance *rand.Rand // of delays
	fate   *rand.Rand // of peers: the same under any rule
	visits *visits

	desk  desk
	alarm alarm // of the desk

	peers map[mesh.PeerID]*simPeer // that the tracker knows, or soon will
	alive []*simPeer
	count int // of all who ever came

	figures figures
	checks  checks
	stats   segmentStats
}

// A desk assigns parents: [tracker.Room], or a rule to compare it with.
type desk interface {
	Step(now time.Duration, ev tracker.Event) (out []tracker.Out, wake time.Duration)
	Snapshot() tracker.Snapshot
}

var (
	_ desk = (*tracker.Room)(nil)
	_ desk = (*reference)(nil)
)

// streamRate is R of the mesh notes: the only unit of bandwidth here.
const streamRate = 2_500_000

func newWorld(c SimConfig) *world {
	source := func(use uint64) *rand.Rand { return rand.New(rand.NewPCG(c.Seed, use)) }
	w := &world{
		config: c, chance: source(1), fate: source(2), visits: c.churn().visits(),
		peers: map[mesh.PeerID]*simPeer{}, checks: newChecks(),
	}
	server := tracker.DefaultConfig()
	room := tracker.RoomConfig{
		Substreams: c.Substreams, ReportSpan: int(reportSpan / time.Second), StreamRate: streamRate, Rand: source(3),
		Plan: server.Plan, CompactShare: server.CompactShare, Standby: c.Standby,
	}
	switch c.Rule {
	case ByMaxResidual:
		w.desk = newReference(room)
	default:
		w.desk = tracker.NewRoom(room)
	}
	return w
}

// Simulate plays a channel through on a virtual clock: the brains of
// [mesh.Fastmesh] and the scheduler of [tracker.Room], thousands of peers in one
// goroutine. The model is that of mesh 4. It ends early with ctx's error.
// The configuration must be valid.
func Simulate(ctx context.Context, c SimConfig) (Report, error) {
	w := newWorld(c.complete())
	w.populate()
	w.after(0, w.measure)
	w.after(checkEvery, w.check)
	for n := 0; ; n++ {
		if n%10_000 == 0 {
			if err := context.Cause(ctx); err != nil {
				return Report{}, fmt.Errorf("simulating: %w", err)
			}
			if w.config.Progress != nil {
				w.config.Progress(w.queue.now)
			}
		}
		if !w.queue.next(w.config.Duration) {
			break
		}
	}
	return w.report(), nil
}

func (w *world) now() time.Duration { return w.queue.now }

func (w *world) after(d time.Duration, do func()) { w.queue.add(w.queue.now+d, do) }

// between is a random time.
func (w *world) between(low, high time.Duration) time.Duration {
	return low + time.Duration(w.chance.Float64()*float64(high-low))
}

// planned says that it is the tracker's own code that assigns parents.
func (w *world) planned() bool { return w.config.Rule == ByTracker }

// substreamRate is the rate of one slot.
func (w *world) substreamRate() signaling.BitRate {
	return streamRate / signaling.BitRate(w.config.Substreams)
}
