package lab

import (
	"context"
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/transport/v5/vnet"

	"hlspeer/peer"
)

// delay is what a data channel takes each way on a stage.
const delay = 15 * time.Millisecond

// stage is a virtual swarm whose parts can be made to fail.
type stage struct {
	*Swarm
	t      *testing.T
	cables []*cable // one for each peer
	gone   []int    // peers that crashed or left: nobody asks how they fared

	mixed bool // channels differ, so that one sn means several segments
}

// play lets act direct a virtual swarm. That play returns says that all of its
// goroutines have ended.
func play(t *testing.T, c SwarmConfig, act func(st *stage)) {
	t.Helper()
	prepared(t, c, func(*stage) {}, act)
}

// prepared is play with something to do before the swarm begins to run.
func prepared(t *testing.T, c SwarmConfig, before, act func(st *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		st := &stage{t: t}
		adjust := c.adjust
		c.bubble(delay)
		c.adjust = func(i int, p *peer.Config) {
			line := newCable(Line{})
			st.cables = append(st.cables, line)
			p.Signal.NetDial = line.dialer(p.Signal.NetDial)
			p.Swarm.NetDial = p.Signal.NetDial
			p.Origin.Transport = &http.Transport{DialContext: p.Signal.NetDial, MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second}
			if adjust != nil {
				adjust(i, p)
			}
		}
		var err error
		if st.Swarm, err = NewSwarm(c); err != nil {
			t.Fatal(err)
		}
		st.net.(*virtual).router.AddChunkFilter(st.carries)
		before(st)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- st.Run(ctx) }()
		act(st)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, line := range st.cables {
			close(line.over)
		}
		time.Sleep(dialLimit) // of the dead
	})
}

// carries says whether the network carries a packet: both ends are alive.
func (st *stage) carries(c vnet.Chunk) bool {
	for i, line := range st.cables {
		if !line.dead.Load() {
			continue
		}
		ip := hostAddress(i)
		if addressOf(c.SourceAddr()) == ip || addressOf(c.DestinationAddr()) == ip {
			return false
		}
	}
	return true
}

func addressOf(a net.Addr) string {
	host, _, _ := net.SplitHostPort(a.String())
	return host
}

// crash cuts peer i off without a word: nothing it sends arrives any more, and
// nothing it is sent is answered.
func (st *stage) crash(i int) {
	st.gone = append(st.gone, i)
	st.cables[i].dead.Store(true)
}

// quit makes peer i leave in good order.
func (st *stage) quit(i int) {
	st.gone = append(st.gone, i)
	m := st.members[i]
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leave()
}

// rows are the peers that are still of interest.
func (st *stage) rows() []Row {
	return slices.DeleteFunc(st.Rows(), func(r Row) bool { return slices.Contains(st.gone, r.Peer-1) })
}

// unharmed demands that nobody's playback has suffered.
func (st *stage) unharmed() {
	st.t.Helper()
	for _, r := range st.rows() {
		if v := r.Viewer; v.Stalls > 0 || v.Lost > 0 || v.Wrong > 0 {
			st.t.Errorf("peer %d: %d stalls (%.1f s), %d lost and %d wrong segments, want none",
				r.Peer, v.Stalls, v.StallTime, v.Lost, v.Wrong)
		}
		if r.Joined && r.Viewer.Segments == 0 {
			st.t.Errorf("peer %d: its viewer saw nothing", r.Peer)
		}
	}
	if !st.mixed {
		st.balanced()
	}
}

// balanced demands that every segment's books add up to its size.
func (st *stage) balanced() {
	st.t.Helper()
	for i, m := range st.members {
		if slices.Contains(st.gone, i) {
			continue
		}
		for _, ch := range m.agent.Segments() {
			for _, p := range ch.Segments {
				size := int64(len(st.origin.Segment(st.config.rendition, int64(p.SN))))
				if p.Failed == "" && p.HTTP+p.P2P != size {
					st.t.Errorf("peer %d, segment %d of %d bytes: %d by HTTP, %d from peers, %d wasted (%s)",
						i+1, p.SN, size, p.HTTP, p.P2P, p.Wasted, p.Why)
				}
			}
		}
	}
}

// honest demands that no viewer was shown anything that is not the source's.
func (st *stage) honest() {
	st.t.Helper()
	for _, r := range st.rows() {
		if r.Viewer.Wrong > 0 {
			st.t.Errorf("peer %d: %d wrong segments", r.Peer, r.Viewer.Wrong)
		}
	}
}

// sharing lets d pass and demands that in it all but the given number of peers
// took most of their segments from others.
func (st *stage) sharing(d time.Duration, but int) {
	st.t.Helper()
	before := st.rows()
	time.Sleep(d)
	st.sharedSince(before, but)
}

// sharedSince demands the same of the time since before was taken.
func (st *stage) sharedSince(before []Row, but int) {
	st.t.Helper()
	alone := 0
	for i, r := range st.rows() {
		p2p, http := r.Counts.P2P-before[i].Counts.P2P, r.Counts.HTTP-before[i].Counts.HTTP
		if p2p <= http {
			alone++
			st.t.Logf("peer %d: %d segments from peers, %d by HTTP", r.Peer, p2p, http)
		}
		if p2p+http == 0 {
			st.t.Errorf("peer %d took no segment", r.Peer)
		}
	}
	if alone > but {
		st.t.Errorf("%d peers were fed by the source, want %d at most", alone, but)
	}
}
