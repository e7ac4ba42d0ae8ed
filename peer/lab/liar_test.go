package lab

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/transport/v5"

	"hlspeer/peer"
)

// bottleneck is a line of so many bit/s for all that a peer sends to others.
// What waits for longer than half a second is lost.
type bottleneck struct {
	transport.Net
	rate float64

	mu   sync.Mutex
	free time.Time // when the last packet so far has left
}

const longestQueue = 500 * time.Millisecond

// ListenUDP implements [transport.Net].
func (b *bottleneck) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := b.Net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	return &narrow{conn, b}, nil
}

// delay is when a packet of n bytes may leave, from now on.
func (b *bottleneck) delay(n int) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	free := b.free
	if free.Before(now) {
		free = now
	}
	free = free.Add(time.Duration(float64(n*8) / b.rate * float64(time.Second)))
	if free.Sub(now) <= longestQueue {
		b.free = free
	}
	return free.Sub(now)
}

type narrow struct {
	transport.UDPConn
	line *bottleneck
}

// WriteTo implements [transport.UDPConn].
func (n *narrow) WriteTo(p []byte, to net.Addr) (int, error) {
	if d := n.line.delay(len(p)); d <= longestQueue {
		packet := slices.Clone(p)
		time.AfterFunc(d, func() { _, _ = n.UDPConn.WriteTo(packet, to) }) // lost if the socket is closed by then
	}
	return len(p), nil
}

// TestLiar: a peer claims to have 50 Mbit/s and has less than one stream
// to give. Children come, notice and go, each of them for longer than the
// last time, and who watches sees nothing of it. It costs the source something.
// Nobody stays for long enough to complain, so the tracker takes their going for it.
func TestLiar(t *testing.T) {
	t.Parallel()
	honest, _ := lied(t, lieHas)
	lying, children := lied(t, 50_000_000)
	t.Logf("by HTTP: %.2f of all with a liar, %.2f without; its children, every ten seconds: %v", lying, honest, children)
	if lying > honest+0.3 {
		t.Errorf("a liar costs the source %.2f of all bytes, without it is %.2f", lying, honest)
	}
	// By what it claims it could feed all eight.
	if slices.Max(children) < 1 || sum(children) > 3*len(children) {
		t.Errorf("the liar had %v children, want some who go", children)
	}
}

// lieHas is the true uplink of the liar, less than one stream.
const lieHas = 200_000

// lied runs a swarm of eight honest peers, which can feed each other, and one
// that claims so much. It gives the HTTP source's share in all bytes of the
// honest ones in three minutes, and how many children the other had.
func lied(t *testing.T, claims int64) (share float64, children []int) {
	t.Helper()
	c := SwarmConfig{Peers: 9, JoinEvery: 2 * time.Second, Uplinks: []int64{1.5 * crowdRate}, Origin: OriginConfig{BitRate: crowdRate}}
	c.adjust = func(i int, p *peer.Config) {
		if i == 0 {
			p.Upload = claims
			p.Link.Net = &bottleneck{Net: p.Link.Net, rate: lieHas}
		}
	}
	play(t, c, func(st *stage) {
		for range 18 {
			time.Sleep(10 * time.Second)
			children = append(children, fedBy(st.rows(), 0))
		}
		st.steady()
		var http, p2p int64
		for _, r := range st.rows()[1:] {
			http, p2p = http+r.Bytes.HTTP, p2p+r.Bytes.P2P
		}
		share = float64(http) / float64(http+p2p)
	})
	return share, children
}

// fedBy is how many of the peers have peer i among their parents.
func fedBy(rows []Row, i int) (n int) {
	for _, r := range rows {
		if slices.ContainsFunc(r.Parents, func(p peer.LinkStatus) bool { return string(p.PeerID) == string(rows[i].PeerID) }) {
			n++
		}
	}
	return n
}

func sum(list []int) (n int) {
	for _, v := range list {
		n += v
	}
	return n
}
