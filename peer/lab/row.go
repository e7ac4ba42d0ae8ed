package lab

import (
	"hlspeer/peer"
)

// Row is what a table shows of one peer of a [Swarm].
type Row struct {
	Peer   int    `json:"peer"` // from 1
	Joined bool   `json:"joined"`
	Left   bool   `json:"left"`
	Play   string `json:"play"`
	Uplink int64  `json:"uplink"` // bit/s
	peer.TrackStatus
	Viewer RowViewer `json:"viewer"`
}

// RowViewer is what the peer's viewer has seen.
type RowViewer struct {
	Segments   int     `json:"segments"`
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
		Segments: r.Segments, Startup: r.Startup.Seconds(), Stalls: r.Stalls, StallTime: r.StallTime.Seconds(),
		Late: r.Late, Lost: r.Lost, Retries: r.Retries, Wrong: r.Bad, BehindEdge: r.BehindEdge.Seconds(),
	}
}

// Rows is the state of every peer now.
func (s *Swarm) Rows() []Row {
	rows := make([]Row, 0, len(s.members))
	for i, m := range s.members {
		r := Row{Peer: i + 1, Uplink: m.uplink}
		if r.Joined, r.Left = m.presence(); r.Joined {
			r.Viewer = rowViewer(m.viewer.Report())
			for _, ch := range m.agent.Status().Channels {
				r.Play = ch.Play
				for _, t := range ch.Tracks {
					r.TrackStatus = t
				}
			}
		}
		rows = append(rows, r)
	}
	return rows
}
