package tracker

import (
	"errors"
	"sync"

	"hlspeer/signaling"
)

var errManyViewers = errors.New("there are as many viewers as this tracker can bear")

// An audience is the part of the bus between rooms and viewers: who watches which
// channel, whether that has a room or not. Its mutex is never held while
// anything waits.
type audience struct {
	most, mostPerRoom int // viewers; 0 for no limit

	mu    sync.Mutex
	rooms map[string]map[*watcher]struct{}
	count int
}

func newAudience(c Config) *audience {
	return &audience{most: c.MaxViewers, mostPerRoom: c.MaxViewersPerChannel, rooms: make(map[string]map[*watcher]struct{})}
}

// admit counts a viewer, unless there are too many. The caller calls dismiss
// when it has gone.
func (a *audience) admit() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.most > 0 && a.count >= a.most {
		return false
	}
	a.count++
	return true
}

func (a *audience) dismiss() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count--
}

func (a *audience) viewers() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}

// follow makes v a viewer of a channel.
func (a *audience) follow(room string, v *watcher) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.mostPerRoom > 0 && len(a.rooms[room]) >= a.mostPerRoom {
		return errManyViewers
	}
	if a.rooms[room] == nil {
		a.rooms[room] = make(map[*watcher]struct{})
	}
	a.rooms[room][v] = struct{}{}
	return nil
}

// unfollow takes back what follow did. It reports whether nobody watches the
// channel any more.
func (a *audience) unfollow(room string, v *watcher) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.rooms[room], v)
	if len(a.rooms[room]) > 0 {
		return false
	}
	delete(a.rooms, room)
	return true
}

// A demand is what those who watch a room want of it at the moment.
type demand struct{ changes, topology, totals bool }

func (a *audience) demand(room string) demand {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := demand{changes: len(a.rooms[room]) > 0}
	for v := range a.rooms[room] {
		topology, totals := v.asked()
		d.topology, d.totals = d.topology || topology, d.totals || totals
	}
	return d
}

func (a *audience) publish(room string, changes []signaling.Message) {
	texts := make([]*shared, len(changes))
	for i, m := range changes {
		texts[i] = share(m)
	}
	a.each(room, func(v *watcher) { v.change(texts) })
}

func (a *audience) show(room string, t signaling.Topology) {
	text := share(t)
	a.each(room, func(v *watcher) { v.show(text) })
}

func (a *audience) showTotals(room string, t signaling.Totals) {
	text := share(t)
	a.each(room, func(v *watcher) { v.showTotals(text) })
}

// ended begins anew with an empty graph and numbers from 1.
func (a *audience) ended(room string, t signaling.Topology) {
	text := share(t)
	a.each(room, func(v *watcher) { v.restart(text) })
}

// astray has everybody ask for a snapshot: what they have been told is not to be
// relied on.
func (a *audience) astray(room string) {
	a.each(room, (*watcher).lose)
}

func (a *audience) each(room string, do func(*watcher)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for v := range a.rooms[room] {
		do(v)
	}
}
