package lab

import (
	"context"
	"net"
	"testing"
	"time"

	"hlspeer/peer"
)

// A narrowConn connection sends no more than so many bit/s.
type narrowConn struct {
	net.Conn
	rate int64
}

func (c narrowConn) Write(p []byte) (int, error) {
	time.Sleep(time.Duration(len(p)) * 8 * time.Second / time.Duration(c.rate))
	return c.Conn.Write(p)
}

// TestSpeedTestClaims: a peer whose line carries less than it offers says so to
// the tracker, also when it enters again. The others' word stands. It
// joins last, since here the line of its links is another.
func TestSpeedTestClaims(t *testing.T) {
	const offered, carried = 4_000_000, 1_500_000
	guarded(t, SwarmConfig{
		Peers: 3, Uplinks: []int64{20_000_000, offered, offered},
		JoinEvery: 2 * time.Second, adjust: func(i int, c *peer.Config) {
			if dial := c.Signal.NetDial; i == 2 {
				c.Signal.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					conn, err := dial(ctx, network, addr)
					if err != nil {
						return nil, err
					}
					return narrowConn{conn, carried}, nil
				}
			}
		},
	}, func(st *stage, g *gate) {
		for range 2 { // the second tracker hears it when they enter
			stop := st.open(g)
			time.Sleep(80 * time.Second)
			for i, want := range []float64{20_000_000, offered, carried} {
				if got := st.uplinkAtTracker(i); got < 0.9*want || got > 1.1*want {
					t.Errorf("the tracker believes that peer %d has %.0f bit/s, want %.0f", i+1, got, want)
				}
			}
			stop()
		}
		st.unharmed()
	})
}

// uplinkAtTracker is the uplink that the tracker knows of a peer, bit/s; 0 when
// it does not know the peer.
func (st *stage) uplinkAtTracker(i int) float64 {
	st.t.Helper()
	id := st.members[i].agent.Status().Channels[0].Tracks[0].PeerID
	for _, n := range st.nodes(st.t) {
		if n.ID == string(id) {
			return n.UplinkBW
		}
	}
	return 0
}
