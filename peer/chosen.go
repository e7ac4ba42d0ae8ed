package peer

import (
	"time"

	"hlspeer/hls"
)

// probes is how many segments a player may ask of a rendition before it counts
// as one that stays. Some open all renditions at start to see what is in them,
// and then go on with one.
const probes = 2

// visit is what players have asked of a track so far. It belongs to the loop.
type visit struct {
	segments int    // one after another
	newest   hls.SN // of them
	began    time.Duration
}

// stays notes that a player asks for a segment. One that goes on for longer
// than a segment lasts, or beyond what it takes to look into a rendition, has
// chosen it.
func (t *track) stays(e entry, now time.Duration) {
	v := &t.visit
	switch {
	case t.chosen:
		return
	case v.segments == 0:
		*v = visit{1, e.SN, now}
	case e.SN > v.newest:
		v.segments, v.newest = v.segments+1, e.SN
	}
	if v.segments > probes || now-v.began >= e.Duration {
		t.choose()
	}
}

// choose has the track keep up with the source, fetch ahead and join the mesh.
// Before that it costs the source what players ask for, and nothing else.
func (t *track) choose() {
	t.chosen = true
	t.list.follow()
	if t.swarms() && t.shares() {
		t.listedForSwarm()
	}
}
