package tracker

import (
	"context"

	"hlspeer/signaling"
)

// The bus is all that rooms and sockets know of each other. Both sides are
// implemented by [hub] in one process; over several nodes it can be a message
// broker.

// roomBus is the bus as sockets see it.
type roomBus interface {
	// post hands something to a room. It waits while the room's inbox is full,
	// but not beyond the end of ctx.
	post(ctx context.Context, room string, p post)
	// relay hands a message to another peer by whatever way signals reach it. It
	// never blocks, and reports false if there is no way.
	relay(from, to signaling.PeerID, m signaling.Message) bool
	// follow makes v a viewer of a room, whether that exists or not, unless there
	// are too many. unfollow takes it back, and reports whether v was the last.
	follow(room string, v *watcher) error
	unfollow(room string, v *watcher) bool
	// ask has a room look at what its viewers want, and whether there are any. It
	// waits as post does.
	ask(ctx context.Context, room string)
}

// peerBus is the bus as rooms see it.
type peerBus interface {
	// send hands a message to a peer's scheduler socket. It never blocks; what
	// cannot be delivered is dropped.
	send(to signaling.PeerID, m signaling.Message)
	// reachable reports whether signals reach a peer at this moment.
	reachable(id signaling.PeerID) bool
	// demand returns what the viewers of a room want.
	demand(room string) demand
	// publish hands changes of the graph to the viewers, show and showTotals what
	// some of them have asked for. None of these blocks.
	publish(room string, changes []signaling.Message)
	show(room string, t signaling.Topology)
	showTotals(room string, t signaling.Totals)
}

var (
	_ roomBus = (*hub)(nil)
	_ peerBus = (*hub)(nil)
)

// A post is what a room finds in its inbox: one of the three.
type post struct {
	event Event
	ask   chan<- Snapshot // must have room for one
	seen  chan<- struct{} // as ask, of who wants to know only that the room lives
}

// relayChanged says that a peer may have become reachable or unreachable. It
// does not say which: of two that cross on their way, the last would lie.
type relayChanged struct{ peer signaling.PeerID }

// viewersChanged says that viewers may have come, gone or asked for something.
type viewersChanged struct{}

func (relayChanged) event()   {}
func (viewersChanged) event() {}
