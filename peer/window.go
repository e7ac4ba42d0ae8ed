package peer

import (
	"context"
	"sync"
	"time"

	"hlspeer/datachannel"
	"hlspeer/hls"
)

// window is what the newest playlists say about a track's segments: which sn
// is what and when it appeared, for the playlist's range and as much again
// behind it. It is a small index shared by the loop, the proxy and the
// uploaders. Safe for concurrent use.
type window struct {
	mu          sync.Mutex
	bySN        map[hls.SN]entry
	byName      map[string]hls.SN // by what peers call them
	first, edge hls.SN            // range of the newest playlist; valid once seen
	seen        bool
	changed     chan struct{} // closed and replaced by each update
}

// entry is a segment with its place on the track's time line: when it was
// listed, or, for entries of the first playlist, would have been had they been
// listed one after another. It is in the loop's time.
type entry struct {
	hls.Segment
	name string // url of REQUEST and PIECE (protocol 1.10); "": it has none
	at   time.Duration
}

// nameOnWire is what peers call a segment: its identity, where that is known and
// short enough to be sent.
func nameOnWire(s hls.Segment) string {
	id, ok := s.Identity()
	if !ok || len(id) > datachannel.MaxURL {
		return ""
	}
	return id
}

// travels says whether peers may ask each other for the segment.
func (e entry) travels() bool { return e.name != "" && e.Shareable() }

// exists says whether the source can be asked for the segment.
func (e entry) exists() bool { return !e.Gap && e.Fault == nil }

// change is what an update brought.
type change struct {
	fresh  []hls.Segment // entries beyond the old edge, ascending
	reset  bool          // the source began anew: nothing from before counts
	oldest hls.SN        // what is below can be forgotten
}

func newWindow() *window {
	return &window{bySN: map[hls.SN]entry{}, byName: map[string]hls.SN{}, changed: make(chan struct{})}
}

// update takes over a playlist seen at the time now.
func (w *window) update(m *hls.Media, now time.Duration) change {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(m.Segments) == 0 {
		return change{}
	}
	first, edge := m.Segments[0].SN, m.Segments[len(m.Segments)-1].SN
	c := change{reset: w.seen && edge < w.first, oldest: first - hls.SN(len(m.Segments)) - 2}
	if c.reset {
		clear(w.bySN)
		clear(w.byName)
		w.seen = false
	}
	w.add(m.Segments, now, &c)
	if !w.seen || edge > w.edge {
		w.edge = edge
	}
	w.first, w.seen = first, true
	w.forget(c.oldest)
	close(w.changed)
	w.changed = make(chan struct{})
	return c
}

// add enters segments; those beyond the edge are fresh. They are placed on the
// time line so that the last one is listed now.
func (w *window) add(segments []hls.Segment, now time.Duration, c *change) {
	at := now
	for i := len(segments) - 1; i >= 0; i-- {
		s := segments[i]
		e := entry{s, nameOnWire(s), at}
		at -= s.Duration
		if old, ok := w.bySN[s.SN]; ok {
			e.at = old.at
			w.unname(old)
		}
		w.bySN[s.SN] = e
		if e.name != "" {
			w.byName[e.name] = s.SN
		}
	}
	for _, s := range segments {
		if !w.seen || s.SN > w.edge {
			c.fresh = append(c.fresh, s)
		}
	}
}

func (w *window) forget(oldest hls.SN) {
	for sn, e := range w.bySN {
		if sn >= oldest {
			continue
		}
		delete(w.bySN, sn)
		w.unname(e)
	}
}

// unname forgets the name of an entry, unless another one has it by now.
func (w *window) unname(e entry) {
	if sn, ok := w.byName[e.name]; ok && sn == e.SN {
		delete(w.byName, e.name)
	}
}

// segment is the entry of sn.
func (w *window) segment(sn hls.SN) (entry, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e, ok := w.bySN[sn]
	return e, ok
}

// find is the entry that a remote asks for: by name, by sn only where it gives
// no name (protocol 3.1) or several entries have the same. changed is closed
// when asking again may help.
func (w *window) find(name string, sn hls.SN) (e entry, ok bool, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e, ok = w.bySN[sn]; name == "" || ok && e.name == name {
		return e, ok, w.changed
	}
	if sn, ok = w.byName[name]; !ok {
		return entry{}, false, w.changed
	}
	e, ok = w.bySN[sn]
	return e, ok, w.changed
}

// wait is find, but waits until ctx ends for a playlist that names the
// segment: a child may have seen the newest playlist before us.
func (w *window) wait(ctx context.Context, name string, sn hls.SN) (entry, bool) {
	for {
		e, ok, changed := w.find(name, sn)
		if ok {
			return e, true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return entry{}, false
		}
	}
}

// bounds are the lowest and highest sn of the newest playlist; ok is false
// before the first one.
func (w *window) bounds() (first, edge hls.SN, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first, w.edge, w.seen
}
