package lab

import (
	"slices"

	"hlspeer/peer"
)

// ReportGroup is how the peers of one group fared: those that take segments from
// others, or those that are held back.
type ReportGroup struct {
	Group     peer.Group    `json:"group"`
	Peers     int           `json:"peers"` // that came
	Bytes     ReportBytes   `json:"bytes"`
	Segments  int64         `json:"segments"` // that the agents brought while they were watched
	Late      int64         `json:"late"`     // of those, after the playhead
	Lost      int64         `json:"lost"`     // the viewers' count
	Answers   int64         `json:"answers"`
	FirstByte peer.Quantile `json:"first_byte_s"` // of answers for segments
	Waits     int64         `json:"waits"`        // answers that took longer than the segment lasts
	Stalls    int64         `json:"stalls"`       // the viewers' count
	StallTime float64       `json:"stall_s"`
	Startup   Spread        `json:"startup_s"`

	firstBytes []int64
	startups   []float64
}

// holdsBack says whether peer i is held back: such that among the first n there
// are n times the share, rounded down.
func (c SwarmConfig) holdsBack(i int) bool {
	return int(float64(i+1)*c.HoldBack) > int(float64(i)*c.HoldBack)
}

// groupsOf sums rows up by group; none where nobody is held back.
func (s *Swarm) groupsOf(rows []Row) []ReportGroup {
	if s.config.HoldBack == 0 {
		return []ReportGroup{}
	}
	list := []ReportGroup{{Group: peer.GroupP2P}, {Group: peer.GroupHeld}}
	for i, r := range rows {
		if !r.Joined {
			continue
		}
		g := &list[0]
		if s.config.holdsBack(i) {
			g = &list[1]
		}
		g.add(r)
	}
	for i := range list {
		g := &list[i]
		g.FirstByte, g.Startup = peer.QuantilesOf(g.firstBytes), spread(g.startups)
	}
	return slices.DeleteFunc(list, func(g ReportGroup) bool { return g.Peers == 0 })
}

func (g *ReportGroup) add(r Row) {
	g.Peers++
	g.Lost += int64(r.Viewer.Lost)
	g.Stalls += int64(r.Viewer.Stalls)
	g.StallTime += r.Viewer.StallTime
	if r.Viewer.Segments > 0 {
		g.startups = append(g.startups, r.Viewer.Startup)
	}
	for _, s := range r.Groups {
		g.Segments += s.Segments
		g.Late += s.Late
		g.Bytes.HTTP += s.HTTP
		g.Bytes.P2P += s.P2P
		g.Answers += s.Answers
		g.Waits += s.Stalls
		for step, n := range s.Counts {
			for len(g.firstBytes) <= step {
				g.firstBytes = append(g.firstBytes, 0)
			}
			g.firstBytes[step] += n
		}
	}
}
