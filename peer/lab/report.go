package lab

import (
	"math"
	"slices"
	"time"
)

// Report is the result of a run, in the form that demo, swarm and simulate
// share. Values that are not known are null.
type Report struct {
	Peers          int             `json:"peers"` // at a time
	Duration       float64         `json:"duration_s"`
	Engine         string          `json:"engine"`
	Seed           *uint64         `json:"seed"`    // null: nothing was left to chance
	Offload        *float64        `json:"offload"` // P2P bytes used of all segment bytes used
	Bytes          *ReportBytes    `json:"bytes"`
	OriginRequests *int64          `json:"origin_requests"` // for segments
	OriginBytes    *int64          `json:"origin_bytes"`    // of segments
	Segments       *ReportSegments `json:"segments"`
	Stalls         *int64          `json:"stalls"`
	StallTime      *float64        `json:"stall_s"`
	StallsPerHour  *float64        `json:"stalls_per_viewer_hour"`
	Wrong          *int64          `json:"wrong_segments"` // bytes that differ from the source's, as players got them
	Level          Spread          `json:"level"`          // over time and peers
	LevelShares    []float64       `json:"level_shares"`   // of the peers, from level 0 on; empty: not known
	Startup        Spread          `json:"startup_s"`
	BehindEdge     Spread          `json:"behind_edge_s"`
	Joined         int             `json:"joined"` // all who ever came
	Departures     int             `json:"departures"`
	Reparents      *float64        `json:"reparents_per_departure"`
	Missing        *float64        `json:"missing"`
	ParentsLost    *int64          `json:"parents_lost"` // links to parents that ended, as seen by looking now and then
	Reconnects     *int64          `json:"tracker_reconnects"`
	CPUPerGB       *float64        `json:"cpu_s_per_gb"`       // of the whole process
	CPUCores       *float64        `json:"cpu_cores"`          // in use on average, by the whole process
	RSSPerPeer     *int64          `json:"rss_bytes_per_peer"` // of the whole process
	Failures       []string        `json:"threshold_failures"`
	Groups         []ReportGroup   `json:"groups"` // with and without P2P; empty: nobody was held back
	Rows           []Row           `json:"rows"`
	History        []Sample        `json:"history"`

	*SimFigures // nil: not simulated
}

// ReportBytes are segment bytes by source, all peers together.
type ReportBytes struct {
	HTTP   int64  `json:"http"`
	P2P    int64  `json:"p2p"`
	Wasted *int64 `json:"wasted"`
	Audit  int64  `json:"audit"` // by HTTP, to compare what peers send with; not among the others
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

// Report sums up what has happened so far. Figures of the mesh come from looking
// at all peers now and then; without [SwarmConfig.LookEvery] the levels are those
// of now and the others are null.
func (s *Swarm) Report() Report {
	rows := s.Rows()
	r := Report{
		Peers: s.config.Peers, Duration: s.elapsed().Seconds(), Engine: s.config.engine(rows), Seed: s.config.Seed,
		Bytes: &ReportBytes{Wasted: new(int64)}, Segments: &ReportSegments{}, Stalls: new(int64), StallTime: new(float64),
		Failures: []string{}, LevelShares: []float64{}, Rows: rows,
	}
	var level, startup, behind []float64
	var watched float64
	for _, row := range rows {
		r.add(row)
		watched += row.Viewer.Watched
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
	r.Offload = share(r.Bytes.P2P, r.Bytes.HTTP+r.Bytes.P2P)
	if watched > 0 {
		v := float64(*r.Stalls) / (watched / 3600)
		r.StallsPerHour = &v
	}
	if s.origin != nil {
		asked, sent := s.origin.Requests().Segments, s.origin.Bytes()
		r.OriginRequests, r.OriginBytes = &asked, &sent
	}
	r.Wrong, r.Groups = s.wrong(rows), s.groupsOf(rows)
	s.lookout.enter(&r)
	s.usage.charge(&r, s.elapsed())
	return r
}

// share is a part of a whole; null if there is no whole.
func share(part, whole int64) *float64 {
	if whole <= 0 {
		return nil
	}
	v := float64(part) / float64(whole)
	return &v
}

func (r *Report) add(row Row) {
	if row.Joined {
		r.Joined++
	}
	if row.departed {
		r.Departures++
	}
	r.Bytes.HTTP += row.Bytes.HTTP
	r.Bytes.P2P += row.Bytes.P2P
	*r.Bytes.Wasted += row.Bytes.Wasted
	r.Bytes.Audit += row.Bytes.Audit
	r.Segments.HTTP += row.Counts.HTTP
	r.Segments.P2P += row.Counts.P2P
	r.Segments.Late += int64(row.Viewer.Late)
	r.Segments.Lost += int64(row.Viewer.Lost)
	*r.Stalls += int64(row.Viewer.Stalls)
	*r.StallTime += row.Viewer.StallTime
}

// elapsed is how long the swarm has been running.
func (s *Swarm) elapsed() time.Duration { return time.Since(s.began) }
