package lab

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestStopsAnywhere stops swarms under load at moments of all kinds: while
// sockets open, links are being made, pieces are on their way, peers die. Each
// time all goroutines have to end, without a panic or a race.
func TestStopsAnywhere(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		d := time.Duration(random.Int64N(int64(9 * time.Second)))
		if random.IntN(2) == 0 {
			d /= 20 // the first moments have the most transitions
		}
		crash, quit := random.IntN(3), random.IntN(3)
		c := SwarmConfig{
			Peers: 3, Uplinks: []int64{2_500_000}, JoinEvery: d / 5,
			Origin: OriginConfig{BitRate: 1_000_000},
		}
		play(t, c, func(st *stage) {
			time.Sleep(d / 2)
			st.crash(crash)
			time.Sleep(d / 2)
			if !st.members[quit].presence().joined.IsZero() {
				st.quit(quit)
			}
		})
	}
}
