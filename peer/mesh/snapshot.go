package mesh

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Snapshot is what an engine knows at one moment, for status pages. It shares
// nothing with the engine.
type Snapshot struct {
	Now         time.Duration
	Self        PeerID // "" before the scheduler has accepted us
	Standing    string // "outside", "entered", "joined" or "rejected"
	Root        bool   // the scheduler wants us to be fed by HTTP
	Substreams  int
	Free        int           // slots that no parent fills
	Stream      BitRate       // 0: unknown
	HTTPTime    time.Duration // what the HTTP source is expected to take for a segment
	SearchAt    time.Duration // when the scheduler is asked again; Never: no need
	Spares      int           // candidates left to try
	Parents     []ParentState // in the order in which they were dialled
	Dialling    []PeerID      // to fill free slots
	Adopting    []PeerID      // dialled to take the place of our parents
	Standby     PeerID        // the link to it is open; "": there is none
	Readying    PeerID        // dialled to be the standby
	Climb       string        // "resting", "asking", "moving" or "waiting"
	ClimbLinks  []PeerID      // to the parents of the peer whose place we take, open or not
	Accepted    []PeerID      // children whose link is not open yet
	Children    []PeerID
	Neighbours  []NeighbourState  // in a swarm, in the order in which their links opened
	Wanted      []SegmentState    // by sn
	Quarantined []QuarantineState // by peer
}

// ParentState is one open parent.
type ParentState struct {
	Peer       PeerID
	Substreams int           // slots it fills
	Since      time.Duration // when the link opened
	Requests   int           // in its hands
	Misses     int           // of the last ten requests
}

// NeighbourState is one open link of a swarm.
type NeighbourState struct {
	Peer     PeerID
	Since    time.Duration // when the link opened
	Listed   bool          // it has sent BITFIELD
	Holds    int           // segments that it has, as far as it says
	Requests int           // in its hands
	Misses   int           // of the last ten requests
}

// SegmentState is one segment that is wanted and not there yet.
type SegmentState struct {
	SN       SN
	Source   string        // "queued", "asked" or "fetched"
	Parent   PeerID        // of a queued or asked one
	Tries    int           // parents tried within the deadline
	Failures int           // of the HTTP source
	Since    time.Duration // when the attempt began, or will
	Tail     int64         // from where on it comes by HTTP meanwhile; 0: it does not
	Deadline time.Duration // when peers are given up; Never: it comes by HTTP
	PlayAt   time.Duration
}

// QuarantineState is one peer that is not dialled for now.
type QuarantineState struct {
	Peer  PeerID
	Until time.Duration
	Bad   bool // sent false segments, may not be our child either
}

// Snapshot may be called between two steps.
func (f *Fastmesh) Snapshot() Snapshot {
	s := Snapshot{
		Now: f.now, Self: f.self, Standing: f.standing.String(), Root: f.search.isRoot,
		Substreams: len(f.slots), Free: f.slots.count(""), Stream: f.stream,
		HTTPTime: f.http.estimate(), SearchAt: f.nextSearch(), Spares: len(f.search.spares),
		Climb: f.climb.phase.String(), Quarantined: f.quarantine.states(f.now),
	}
	for _, l := range f.links {
		switch l.state {
		case dialling:
			s.dialling(l)
		case spare:
			s.spare(l)
		case accepted:
			s.Accepted = append(s.Accepted, l.peer)
		case child:
			s.Children = append(s.Children, l.peer)
		case parent:
			s.Parents = append(s.Parents, ParentState{
				Peer: l.peer, Substreams: f.slots.count(l.peer), Since: l.since,
				Requests: f.segments.load(l.peer), Misses: l.record.misses(),
			})
		}
	}
	for _, g := range f.segments {
		s.Wanted = append(s.Wanted, g.state())
	}
	return s
}

// dialling notes what l is dialled for.
func (s *Snapshot) dialling(l *link) {
	switch l.aim {
	case forAdopt:
		s.Adopting = append(s.Adopting, l.peer)
	case forStandby:
		s.Readying = l.peer
	case forClimb:
		s.ClimbLinks = append(s.ClimbLinks, l.peer)
	default:
		s.Dialling = append(s.Dialling, l.peer)
	}
}

// spare notes what l, which is open, is there for.
func (s *Snapshot) spare(l *link) {
	if l.aim == forStandby {
		s.Standby = l.peer
		return
	}
	s.ClimbLinks = append(s.ClimbLinks, l.peer)
}

func (s *segment) state() SegmentState {
	deadline := Never
	if s.fromPeer() {
		deadline = s.deadline
	}
	return SegmentState{
		SN: s.sn, Source: s.source.String(), Parent: s.parent, Tries: s.tries, Failures: s.failures,
		Since: s.since, Deadline: deadline, PlayAt: s.playAt, Tail: s.tail,
	}
}

func (q *quarantine) states(now time.Duration) []QuarantineState {
	var out []QuarantineState
	for _, p := range slices.SortedFunc(maps.Keys(q.sentences), cmp.Compare[PeerID]) {
		if s := q.sentences[p]; now < s.until {
			out = append(out, QuarantineState{Peer: p, Until: s.until, Bad: s.bad})
		}
	}
	return out
}
