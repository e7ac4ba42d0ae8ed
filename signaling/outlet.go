package signaling

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
)

// An outlet is what a [Client] and a [Swarm] have in common: the way of events to
// the consumer, and that of signals to the relay. Of the configuration it uses
// what sockets and relays need.
type outlet struct {
	config Config
	log    *slog.Logger
	events chan Event
	ran    atomic.Bool
	relay  atomic.Pointer[route] // nil while signals cannot be sent
}

// A route is where messages go and as whom.
type route struct {
	socket   *socket
	envelope Envelope
}

func newOutlet(c Config) outlet {
	log := c.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return outlet{config: c, log: log, events: make(chan Event, eventBacklog)}
}

// signal hands data to whatever carries signals.
func (o *outlet) signal(to PeerID, data []byte) error {
	v, err := check(data, MaxMessage/2)
	if err != nil {
		return fmt.Errorf("signal data: %w", err)
	}
	if !v.isObject() {
		return fmt.Errorf("signal data: %w: not a JSON object", ErrMalformed)
	}
	r := o.relay.Load()
	if r == nil {
		return ErrOffline
	}
	return r.socket.send(AppendPeer(nil, Signal{To: to, Data: []byte(v)}, r.envelope))
}

// emit waits for the consumer, but not beyond the end of ctx.
func (o *outlet) emit(ctx context.Context, e Event) {
	select {
	case o.events <- e:
	case <-ctx.Done():
	}
}
