package lab

import (
	"math"
	"slices"
	"time"
)

// Report is the result of a run, in the form that demo, swarm and simulate
// share. Values that are not known are null.
type Report struct {
	Peers          int            `json:"peers"`
	Duration       float64        `json:"duration_s"`
	Engine         string         `json:"engine"`
	Offload        *float64       `json:"offload"` // P2P bytes used of all segment bytes used
	Bytes          ReportBytes    `json:"bytes"`
	OriginRequests int64          `json:"origin_requests"` // for segments
	Segments       ReportSegments `json:"segments"`
	Stalls         int            `json:"stalls"`
	StallTime      float64        `json:"stall_s"`
	Wrong          int            `json:"wrong_segments"` // bytes that differ from the source's, as players got them
	Level          Spread         `json:"level"`
	Startup        Spread         `json:"startup_s"`
	BehindEdge     Spread         `json:"behind_edge_s"`
	Reparents      *float64       `json:"reparents_per_departure"`
	Missing        *float64       `json:"missing"`
	CPUPerGB       *float64       `json:"cpu_s_per_gb"`       // of the whole process
	RSSPerPeer     *int64         `json:"rss_bytes_per_peer"` // of the whole process
	Failures       []string       `json:"threshold_failures"`
	Rows           []Row          `json:"rows"`
}

// ReportBytes are segment bytes by source, all peers together.
type ReportBytes struct {
	HTTP   int64 `json:"http"`
	P2P    int64 `json:"p2p"`
	Wasted int64 `json:"wasted"`
}

// ReportSegments are segments by main source, all peers together. Late and
// lost ones are the viewers' count.
type ReportSegments struct {
	HTTP int64 `json:"http"`
	P2P  int64 `json:"p2p"`
	Late int64 `json:"late"`
	Lost int64 `json:"lost"`
}

// Spread is a distribution over peers; null where there is no value.
type Spread struct {
	Mean *float64 `json:"mean"`
	P50  *float64 `json:"p50"`
	P95  *float64 `json:"p95"`
	Max  *float64 `json:"max"`
}

// spread sums values up.
func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	var sum float64
	for _, v := range values {
		sum += v
	}
	at := func(q float64) *float64 {
		v := values[min(len(values)-1, int(math.Ceil(q*float64(len(values))))-1)]
		return &v
	}
	mean := sum / float64(len(values))
	return Spread{Mean: &mean, P50: at(.5), P95: at(.95), Max: at(1)}
}

// Report sums up what has happened so far.
func (s *Swarm) Report() Report {
	rows := s.Rows()
	r := Report{
		Peers: len(rows), Duration: time.Since(s.began).Seconds(), Engine: "fastmesh",
		OriginRequests: int64(s.origin.Requests().Segments), Failures: []string{}, Rows: rows,
	}
	var level, startup, behind []float64
	for _, row := range rows {
		r.add(row)
		if row.Level != nil && !row.Left {
			level = append(level, float64(*row.Level))
		}
		if row.Viewer.Segments > 0 {
			startup = append(startup, row.Viewer.Startup)
		}
		if row.Viewer.Segments > 0 && !row.Left {
			behind = append(behind, row.Viewer.BehindEdge)
		}
	}
	r.Level, r.Startup, r.BehindEdge = spread(level), spread(startup), spread(behind)
	if all := r.Bytes.HTTP + r.Bytes.P2P; all > 0 {
		share := float64(r.Bytes.P2P) / float64(all)
		r.Offload = &share
	}
	s.usage.charge(&r)
	return r
}

func (r *Report) add(row Row) {
	r.Bytes.HTTP += row.Bytes.HTTP
	r.Bytes.P2P += row.Bytes.P2P
	r.Bytes.Wasted += row.Bytes.Wasted
	r.Segments.HTTP += row.Counts.HTTP
	r.Segments.P2P += row.Counts.P2P
	r.Segments.Late += int64(row.Viewer.Late)
	r.Segments.Lost += int64(row.Viewer.Lost)
	r.Stalls += row.Viewer.Stalls
	r.StallTime += row.Viewer.StallTime
	r.Wrong += row.Viewer.Wrong
}
