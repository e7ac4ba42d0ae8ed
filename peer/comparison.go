package peer

import (
	"math"
	"sync"
	"time"
)

// GroupStatus is how players fared in one group since the track began.
type GroupStatus struct {
	Group     Group    `json:"group"`
	Segments  int64    `json:"segments"` // that came while a player watched
	Late      int64    `json:"late"`     // of those, after the playhead
	Lost      int64    `json:"lost"`     // that did not come at all while a player watched
	HTTP      int64    `json:"http_bytes"`
	P2P       int64    `json:"p2p_bytes"`
	Answers   int64    `json:"answers"` // to players, for segments
	FirstByte Quantile `json:"first_byte_s"`
	Stalls    int64    `json:"stalls"` // answers that a player waited for longer than the segment lasts
	Counts    []int64  `json:"first_byte_counts"`
}

// Quantile is a distribution of seconds; null where there is no value.
type Quantile struct {
	P50 *float64 `json:"p50"`
	P95 *float64 `json:"p95"`
}

// The steps in which first bytes are counted: the first one is up to leastStep, each
// further one up to stepFactor times as much, the last one all above.
const (
	firstByteSteps = 48
	leastStep      = 500 * time.Microsecond
	stepFactor     = 1.25
)

// comparison keeps the accounts of both groups. Safe for concurrent use.
type comparison struct {
	mu     sync.Mutex
	groups [2]GroupStatus // as in groups
}

// in changes the accounts of a group, if it is one.
func (c *comparison) in(g Group, change func(s *GroupStatus)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, of := range groups {
		if of == g {
			change(&c.groups[i])
		}
	}
}

// list is the state of both groups, or none where nothing was compared.
func (c *comparison) list() []GroupStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []GroupStatus{}
	for i, s := range c.groups {
		if s.Segments+s.Lost+s.Answers == 0 {
			continue
		}
		s.Group = groups[i]
		s.Counts = append([]int64{}, s.Counts...)
		s.FirstByte = QuantilesOf(s.Counts)
		list = append(list, s)
	}
	return list
}

// began counts a first byte.
func (s *GroupStatus) began(after time.Duration) {
	s.Answers++
	step := 0
	if after > leastStep {
		step = int(math.Ceil(math.Log(float64(after)/float64(leastStep)) / math.Log(stepFactor)))
	}
	step = min(step, firstByteSteps-1)
	for len(s.Counts) <= step {
		s.Counts = append(s.Counts, 0)
	}
	s.Counts[step]++
}

// QuantilesOf reads counts as in [GroupStatus], of one track or the sum of several: to
// the upper end of the step, which is at most a quarter too much.
func QuantilesOf(counts []int64) Quantile {
	var all int64
	for _, n := range counts {
		all += n
	}
	if all == 0 {
		return Quantile{}
	}
	at := func(share float64) *float64 {
		rank, seen := int64(math.Ceil(share*float64(all))), int64(0)
		for step, n := range counts {
			if seen += n; seen >= rank {
				v := leastStep.Seconds() * math.Pow(stepFactor, float64(step))
				return &v
			}
		}
		return nil // the ranks end with all
	}
	return Quantile{at(.5), at(.95)}
}

// compare enters a segment that has come to its end, in the group that it began in.
func (t *track) compare(f *fill, watched bool) {
	g := f.group
	if g == "" || !watched {
		return
	}
	t.versus.in(g, func(s *GroupStatus) {
		switch {
		case f.story.Failed != "":
			s.Lost++
		default:
			s.Segments++
			s.HTTP += f.story.HTTP
			s.P2P += f.story.P2P
			if f.story.Late {
				s.Late++
			}
		}
	})
	t.kit.metrics.compared(t.name, g, f.story)
}
