package lab

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hlspeer/peer"
)

// crowd is a swarm like those of the field: uplinks of all kinds, and peers
// that come late, leave, or die. From calm to quiet they do so.
type crowd struct {
	first, late  int   // peers that come one after another, and in the middle of it all
	leave, crash []int // of the first ones
	calm, quiet  time.Duration
}

// crowdRate is the bit rate of the stream: as little as the clip allows.
const crowdRate = 220_000

// theBest stands in crowd.crash for the peer that gives the most by then.
const theBest = -1

func (c crowd) config() SwarmConfig {
	s := SwarmConfig{Peers: c.first + c.late, Origin: OriginConfig{BitRate: crowdRate}}
	// Uplinks are full here. One of which two children want the same segment
	// takes twice as long for it, which is no reason to leave it.
	s.adjust = func(_ int, p *peer.Config) { p.P2PDeadline = 5 * time.Second }
	for _, n := range rand.New(rand.NewPCG(7, 11)).Perm(s.Peers) {
		streams := uplinkMix[n%len(uplinkMix)] * 1.05 / uplinkShare
		s.Uplinks = append(s.Uplinks, int64(streams*crowdRate))
	}
	for i := range c.first {
		s.Stays = append(s.Stays, Stay{From: time.Duration(i) * 2 * time.Second})
	}
	for i := range c.late {
		s.Stays = append(s.Stays, Stay{From: c.moment(i, c.late)})
	}
	for n, i := range c.leave {
		s.Stays[i].For = c.moment(n, len(c.leave)) - s.Stays[i].From
	}
	return s
}

// moment is when event i of n of a kind comes.
func (c crowd) moment(i, n int) time.Duration {
	return c.calm + time.Duration(i+1)*(c.quiet-c.calm)/time.Duration(n+1)
}

// best is the peer that gives the most.
func (st *stage) best() int {
	rows := st.present()
	out := given(rows)
	return slices.MaxFunc(rows, func(a, b Row) int { return out[string(a.PeerID)] - out[string(b.PeerID)] }).Peer - 1
}

// TestCrowd: twenty peers for more than four minutes, long enough for the
// tracker to trust them and to move them about. The one that gives the most
// dies in the middle of it.
func TestCrowd(t *testing.T) {
	t.Parallel()
	c := crowd{
		first: 14, late: 6, leave: []int{3, 8, 12}, crash: []int{5, theBest, 10},
		calm: 70 * time.Second, quiet: 140 * time.Second,
	}
	if underRace {
		c.first, c.late, c.leave, c.crash = 7, 2, []int{3}, []int{theBest, 5}
	}
	began := time.Now()
	play(t, c.config(), func(st *stage) {
		s := st.survey(crowdRate)
		for n, who := range c.crash {
			s.until(c.moment(n, len(c.crash)))
			if who == theBest {
				who = st.best()
			}
			st.crash(who)
		}
		s.until(c.quiet + 60*time.Second + recoverTime) // a minute passes until the tracker notices who is dead
		s.fed()
		s.until(c.quiet + 110*time.Second)
		s.fed()
		s.agreed()
		st.unharmed()
		s.fared(t)
	})
	t.Logf("%v of wall time", time.Since(began).Round(100*time.Millisecond))
}

// fared reports how the crowd as a whole did, and demands that it did well: of
// what the uplinks could carry most was carried, over few hops, and those who
// stayed saw nearly everything.
func (s *survey) fared(t *testing.T) {
	t.Helper()
	possible := float64(s.possible) / float64(s.due)
	t.Logf("offload %.3f of %.3f that uplinks allow; %d substreams changed parents; deepest level %d", s.offload(), possible, s.changes, s.deepest)
	if s.offload() < 0.7*possible {
		t.Errorf("offload %.3f, the uplinks allow %.3f", s.offload(), possible)
	}
	if s.deepest > 8 {
		t.Errorf("segments came over %d hops", s.deepest)
	}
	for _, r := range s.st.rows() {
		stay := s.st.members[r.Peer-1].stay
		there := s.passed - stay.From
		if stay.For > 0 {
			there = min(there, stay.For)
		}
		if want := int(there/s.st.origin.Duration()) - 2; r.Viewer.Segments < want {
			t.Errorf("peer %d: its viewer saw %d segments in %v, want %d", r.Peer, r.Viewer.Segments, there, want)
		}
	}
}
