package peer

import (
	"slices"

	"hlspeer/cache"
	"hlspeer/hls"
)

// maxAhead is how many segments at the edge are fetched ahead at once. A source
// that begins anew, or was away, may list more; players that want those ask.
const maxAhead = 2 * startBehind

// maxBacklog is how many segments wait to be fetched ahead on demand. Several
// players at different places share it.
const maxBacklog = 8

// readAhead plans the segments that a player at sn asks for next, before what
// was planned for others.
func (t *track) readAhead(sn hls.SN) {
	next := []hls.SN{sn + 1, sn + 2}
	for _, old := range t.backlog {
		if len(next) < maxBacklog && !slices.Contains(next, old) && t.ring.Lookup(cache.SN(old)) == nil {
			next = append(next, old)
		}
	}
	t.backlog = next
}

// fetchAhead brings sn in before anybody asks.
func (t *track) fetchAhead(sn hls.SN) {
	e, ok := t.win.segment(sn)
	if !ok || !e.exists() {
		return
	}
	if _, filler := t.ring.Open(cache.SN(sn)); filler != nil {
		t.open(e, filler, false)
	}
}

// pump begins the next segment of the backlog while nothing else is coming in:
// what a player waits for has the line to itself.
func (t *track) pump() {
	for len(t.backlog) > 0 && len(t.fills) == 0 {
		sn := t.backlog[0]
		t.backlog = t.backlog[1:]
		t.fetchAhead(sn)
	}
}
