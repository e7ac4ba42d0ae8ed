package peer

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"hlspeer/cache"
	"hlspeer/hls"
)

// window is what the newest playlists say about a track's segments: which sn
// is what and when it appeared, for the playlist's range and as much again
// behind it. It is a small index shared by the loop, the proxy and the
// uploaders. What it says is true of the ring: bytes of which an update says
// that they are no longer those of their sn leave the ring with it. Safe for
// concurrent use.
type window struct {
	ring *cache.Ring

	mu          sync.Mutex
	of          *hls.Media // the newest playlist
	bySN        map[hls.SN]entry
	byName      map[string]hls.SN // by what peers call them
	first, edge hls.SN            // range of the newest playlist; valid once seen
	seen        bool
	changed     chan struct{} // closed and replaced by each update
}

// change is what an update brought.
type change struct {
	fresh    []hls.Segment // entries that are new by number and name, ascending
	replaced []hls.SN      // numbers that had other bytes before
	reset    bool          // the source began anew: nothing from before counts
	oldest   hls.SN        // what is below can be forgotten
}

func newWindow(ring *cache.Ring) *window {
	return &window{ring: ring, bySN: map[hls.SN]entry{}, byName: map[string]hls.SN{}, changed: make(chan struct{})}
}

// update takes over a playlist seen at the time now.
func (w *window) update(m *hls.Media, now time.Duration) change {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of = m
	defer w.wake()
	if len(m.Segments) == 0 {
		return change{}
	}
	first, edge := m.Segments[0].SN, m.Segments[len(m.Segments)-1].SN
	c := change{replaced: w.others(m.Segments), oldest: first - hls.SN(len(m.Segments)) - 2}
	c.reset = w.seen && (edge < w.first || edge < w.edge && len(c.replaced) > 0)
	if c.reset {
		c.replaced, w.seen = nil, false
		clear(w.bySN)
		clear(w.byName)
		w.ring.Slide(1 << 62)
	}
	var before map[string]hls.SN
	if len(c.replaced) > 0 {
		before = maps.Clone(w.byName)
	}
	for _, sn := range c.replaced {
		w.unname(w.bySN[sn])
		delete(w.bySN, sn)
		w.ring.Evict(cache.SN(sn))
	}
	w.add(m.Segments, now, before, &c)
	if !w.seen || edge > w.edge {
		w.edge = edge
	}
	w.first, w.seen = first, true
	w.forget(c.oldest)
	return c
}

func (w *window) wake() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// others are the segments that have other bytes than those of their sn before.
func (w *window) others(segments []hls.Segment) (sns []hls.SN) {
	var names map[string]int
	for i := range segments {
		s := &segments[i]
		old, ok := w.bySN[s.SN]
		switch {
		case !ok, old.Fault != nil, s.Fault != nil && s.URI == old.URI:
			continue // there is nothing, or nothing to compare
		case old.name != "" && old.name == nameOnWire(*s) && !redated(&old.Segment, s):
			continue
		case names == nil:
			names = fileNames(segments)
		}
		name := fileName(s)
		if name != fileName(&old.Segment) || names[name] > 1 || redated(&old.Segment, s) {
			sns = append(sns, s.SN)
		}
	}
	return sns
}

// add enters segments. They are placed on the time line so that the last one is
// listed now. What had a name before is not fresh under another number: some
// lists move under numbers that stay.
func (w *window) add(segments []hls.Segment, now time.Duration, before map[string]hls.SN, c *change) {
	at := now
	for i := len(segments) - 1; i >= 0; i-- {
		s := segments[i]
		e := entry{s, nameOnWire(s), at}
		at -= s.Duration
		old, ok := w.bySN[s.SN]
		switch {
		case ok && s.Fault != nil: // an earlier text has said where it begins
			e = old
		case ok:
			e.at = old.at
			w.unname(old)
		}
		from, named := before[e.name]
		moved := named && from != s.SN
		if !ok && (!w.seen || s.SN > w.edge || !moved && slices.Contains(c.replaced, s.SN)) {
			c.fresh = append(c.fresh, s)
		}
		w.bySN[s.SN] = e
		if e.name != "" {
			w.byName[e.name] = s.SN
		}
	}
	slices.Reverse(c.fresh)
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

// version is the newest playlist that was entered; changed is closed when there
// is a newer one.
func (w *window) version() (of *hls.Media, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.of, w.changed
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

// duration is how long the newest segment lasts; 0 before the first playlist.
func (w *window) duration() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bySN[w.edge].Duration
}
