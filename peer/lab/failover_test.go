package lab

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/transport/v5/vnet"

	"hlspeer/peer"
)

const (
	packetBytes = 16 << 10
	// mostOver is what the source may serve beyond what is missing, bytes.
	mostOver = packetBytes
)

// pacer is a bare parent that sends packet after packet, with a pause before each.
type pacer struct {
	bare
	origin    *Origin
	rendition string
	// pause says how long to wait before packet i of segment sn; below 0: for
	// ever.
	pause func(sn int64, i int) time.Duration
	stop  chan struct{}
	gone  atomic.Bool // nothing gets from it or to it any more
	mu    sync.Mutex
	sent  map[int64]int64 // bytes
	lines map[*end]chan wish
}

type wish struct {
	url string
	sn  int64
}

// tickTock is what the pace of a parent is that takes about a second for a
// segment.
const tickTock = 30 * time.Millisecond

// hearsOf answers REQUESTs one after the other, as parents do.
func (p *pacer) hearsOf(e *end, text string) {
	url, sn, ok := requested(text)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	line := p.lines[e]
	if line == nil {
		line = make(chan wish, 100)
		p.lines[e] = line
		p.work.Go(func() { p.serve(e, line) })
	}
	line <- wish{url, sn}
}

func (p *pacer) serve(e *end, line chan wish) {
	for {
		select {
		case w := <-line:
			if !p.send(e, w) {
				return
			}
		case <-p.stop:
			return
		}
	}
}

// send sends a piece; false: it was told to stop.
func (p *pacer) send(e *end, w wish) bool {
	body := p.origin.Segment(p.rendition, w.sn)
	e.say(header(w.url, (len(body)+packetBytes-1)/packetBytes, len(body)))
	for i, packet := range slices.Collect(slices.Chunk(body, packetBytes)) {
		pause := p.pause(w.sn, i)
		if pause < 0 {
			pause = time.Hour
		}
		select {
		case <-time.After(pause):
		case <-p.stop:
			return false
		}
		p.mu.Lock()
		p.sent[w.sn] += int64(len(packet))
		p.mu.Unlock()
		e.throw(packet)
	}
	return true
}

// parented directs one peer with a viewer, whose only parent is p; the source
// needs 100 ms, and sends segments of half a megabyte.
func parented(t *testing.T, p *pacer, act func(st *stage)) {
	t.Helper()
	p.uplink = 100e6
	paced(t, p, SwarmConfig{Peers: 1, Uplinks: []int64{0}, Stays: []Stay{{From: 2 * time.Second}}}, act)
}

// paced is the same for a swarm.
func paced(t *testing.T, p *pacer, c SwarmConfig, act func(st *stage)) {
	t.Helper()
	if c.adjust == nil {
		c.adjust = unaudited
	}
	p.hear = p.hearsOf
	p.sent, p.lines = map[int64]int64{}, map[*end]chan wish{}
	if c.Origin.BitRate == 0 {
		c.Origin = OriginConfig{BitRate: 2_000_000, Faults: func(*http.Request) Fault { return Fault{Delay: 100 * time.Millisecond} }}
	}
	prepared(t, c, func(st *stage) {
		p.settle(st)
		p.origin, p.stop = st.origin, make(chan struct{}) // in the bubble
		address := hostAddress(bareHost)
		st.net.(*virtual).router.AddChunkFilter(func(c vnet.Chunk) bool {
			return !p.gone.Load() || addressOf(c.SourceAddr()) != address && addressOf(c.DestinationAddr()) != address
		})
	}, func(st *stage) {
		leave := p.join(st)
		act(st)
		close(p.stop)
		leave()
	})
}

// stories are the ends of segments at peer i.
func (st *stage) stories(i int) map[int64]peer.Provenance {
	out := map[int64]peer.Provenance{}
	for _, p := range st.members[i].agent.Segments()[0].Segments {
		out[int64(p.SN)] = p
	}
	return out
}

// TestFailoverInMidSegment: the only parent fails in the middle of a segment, in
// one way or another. The viewer sees nothing of it, and the source serves what is
// missing and no more than a packet beyond.
func TestFailoverInMidSegment(t *testing.T) {
	t.Parallel()
	const from = 10 // packets of about 31
	for name, tt := range map[string]struct {
		dies  bool
		pause time.Duration // before the packets after the fault
	}{
		"dies":                    {true, tickTock},
		"stops":                   {false, -1},
		"sends a packet a second": {false, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &pacer{}
			var armed atomic.Bool
			var struck atomic.Int64
			p.pause = func(sn int64, i int) time.Duration {
				if armed.Load() && i == from && struck.CompareAndSwap(0, sn) {
					p.gone.Store(tt.dies)
				}
				if at := struck.Load(); at > sn || at == 0 || at == sn && i < from {
					return tickTock
				}
				return tt.pause
			}
			parented(t, p, func(st *stage) {
				time.Sleep(30 * time.Second)
				before := st.rows()[0].Counts
				if before.P2P < 10 {
					t.Errorf("%+v: the parent is not used", before)
				}
				armed.Store(true)
				time.Sleep(30 * time.Second)
				st.unharmed()
				sn := struck.Load()
				s := st.stories(0)[sn]
				size := int64(len(st.origin.Segment(RenditionMain, sn)))
				t.Logf("segment %d of %d bytes: %d from the parent, %d by HTTP in %.1f s, %d tries", sn, size, s.P2P, s.HTTP, s.Took, s.Tries)
				if s.P2P < (from-1)*packetBytes || s.HTTP+s.P2P != size {
					t.Errorf("segment %d: %+v", sn, s)
				}
				var served int64
				for _, s := range st.stories(0) {
					served += s.HTTP
				}
				if over := st.origin.Bytes() - served; over > mostOver {
					t.Errorf("the source has sent %d bytes that were not missing", over)
				}
			})
		})
	}
}

