package peer

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// maxWatchers is how many may watch an agent at once.
	maxWatchers = 8
	// watcherBacklog is how many events wait for one watcher.
	watcherBacklog = 1024
)

var errTooManyWatchers = errors.New("8 are watching already")

// tap hands what happens to those who watch. While nobody does, it costs one
// atomic load. Safe for concurrent use.
type tap struct {
	on       atomic.Bool // somebody watches
	mu       sync.Mutex
	watchers []*watcher
	closed   bool
}

// watcher is one who watches. What it is too slow for it loses.
type watcher struct {
	wants  filter
	events chan Event // closed when the agent ends
	lost   atomic.Int64
}

// watch adds a watcher, which leave takes away.
func (t *tap) watch(wants filter) (*watcher, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := &watcher{wants: wants, events: make(chan Event, watcherBacklog)}
	switch {
	case t.closed:
		close(w.events)
		return w, nil
	case len(t.watchers) >= maxWatchers:
		return nil, errTooManyWatchers
	}
	t.watchers = append(t.watchers, w)
	t.on.Store(true)
	return w, nil
}

func (t *tap) leave(w *watcher) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watchers = slices.DeleteFunc(t.watchers, func(o *watcher) bool { return o == w })
	t.on.Store(len(t.watchers) > 0)
}

// close tells those who watch that nothing more will happen.
func (t *tap) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.watchers {
		close(w.events)
	}
	t.watchers, t.closed = nil, true
	t.on.Store(false)
}

// tell hands ev to all who want it. Callers ask watched first, so that nothing is
// made up for nobody.
func (t *tap) tell(ev Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.watchers {
		if !w.wants.takes(&ev) {
			continue
		}
		select {
		case w.events <- ev:
		default:
			w.lost.Add(1)
		}
	}
}

func (t *tap) watched() bool { return t.on.Load() }

// filter says which events a watcher wants; what is empty does not restrict.
type filter struct {
	types     []string
	channel   string // name or room
	peer      string
	kinds     []string // of messages
	direction string   // of messages
}

func (f *filter) takes(ev *Event) bool {
	has := func(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
	if !has(f.types, ev.Type) || f.channel != "" && f.channel != ev.Channel && f.channel != ev.Room || f.peer != "" && f.peer != ev.Peer {
		return false
	}
	if m := ev.Message; m != nil {
		return has(f.kinds, m.Kind) && (f.direction == "" || f.direction == m.Direction)
	}
	return true
}
