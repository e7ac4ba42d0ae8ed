package lab

import (
	"testing"
	"time"
)

// strong and weak are uplinks that feed many peers, and about one and a half.
const (
	strong = 4_000_000
	weak   = 400_000
)

// TestRootDies: the one peer that all others live on is cut off without a
// word. They play on, and soon feed each other again.
func TestRootDies(t *testing.T) {
	t.Parallel()
	play(t, SwarmConfig{Peers: 4, Uplinks: []int64{strong}, JoinEvery: 2 * time.Second}, func(st *stage) {
		time.Sleep(30 * time.Second)
		st.sharing(10*time.Second, 1)
		st.crash(0)
		time.Sleep(60 * time.Second)
		st.sharing(20*time.Second, 1)
		st.unharmed()
	})
}

// TestRootDiesInMidSegment: the same while a segment takes a second and a half
// on every link, at moments spread over two segments.
func TestRootDiesInMidSegment(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{0, 700 * time.Millisecond, 1400 * time.Millisecond, 2100 * time.Millisecond} {
		c := SwarmConfig{
			Peers: 3, Uplinks: []int64{1_300_000, 2_000_000}, JoinEvery: 2 * time.Second,
			Origin: OriginConfig{BitRate: 1_000_000},
		}
		play(t, c, func(st *stage) {
			time.Sleep(30*time.Second + late)
			st.crash(0)
			time.Sleep(60 * time.Second)
			st.sharing(20*time.Second, 1)
			st.unharmed()
		})
	}
}

// TestRootLeaves: a good-bye costs the others less than a death.
func TestRootLeaves(t *testing.T) {
	t.Parallel()
	play(t, SwarmConfig{Peers: 4, Uplinks: []int64{strong}, JoinEvery: 2 * time.Second}, func(st *stage) {
		time.Sleep(30 * time.Second)
		st.quit(0)
		time.Sleep(30 * time.Second)
		st.sharing(20*time.Second, 1)
		st.unharmed()
	})
}

// TestChainBreaks: where each peer feeds the next, one in the middle dies.
func TestChainBreaks(t *testing.T) {
	t.Parallel()
	play(t, SwarmConfig{Peers: 4, Uplinks: []int64{300_000}, JoinEvery: 4 * time.Second}, func(st *stage) {
		time.Sleep(40 * time.Second)
		st.crash(1)
		time.Sleep(60 * time.Second)
		st.sharing(20*time.Second, 2)
		st.unharmed()
	})
}

// TestChurn: peers go one after another, in either way, until one is left.
func TestChurn(t *testing.T) {
	t.Parallel()
	play(t, SwarmConfig{Peers: 5, Uplinks: []int64{strong}, JoinEvery: time.Second}, func(st *stage) {
		time.Sleep(20 * time.Second)
		for i := range 4 {
			if i%2 == 0 {
				st.crash(i)
			} else {
				st.quit(i)
			}
			time.Sleep(7 * time.Second)
		}
		time.Sleep(20 * time.Second)
		st.unharmed()
	})
}