// TestFilmFailover: the same in a swarm, of the only neighbour.
func TestFilmFailover(t *testing.T) {
	t.Parallel()
	const from = 10
	for name, dies := range map[string]bool{"dies": true, "stops": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &pacer{rendition: RenditionVOD}
			p.swarm, p.opened = true, holding
			var armed atomic.Bool
			struck := atomic.Int64{}
			p.pause = func(sn int64, i int) time.Duration {
				if armed.Load() && i == from && struck.CompareAndSwap(0, sn) {
					p.gone.Store(dies)
				}
				if struck.Load() > 0 {
					return -1
				}
				return tickTock
			}
			c := SwarmConfig{Peers: 1, Uplinks: []int64{0}, Stays: []Stay{{From: 2 * time.Second}}, rendition: RenditionVOD}
			paced(t, p, c, func(st *stage) {
				time.Sleep(20 * time.Second)
				armed.Store(true)
				time.Sleep(60 * time.Second)
				st.unharmed()
				s := st.stories(0)[struck.Load()]
				t.Logf("segment %d: %d from the neighbour, %d by HTTP in %.1f s, %d tries", s.SN, s.P2P, s.HTTP, s.Took, s.Tries)
				if s.P2P < (from-1)*packetBytes || s.HTTP == 0 || s.Took > 6 {
					t.Errorf("%+v", s)
				}
				var served int64
				for _, s := range st.stories(0) {
					served += s.HTTP
				}
				if over := st.origin.Bytes() - served; over > mostOver {
					t.Errorf("the source has sent %d bytes that were not missing", over)
				}
			})
		})
	}
}

// TestSlowButInTime: a parent takes much longer for one segment than others do, and
// longer than peers are given at first; but there is time. The source serves
// nothing of it.
func TestSlowButInTime(t *testing.T) {
	t.Parallel()
	p := &pacer{}
	var armed atomic.Bool
	var slow atomic.Int64
	p.pause = func(sn int64, i int) time.Duration {
		if armed.Load() {
			slow.CompareAndSwap(0, sn)
		}
		if slow.Load() == sn {
			return 100 * time.Millisecond
		}
		return tickTock
	}
	parented(t, p, func(st *stage) {
		time.Sleep(30 * time.Second)
		armed.Store(true)
		time.Sleep(20 * time.Second)
		st.unharmed()
		sn := slow.Load()
		s := st.stories(0)[sn]
		t.Logf("segment %d: %d from the parent, %d by HTTP in %.1f s", sn, s.P2P, s.HTTP, s.Took)
		if s.HTTP > 0 || s.Took < 2.5 {
			t.Errorf("segment %d: %+v", sn, s)
		}
	})
}

// TestStallAbove: a chain of peers, whose top stops in the middle of a segment. All
// miss the bytes in the same moment, but it is the one next to the top that goes on by
// HTTP: those below wait a little longer, and get the rest from there.
func TestStallAbove(t *testing.T) {
	t.Parallel()
	p := &pacer{}
	p.uplink = 3e6
	var armed atomic.Bool
	var struck atomic.Int64
	p.pause = func(sn int64, i int) time.Duration {
		if armed.Load() && i == 15 && struck.CompareAndSwap(0, sn) {
			return -1
		}
		return tickTock
	}
	c := SwarmConfig{Peers: 4, Uplinks: []int64{3_000_000}, JoinEvery: 5 * time.Second}
	paced(t, p, c, func(st *stage) {
		time.Sleep(60 * time.Second)
		for id, parents := range st.graph() {
			t.Logf("%s has the parents %v", id, parents)
		}
		armed.Store(true)
		time.Sleep(20 * time.Second)
		st.unharmed()
		sn := struck.Load()
		asked := 0
		for i := range st.members {
			s := st.stories(i)[sn]
			t.Logf("peer %d, segment %d: %d from peers, %d by HTTP, %d hops, in %.1f s, %d tries", i+1, sn, s.P2P, s.HTTP, s.Hops, s.Took, s.Tries)
			if s.HTTP > 0 {
				asked++
			}
		}
		if asked != 1 {
			t.Errorf("%d peers went on by HTTP, want 1", asked)
		}
	})
}
