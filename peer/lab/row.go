package lab

import (
	"time"

	"hlspeer/peer"
)

// Row is what a table shows of one peer of a [Swarm].
type Row struct {
	Peer    int    `json:"peer"` // from 1
	Joined  bool   `json:"joined"`
	Left    bool   `json:"left"`
	Crashed bool   `json:"crashed"` // it left without a word
	Play    string `json:"play"`
	Uplink  int64  `json:"uplink"` // bit/s
	peer.TrackStatus
	Viewer RowViewer `json:"viewer"`

	departed bool // it left before the end of the run
}

// RowViewer is what the peer's viewer has seen.
type RowViewer struct {
	Segments   int     `json:"segments"`
	Watched    float64 `json:"watched_s"` // since the first segment, stalls included
	Startup    float64 `json:"startup_s"` // 0 before the first segment
	Stalls     int     `json:"stalls"`
	StallTime  float64 `json:"stall_s"`
	Late       int     `json:"late"`
	Lost       int     `json:"lost"`
	Retries    int     `json:"retries"` // requests that failed
	Wrong      int     `json:"wrong"`   // bytes that differ from the source's
	BehindEdge float64 `json:"behind_edge_s"`
}

func rowViewer(r ViewerReport) RowViewer {
	return RowViewer{
		Segments: r.Segments, Watched: r.Watched.Seconds(), Startup: r.Startup.Seconds(),
		Stalls: r.Stalls, StallTime: r.StallTime.Seconds(),
		Late: r.Late, Lost: r.Lost, Retries: r.Retries, Wrong: r.Bad, BehindEdge: r.BehindEdge.Seconds(),
	}
}

// Rows is the state of every peer now, or when it left.
func (s *Swarm) Rows() []Row {
	rows := make([]Row, 0, len(s.members))
	for _, m := range s.members {
		rows = append(rows, m.row())
	}
	return rows
}

func (m *member) row() Row {
	p := m.presence()
	if p.last != nil {
		return *p.last
	}
	r := Row{Peer: m.number, Uplink: m.uplink, Joined: !p.joined.IsZero()}
	if r.Joined {
		m.look(&r, p.agent)
	}
	return r
}

// look fills in what agent and viewer say.
func (m *member) look(r *Row, agent *peer.Agent) {
	r.Viewer = rowViewer(m.viewer.Report())
	for _, ch := range agent.Status().Channels {
		r.Play = ch.Play
		for _, t := range ch.Tracks {
			r.TrackStatus = t
		}
	}
}

// presence is when a member was there.
type presence struct {
	agent  *peer.Agent // nil after the end
	joined time.Time   // zero before
	last   *Row        // nil before the end
}

func (m *member) presence() presence {
	m.mu.Lock()
	defer m.mu.Unlock()
	return presence{m.agent, m.joined, m.last}
}
