package peer

import (
	"slices"
	"strings"
	"time"

	"hlspeer/hls"
	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

// Status is what an agent is doing, for pages and scripts.
type Status struct {
	Uptime     float64         `json:"uptime_s"`
	Now        time.Time       `json:"now"`             // by the agent's clock
	Upload     int64           `json:"upload_bit_rate"` // uplink offered, bit/s; 0: none
	ICEServers int             `json:"ice_servers"`     // STUN and TURN, configured
	Trackers   []string        `json:"trackers"`        // configured, without query
	CacheUsed  int64           `json:"cache_bytes"`
	CacheLimit int64           `json:"cache_limit_bytes"`
	Channels   []ChannelStatus `json:"channels"`
}

// ChannelStatus is one configured channel.
type ChannelStatus struct {
	Name   string        `json:"name"`
	Source string        `json:"source"` // in use, without query
	Play   string        `json:"play"`
	Tracks []TrackStatus `json:"tracks"`
}

// TrackStatus is one media playlist that is running.
type TrackStatus struct {
	Room        string           `json:"room"`
	Engine      EngineKind       `json:"engine"`
	PeerID      signaling.PeerID `json:"peer_id,omitempty"`
	Tracker     string           `json:"tracker"`        // "off", "waiting", "offline" or "online"
	Standing    string           `json:"standing"`       // at the tracker: "outside", "entered", "joined" or "rejected"
	Root        bool             `json:"root"`           // the tracker wants us to feed on the HTTP source
	Substreams  int              `json:"substreams"`     // that the stream is split into; 0 unknown, or a swarm
	Unfed       int              `json:"unfed"`          // of those, without a parent
	Level       *int             `json:"level"`          // hops from the source; null before the first segment
	BitRate     int64            `json:"bit_rate"`       // bit/s, 0 while unknown
	PlaylistAge *float64         `json:"playlist_age_s"` // since the source answered; null: never
	Edge        *hls.SN          `json:"edge"`           // newest listed; null before the first playlist
	Segments    int              `json:"segments"`       // in the ring
	Bytes       TrackBytes       `json:"bytes"`
	Counts      TrackCounts      `json:"counts"`
	Offload     *float64         `json:"offload"`          // null before the first segment
	Live        bool             `json:"live"`             // the playlist grows
	Group       Group            `json:"group,omitempty"`  // that the channel is in now
	Groups      []GroupStatus    `json:"groups,omitempty"` // how players fared in each that there was
	Connects    *ConnectStatus   `json:"connects"`
	Parents     []LinkStatus     `json:"parents"`
	Standby     *LinkStatus      `json:"standby"` // falls back on it when a parent is lost; null: there is none
	Children    []LinkStatus     `json:"children"`
	Neighbours  []LinkStatus     `json:"neighbours"` // of a swarm
	Last        *Provenance      `json:"last,omitempty"`
}

// TrackBytes are segment bytes since the track began.
type TrackBytes struct {
	HTTP     int64 `json:"http"`
	P2P      int64 `json:"p2p"`
	Wasted   int64 `json:"wasted"`
	Uploaded int64 `json:"uploaded"`
	Audit    int64 `json:"audit"` // of the HTTP source, to compare with what peers send; not among the others
}

// TrackCounts are segments since the track began.
type TrackCounts struct {
	HTTP int64 `json:"http"`
	P2P  int64 `json:"p2p"`
	Late int64 `json:"late"`
	Lost int64 `json:"lost"`

	Audits        AuditCounts `json:"audits"`
	AuditRequests int64       `json:"audit_requests"` // of the HTTP source
}

// LinkStatus is one open link.
type LinkStatus struct {
	PeerID     mesh.PeerID `json:"peer_id"`
	Substreams int         `json:"substreams,omitempty"` // of a parent
	RTT        float64     `json:"rtt_ms"`               // 0: not known
	OpenFor    float64     `json:"open_s"`
	InHand     int         `json:"in_hand"`        // segments that we have asked it for and that it has not brought
	Misses     int         `json:"misses"`         // of our last ten requests, those that it did not answer in time
	Waiting    int         `json:"waiting"`        // segments that it has asked us for and does not have whole
	Received   int64       `json:"received_bytes"` // of segments, since the link opened
	Sent       int64       `json:"sent_bytes"`     // the same, once a segment has ended
}

// Status asks every running track.
func (a *Agent) Status() Status {
	s := Status{
		Trackers: []string{},
		Uptime:   time.Since(a.kit.began).Seconds(), Now: time.Now(),
		Upload: a.kit.claim.offer(), ICEServers: len(a.kit.cfg.Link.ICEServers),
		CacheUsed: a.kit.budget.Used(), CacheLimit: a.kit.budget.Limit(),
	}
	for _, raw := range append(slices.Clone(a.kit.cfg.Announces), a.kit.cfg.Schedulers...) {
		s.Trackers = append(s.Trackers, redact(raw))
	}
	for _, ch := range a.serving() {
		cs := ChannelStatus{
			Name: ch.name, Source: hls.Redact(ch.list.source().url), Play: a.kit.cfg.PlayBase + ch.path, Tracks: []TrackStatus{},
		}
		for _, t := range ch.running() {
			cs.Tracks = append(cs.Tracks, t.status())
		}
		s.Channels = append(s.Channels, cs)
	}
	return s
}

// status asks the loop, or looks for itself once that has ended.
func (t *track) status() (s TrackStatus) {
	if !t.query(func() { s = t.describe() }) {
		s = t.describe()
	}
	return s
}

// describe runs in the loop, or after it.
func (t *track) describe() TrackStatus {
	sum := t.ledger.totals()
	s := TrackStatus{
		Room: redact(t.room), Engine: t.engineShown(), PeerID: t.session.self, Tracker: t.session.state(),
		BitRate: int64(t.rate.bits()), Segments: len(t.ring.Segments()),
		Bytes:   TrackBytes{HTTP: sum.HTTP, P2P: sum.P2P, Wasted: sum.Wasted, Uploaded: sum.Uploaded, Audit: sum.Audit},
		Counts:  TrackCounts{HTTP: sum.SegmentsHTTP, P2P: sum.SegmentsP2P, Late: sum.Late, Lost: sum.Failed, Audits: sum.Audits, AuditRequests: sum.AuditRequests},
		Parents: []LinkStatus{}, Children: []LinkStatus{}, Neighbours: []LinkStatus{},
	}
	if level, ok := t.ledger.level(levelOver); ok {
		s.Level = &level
	}
	if age, ok := t.list.age(); ok {
		sec := age.Seconds()
		s.PlaylistAge = &sec
	}
	if _, edge, ok := t.win.bounds(); ok {
		s.Edge = &edge
	}
	if share, ok := sum.Offload(); ok {
		s.Offload = &share
	}
	if list := t.ledger.list(); len(list) > 0 {
		s.Last = &list[len(list)-1]
	}
	s.Group, _ = t.group()
	s.Groups = t.versus.list()
	connects := t.connects
	s.Live, s.Connects = t.live, &connects
	t.describeLinks(&s)
	return s
}

// engineShown is how the segments travel, "none" where they do not.
func (t *track) engineShown() EngineKind {
	if t.shares() {
		return t.engine
	}
	return EngineNone
}

func (t *track) describeLinks(s *TrackStatus) {
	snap := t.brain.Snapshot()
	s.Standing, s.Root, s.Substreams, s.Unfed = snap.Standing, snap.Root, snap.Substreams, snap.Free
	for _, p := range snap.Parents {
		if l := t.links[p.Peer]; l != nil {
			ls := l.describe()
			ls.Substreams, ls.InHand, ls.Misses = p.Substreams, p.Requests, p.Misses
			s.Parents = append(s.Parents, ls)
		}
	}
	if l := t.links[snap.Standby]; l != nil {
		ls := l.describe()
		s.Standby = &ls
	}
	for _, id := range snap.Children {
		if l := t.links[id]; l != nil {
			s.Children = append(s.Children, l.describe())
		}
	}
	for _, n := range snap.Neighbours {
		if l := t.links[n.Peer]; l != nil {
			ls := l.describe()
			ls.InHand, ls.Misses = n.Requests, n.Misses
			s.Neighbours = append(s.Neighbours, ls)
		}
	}
	byID := func(a, b LinkStatus) int { return strings.Compare(string(a.PeerID), string(b.PeerID)) }
	slices.SortFunc(s.Parents, byID)
	slices.SortFunc(s.Children, byID)
	slices.SortFunc(s.Neighbours, byID)
}

func (l *link) describe() LinkStatus {
	s := LinkStatus{
		PeerID: l.peer, RTT: float64(l.dc.RTT().Microseconds()) / 1000,
		Waiting: l.up.waiting(), Received: l.received.Load(), Sent: l.sent.Load(),
	}
	if !l.opened.IsZero() {
		s.OpenFor = time.Since(l.opened).Seconds()
	}
	return s
}

func (s *session) state() string {
	switch {
	case s.client == nil && !s.planned:
		return "off"
	case s.client == nil:
		return "waiting"
	case !s.online:
		return "offline"
	default:
		return "online"
	}
}
