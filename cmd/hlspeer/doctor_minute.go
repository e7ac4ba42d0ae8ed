package main

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"hlspeer/peer"
	brain "hlspeer/peer/mesh"
)

// minute is what a playlist has got in the last minute.
type minute struct {
	segments, late, lost int
	http, p2p, wasted    int64
	peers                int            // that have sent some of it
	why                  map[string]int // why segments did not come from peers only, with how many
	average              int64          // bytes of a segment, of all that are remembered
}

// lastMinute sums up the segments that were begun in the last minute before now.
func lastMinute(c *peer.ChannelSegments, now time.Time) minute {
	m := minute{why: map[string]int{}}
	from := map[brain.PeerID]bool{}
	var all, n int64
	for _, p := range c.Segments {
		if p.Failed == "" {
			all += p.HTTP + p.P2P
			n++
		}
		if now.Sub(p.Began) > doctorSpan {
			continue
		}
		m.segments++
		m.http, m.p2p, m.wasted = m.http+p.HTTP, m.p2p+p.P2P, m.wasted+p.Wasted
		if p.Late {
			m.late++
		}
		if p.Failed != "" {
			m.lost++
		}
		if why := whyNotP2P(p); why != "" {
			m.why[why]++
		}
		if p.P2P > 0 && p.From != "" {
			from[p.From] = true
		}
		for _, s := range p.Attempts {
			if s.From != "" && s.Bytes > 0 {
				from[s.From] = true
			}
		}
	}
	m.peers = len(from)
	if n > 0 {
		m.average = all / n
	}
	return m
}

// share is the part that came from peers; false: nothing came.
func (m minute) share() (float64, bool) {
	if m.http+m.p2p == 0 {
		return 0, false
	}
	return float64(m.p2p) / float64(m.http+m.p2p), true
}

// mostly is why most of what did not come from peers did not, and of how many
// segments that is so.
func (m minute) mostly() (why string, n int) {
	keys := slices.SortedFunc(maps.Keys(m.why), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.why[b], m.why[a]), cmp.Compare(a, b))
	})
	if len(keys) == 0 {
		return "", 0
	}
	return keys[0], m.why[keys[0]]
}
