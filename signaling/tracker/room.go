package tracker

import (
	"math/rand/v2"
	"time"

	"hlspeer/signaling"
)

// RoomConfig is what a [Room] needs to know.
type RoomConfig struct {
	Substreams int               // the stream is split into, 1 to 32
	ReportSpan int               // seconds between two reports of a peer
	StreamRate signaling.BitRate // of the whole stream, until peers report it
	Rand       *rand.Rand        // jitter; the only source of chance

	// Plan lets the room improve a mesh that works: T1.2's replacement of roots,
	// T2 and T3. CompactShare is how many moves of T3 a departure earns.
	Plan         bool
	CompactShare float64
	// Standby names a second candidate to everybody who is fed.
	Standby bool
}

// A Room owns the graph of one channel and decides who receives from whom. It
// is a pure state machine: the same events at the same times with the same
// random source give the same messages. It is not safe for concurrent use.
type Room struct {
	config RoomConfig
	now    time.Duration
	rate   signaling.BitRate // of one substream
	meter  rateMeter

	peers map[signaling.PeerID]*node
	order []*node // everybody, for scans
	seq   uint64

	roots    int // nodes with root set
	capacity int // sum of slots
	free     int // sum of node.free

	waiting []*node // peers that want more than there was, first come first
	timers  timers
	freed   bool // there may be something for those who wait
	watched bool // a choreRoots is set

	budget  budget // of T3
	traffic traffic
	record  record
	ignored [reasons]int
	doubted int // nodes with doubted set
	out     []Out

	mark uint64
	walk []*node // scratch of graph walks
	pool pool    // scratch of placement

	starts []int // scratch of byLevel
}

// NewRoom returns an empty room.
func NewRoom(c RoomConfig) *Room {
	return &Room{
		config: c,
		rate:   c.StreamRate / signaling.BitRate(c.Substreams),
		peers:  make(map[signaling.PeerID]*node),
		record: record{seq: firstSeq},
	}
}

// Step takes an event at the time now, which counts from any fixed moment and
// never goes back. It returns what is to be sent, in order, and when the room
// wants a [Tick] at the latest, 0 for never. The messages are valid until the
// next Step.
func (r *Room) Step(now time.Duration, ev Event) (out []Out, wake time.Duration) {
	r.now = max(r.now, now)
	clear(r.out)
	r.out = r.out[:0]
	r.chores()
	switch ev := ev.(type) {
	case Joined:
		r.join(ev)
	case Left:
		r.leave(ev.Peer)
	case RelayUp:
		r.setRelay(ev.Peer, true)
	case RelayDown:
		r.setRelay(ev.Peer, false)
	case Measured:
		if p := r.peers[ev.Peer]; p != nil {
			p.trust.measured = max(0, ev.Uplink)
			r.recount(p)
		}
	case Message:
		if p := r.peers[ev.From]; p != nil {
			r.hear(p, ev.Message)
		}
	}
	r.serveWaiting()
	r.watchRoots()
	r.publish()
	return r.out, r.timers.next()
}

// Len returns how many peers are in the room.
func (r *Room) Len() int { return len(r.order) }

// chores does what is due.
func (r *Room) chores() {
	for {
		t, ok := r.timers.due(r.now)
		if !ok {
			return
		}
		switch t.chore {
		case choreExpire:
			r.expire(t.edge)
		case choreRetry:
			r.retry(t)
		case choreRepair:
			r.push(t.node)
		case choreRoots:
			r.watched = false
			r.thinRoots()
		case choreUnroot:
			r.abdicate(t.node)
		case chorePromote:
			r.promote(t.node)
		case choreCompact:
			r.compact()
		case choreSend:
			r.send(t.move)
		case choreExcess:
			r.excess(t.node)
		case choreEase:
			r.ease(t.move)
		case choreStandby:
			r.reviewStandby(t)
		case choreDrop:
			r.drop(t.move)
		}
	}
}

func (r *Room) hear(p *node, m signaling.Message) {
	if r.flooding(p, m) {
		return
	}
	switch m := m.(type) {
	case signaling.GetParents:
		p.asked = true
		r.answer(p)
	case signaling.UplinkBW:
		r.setUplink(p, m.Value)
	case signaling.DCOpened:
		r.opened(p, m)
	case signaling.DCClosed:
		r.closed(p, m.DCID)
	case signaling.DCFailed:
		r.failed(p, m.DCID)
	case signaling.Statistics:
		r.report(p, m)
	case signaling.TransitionRequest:
		r.transition(p)
	case signaling.AdoptRequest:
		r.relayAdopt(p, m.To)
	}
}

func (r *Room) tell(p *node, m signaling.Message) {
	r.out = append(r.out, Out{p.id, m})
}

func (r *Room) setRelay(id signaling.PeerID, up bool) {
	p := r.peers[id]
	if p == nil || p.relay == up {
		return
	}
	r.free -= p.free()
	p.relay = up
	r.free += p.free()
	if up {
		r.freed = true
		r.wait(p)
	}
}
