package lab

import (
	"math"
	"net/http"
	"testing"
	"time"

	"hlspeer/peer"
)

// TestNoWorseThanHTTP: in a swarm where packets are lost and peers come and go, of
// whom every third is held back, players with peers are served as well as those by
// HTTP alone. What comes from a peer reaches the player when it is complete, so it may
// begin later, but by no more than half a segment, of which a player has several.
func TestNoWorseThanHTTP(t *testing.T) {
	t.Parallel()
	const segment = 2 * time.Second
	stays, err := Churn{Profile: Steady, Peers: 9, Duration: 3 * time.Minute, Ramp: 10 * time.Second, Stay: time.Minute, Crash: .3, Seed: 1}.Stays(100)
	if err != nil {
		t.Fatal(err)
	}
	var f trouble
	f.set(func(*http.Request) Fault { return Fault{Delay: 60 * time.Millisecond} })
	c := SwarmConfig{
		Peers: 9, Stays: stays, HoldBack: .34, Uplinks: []int64{strong},
		Lines: []Line{{Delay: 20 * time.Millisecond, Loss: .01}}, Origin: OriginConfig{Faults: f.faults},
	}
	play(t, c, func(st *stage) {
		time.Sleep(3 * time.Minute)
		r := st.Report()
		if len(r.Groups) != 2 || r.Groups[0].Group != peer.GroupP2P || r.Groups[1].Group != peer.GroupHeld {
			t.Fatalf("groups %+v", r.Groups)
		}
		p2p, held := r.Groups[0], r.Groups[1]
		for _, g := range r.Groups {
			t.Logf("%s: %d peers, %d answers, first byte %.3f s and %.3f s (p50, p95), %d of %d late, %d stalls, %d lost, bytes %d by HTTP and %d from peers",
				g.Group, g.Peers, g.Answers, *g.FirstByte.P50, *g.FirstByte.P95, g.Late, g.Segments, g.Stalls, g.Lost, g.Bytes.HTTP, g.Bytes.P2P)
			if g.Segments < 100 || g.Answers < 100 || g.Bytes.HTTP == 0 {
				t.Errorf("too few to say anything: %+v", g)
			}
		}
		if held.Bytes.P2P != 0 {
			t.Errorf("%d bytes from peers where none were to be taken", held.Bytes.P2P)
		}
		if p2p.Bytes.P2P < p2p.Bytes.HTTP {
			t.Errorf("%d bytes from peers, %d by HTTP: nothing is compared", p2p.Bytes.P2P, p2p.Bytes.HTTP)
		}
		if by := *p2p.FirstByte.P95 - *held.FirstByte.P95; by > (segment / 2).Seconds() {
			t.Errorf("first byte %.3f s later with peers (p95)", by)
		}
		late := func(g ReportGroup) float64 { return float64(g.Late) / float64(g.Segments) }
		// By chance alone: three standard errors of the difference.
		chance := 3 * math.Sqrt(late(held)*(1-late(held))*(1/float64(held.Segments)+1/float64(p2p.Segments)))
		if late(p2p) > late(held)+max(.01, chance) {
			t.Errorf("late: %.4f with peers, %.4f without", late(p2p), late(held))
		}
		if p2p.Stalls > held.Stalls || p2p.Lost > held.Lost {
			t.Errorf("with peers %d stalls and %d lost, without %d and %d", p2p.Stalls, p2p.Lost, held.Stalls, held.Lost)
		}
	})
}
