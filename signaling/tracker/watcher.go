package tracker

import (
	"slices"
	"sync"

	"hlspeer/signaling"
)

// maxBacklog is how many changes wait for a slow viewer before they are dropped
// in favour of a new snapshot.
const maxBacklog = 256

// A watcher is who watches the graph of a channel (protocol 6). What it is to be
// sent waits here, so that rooms never wait for it.
type watcher struct {
	wake chan struct{} // there may be something for next

	mu      sync.Mutex
	room    string
	queue   []*shared
	current bool // it has a snapshot, or will find it in the queue, and all since

	// Asked of the room and not answered.
	topology, totals bool
}

func newWatcher() *watcher { return &watcher{wake: make(chan struct{}, 1)} }

// next takes the next message, nil for none. It reports true when the viewer has
// got all there was and now needs a snapshot, for which room is to be asked.
func (v *watcher) next() (m *shared, room string, ask bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.queue) > 0 {
		m = v.queue[0]
		v.queue = slices.Delete(v.queue, 0, 1)
		return m, v.room, false
	}
	if v.current || v.topology {
		return nil, v.room, false
	}
	v.topology = true
	return nil, v.room, true
}

// want notes what is to be asked of the room. What is asked already is answered
// once. It reports whether there is anything new.
func (v *watcher) want(topology, totals bool) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	fresh := topology && !v.topology || totals && !v.totals
	v.topology, v.totals = v.topology || topology, v.totals || totals
	return fresh
}

func (v *watcher) asked() (topology, totals bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.topology, v.totals
}

// change queues changes of the graph. If that is too much, the viewer has lost
// track.
func (v *watcher) change(changes []*shared) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case !v.current:
	case len(v.queue)+len(changes) > maxBacklog:
		v.forget()
	default:
		v.put(changes...)
	}
}

// show answers the wish for a snapshot.
func (v *watcher) show(t *shared) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.topology {
		v.topology, v.current = false, true
		v.put(t)
	}
}

// showTotals answers the wish for them.
func (v *watcher) showTotals(t *shared) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.totals {
		v.totals = false
		v.put(t)
	}
}

// restart makes t the snapshot from which changes count anew.
func (v *watcher) restart(t *shared) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current || v.topology { // otherwise it will ask when it can take one
		v.topology, v.current = false, true
		v.put(t)
	}
}

// turn makes room the channel that is watched, of which the viewer knows
// nothing yet.
func (v *watcher) turn(room string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.room, v.topology, v.totals = room, false, false
	v.forget()
}

// lose has the viewer ask for a snapshot.
func (v *watcher) lose() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.forget()
}

// forget drops the graph from the queue. It wants v.mu held.
func (v *watcher) forget() {
	v.current = false
	v.queue = slices.DeleteFunc(v.queue, func(m *shared) bool {
		_, totals := m.Message.(signaling.Totals)
		return !totals
	})
	v.put()
}

// put appends to the queue. It wants v.mu held.
func (v *watcher) put(ms ...*shared) {
	v.queue = append(v.queue, ms...)
	select {
	case v.wake <- struct{}{}:
	default:
	}
}
