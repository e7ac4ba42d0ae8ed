package tracker

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// inboxSize is how many posts a room keeps before sockets must wait.
	inboxSize = 1024
	// emptyTime is how long a room outlives its last peer.
	emptyTime = time.Minute
)

// A loop is the goroutine that owns a [Room].
type loop struct {
	name  string
	room  *Room
	bus   peerBus
	inbox chan post
	done  chan struct{} // closed when run has returned

	meters  *meters
	traffic traffic      // that they know of
	doubted atomic.Int64 // peers

	members int // guarded by hub.mu: sockets that post to this room
}

func newLoop(name string, room *Room, bus peerBus, m *meters) *loop {
	return &loop{
		name: name, room: room, bus: bus, meters: m,
		inbox: make(chan post, inboxSize), done: make(chan struct{}),
	}
}

// run serves the room until ctx ends, or until it has been empty for a while
// and retire agrees that nobody is coming.
func (l *loop) run(ctx context.Context, retire func() bool) {
	defer close(l.done)
	l.serveViewers()
	began := time.Now()
	emptySince := began
	alarm := time.NewTimer(emptyTime)
	defer alarm.Stop()
	for {
		var p post
		select {
		case <-ctx.Done():
			return
		case p = <-l.inbox:
		case <-alarm.C:
		}
		if p.event == nil {
			p.event = Tick{}
		}
		wake := l.step(time.Since(began), p.event)
		if p.ask != nil {
			p.ask <- l.room.Snapshot()
		}
		if p.seen != nil {
			p.seen <- struct{}{}
		}
		pause := emptyTime
		if wake > 0 {
			pause = max(0, wake-time.Since(began))
		}
		if l.room.Len() > 0 {
			emptySince = time.Now()
		} else if pause = emptyTime - time.Since(emptySince); pause <= 0 {
			if retire() {
				return
			}
			emptySince, pause = time.Now(), emptyTime
		}
		alarm.Reset(pause)
	}
}

// step passes an event to the room, its messages to the peers and what has
// changed to the viewers.
func (l *loop) step(now time.Duration, ev Event) (wake time.Duration) {
	switch c := ev.(type) {
	case relayChanged:
		ev = RelayDown{c.peer}
		if l.bus.reachable(c.peer) {
			ev = RelayUp{c.peer}
		}
	case viewersChanged:
		l.serveViewers()
		ev = Tick{}
	}
	out, wake := l.room.Step(now, ev)
	for _, o := range out {
		l.bus.send(o.To, o.Message)
	}
	if changes := l.room.Changes(); len(changes) > 0 {
		l.bus.publish(l.name, changes)
	}
	l.count()
	return wake
}

// count passes on what the room has counted.
func (l *loop) count() {
	for why, n := range l.room.takeIgnored() {
		if n > 0 {
			l.meters.ignore(reason(why), n)
		}
	}
	if now := l.room.traffic; now != l.traffic {
		l.meters.report(now.source-l.traffic.source, now.p2p-l.traffic.p2p)
		l.traffic = now
	}
	l.doubted.Store(int64(l.room.doubted))
}

// serveViewers gives viewers what they have asked for.
func (l *loop) serveViewers() {
	d := l.bus.demand(l.name)
	l.room.Watch(d.changes)
	if d.topology {
		l.bus.show(l.name, l.room.Topology())
	}
	if d.totals {
		l.bus.showTotals(l.name, l.room.Totals())
	}
}
