package peer

import (
	"sync"
	"time"

	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

// provenanceKept is how many segments a track remembers the story of.
const provenanceKept = 256

// Provenance is the story of one segment: where its bytes came from.
type Provenance struct {
	SN     hls.SN      `json:"sn"`
	Source string      `json:"source"`            // "http", "p2p", or "mixed" where the source finished what a peer began
	From   mesh.PeerID `json:"from,omitempty"`    // the last peer that sent some of it
	HTTP   int64       `json:"http_bytes"`        // bytes used, by source
	P2P    int64       `json:"p2p_bytes"`         //
	Wasted int64       `json:"wasted_bytes"`      // received and thrown away
	Hops   int         `json:"hops"`              // from the source to here; 0: by HTTP
	Began  time.Time   `json:"began"`             // first attempt
	Took   float64     `json:"seconds"`           // first attempt to complete
	Tries  int         `json:"tries"`             // attempts, the good one counted
	Asked  bool        `json:"asked"`             // a peer was asked
	Late   bool        `json:"late"`              // it came after the playhead
	Why    string      `json:"why,omitempty"`     // why earlier attempts failed
	NoPeer string      `json:"no_peer,omitempty"` // why the HTTP source was asked before any peer
	Failed string      `json:"failed,omitempty"`  // why there is no such segment here
	Audit  *AuditStory `json:"audit,omitempty"`   // how it compared with the HTTP source; none: it was not

	Attempts []Step `json:"attempts"`         // the first and the last ones, by when they were asked
	Dropped  int    `json:"attempts_dropped"` // that are not among these
}

// Traffic is what a track moved since it began, in bytes and segments.
type Traffic struct {
	HTTP         int64 // used, from the HTTP source
	P2P          int64 // used, from peers
	Wasted       int64 // received and thrown away
	Uploaded     int64
	SegmentsHTTP int64
	SegmentsP2P  int64
	Late         int64 // complete after the playhead
	Failed       int64 // given up

	Audit         int64 // bytes of the HTTP source to compare with; not among the others
	AuditRequests int64
	Audits        AuditCounts
}

// Offload is the share of P2P in all segment bytes used; ok is false while
// there are none.
func (t Traffic) Offload() (share float64, ok bool) {
	if t.HTTP+t.P2P == 0 {
		return 0, false
	}
	return float64(t.P2P) / float64(t.HTTP+t.P2P), true
}

// ledger keeps a track's accounts. Safe for concurrent use.
type ledger struct {
	mu      sync.Mutex
	traffic Traffic
	stories []Provenance // ring, oldest first once full
	next    int
	hops    map[hls.SN]int // of segments here or arriving
}

// setHops notes how far from the source the bytes of sn have come.
func (l *ledger) setHops(sn hls.SN, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hops == nil {
		l.hops = map[hls.SN]int{}
	}
	l.hops[sn] = n
	for old := range l.hops {
		if old < sn-provenanceKept {
			delete(l.hops, old)
		}
	}
}

// hopsOf is how far from the source the bytes of sn have come; 0 by HTTP.
func (l *ledger) hopsOf(sn hls.SN) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hops[sn]
}

func (l *ledger) uploaded(n int64) {
	l.mu.Lock()
	l.traffic.Uploaded += n
	l.mu.Unlock()
}

func (l *ledger) wasted(n int64) {
	l.mu.Lock()
	l.traffic.Wasted += n
	l.mu.Unlock()
}

// close enters a finished segment.
func (l *ledger) close(p Provenance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.traffic.Wasted += p.Wasted
	switch {
	case p.Failed != "":
		l.traffic.Failed++
	case p.P2P > p.HTTP:
		l.traffic.SegmentsP2P++
	default:
		l.traffic.SegmentsHTTP++
	}
	if p.Failed == "" {
		l.traffic.HTTP += p.HTTP
		l.traffic.P2P += p.P2P
		if p.Late {
			l.traffic.Late++
		}
	}
	if len(l.stories) < provenanceKept {
		l.stories = append(l.stories, p)
		return
	}
	l.stories[l.next] = p
	l.next = (l.next + 1) % provenanceKept
}

// totals are the accounts so far.
func (l *ledger) totals() Traffic {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.traffic
}

// list gives the newest stories, oldest first.
func (l *ledger) list() []Provenance {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Provenance, 0, len(l.stories))
	out = append(out, l.stories[l.next:]...)
	return append(out, l.stories[:l.next]...)
}

// levelOver is how many segments a peer's level is taken over: all substreams
// are among them.
const levelOver = 12

// level is the greatest distance from the source among the newest n segments
// that came; ok is false while there are none.
func (l *ledger) level(n int) (far int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.stories) - 1; i >= 0 && n > 0; i-- {
		p := &l.stories[(l.next+i)%len(l.stories)]
		if p.Failed == "" {
			far, ok = max(far, p.Hops), true
			n--
		}
	}
	return far, ok
}
