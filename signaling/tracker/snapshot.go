package tracker

import (
	"time"

	"hlspeer/signaling"
)

// traffic is what peers say they have fetched, in KB of 1024 bytes.
type traffic struct{ source, p2p int64 }

// maxTraffic is where sums stop growing: their bytes still fit 64 bits.
const maxTraffic = 1 << 52

func (t *traffic) add(more traffic) {
	t.source = min(t.source+more.source, maxTraffic)
	t.p2p = min(t.p2p+more.p2p, maxTraffic)
}

// report takes statistics, which are increments (protocol 4.8).
func (r *Room) report(p *node, m signaling.Statistics) {
	if !r.possible(p, m) {
		return
	}
	p.traffic.add(traffic{m.Source, m.P2P})
	p.quality, p.loss = m.Level, m.LossRate
	r.judge(p, m)
	r.traffic.add(traffic{m.Source, m.P2P})
}

// A Snapshot is a room at one moment.
type Snapshot struct {
	Substreams int
	StreamRate signaling.BitRate // of the whole stream, as estimated
	Edges      int               // open links
	SourceKB   int64             // since the room began, of 1024 bytes each
	P2PKB      int64
	Peers      []PeerSnapshot // in no particular order
}

// A PeerSnapshot is one peer of a [Snapshot]. Slots are counted in substreams.
type PeerSnapshot struct {
	ID       signaling.PeerID
	Age      time.Duration
	Root     bool // it feeds on the HTTP source by plan
	Relay    bool // signals reach it
	Level    int  // links from the source on the longest way
	UplinkBW signaling.BitRate
	Slots    int // what the uplink can carry
	Used     int // what the children's links take
	Reserved int // what is promised to children
	Filled   int // what the parents' links bring
	Parents  []LinkSnapshot
	Children []LinkSnapshot

	Quality  float64 // mean quality level
	LossRate float64 // 0 to 1
	SourceKB int64   // of 1024 bytes each
	P2PKB    int64
}

// A LinkSnapshot is one end of an open link, seen from the other.
type LinkSnapshot struct {
	ID         signaling.PeerID
	Substreams int
	StreamRate signaling.BitRate // of one substream, as reported; 0 unknown
	Age        time.Duration
}

// Snapshot copies what there is to show. It shares no memory with the room.
func (r *Room) Snapshot() Snapshot {
	s := Snapshot{
		Substreams: r.config.Substreams,
		StreamRate: r.rate * signaling.BitRate(r.config.Substreams),
		SourceKB:   r.traffic.source,
		P2PKB:      r.traffic.p2p,
		Peers:      make([]PeerSnapshot, 0, len(r.order)),
	}
	for _, p := range r.order {
		n := PeerSnapshot{
			ID: p.id, Age: r.now - p.joinedAt, Root: p.root, Relay: p.relay, Level: p.level,
			UplinkBW: p.uplink, Slots: p.slots, Used: p.used, Reserved: p.reserved, Filled: p.filled,
			Quality: p.quality, LossRate: p.loss, SourceKB: p.traffic.source, P2PKB: p.traffic.p2p,
		}
		for _, e := range p.parents {
			if e.state == edgeOpen {
				n.Parents = append(n.Parents, r.link(e, e.parent))
			}
		}
		for _, e := range p.children {
			if e.state == edgeOpen {
				n.Children = append(n.Children, r.link(e, e.child))
			}
		}
		s.Edges += len(n.Parents)
		s.Peers = append(s.Peers, n)
	}
	return s
}

func (r *Room) link(e *edge, other *node) LinkSnapshot {
	return LinkSnapshot{ID: other.id, Substreams: e.substreams, StreamRate: e.rate, Age: r.now - e.since}
}
