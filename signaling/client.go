package signaling

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrOffline says that a message was dropped because there is no connection to
// carry it, or one that is too slow.
var ErrOffline = errors.New("not connected")

const (
	// rejectPause is how long a rejected peer stays away (protocol 4.13).
	rejectPause = 10 * time.Minute
	// eventBacklog lets short bursts pass without waiting for the consumer.
	eventBacklog = 64
)

// A Client keeps a peer connected to a scheduler and to its signal relay. Send
// and Signal may be called by any goroutine at any time.
type Client struct {
	outlet
	scheduler atomic.Pointer[route] // nil before accept

	// Of Run's goroutine alone.
	backoff backoff
	causes  []string // of each scheduler, the last failure told
}

// NewClient returns a client that [Client.Run] sets going.
func NewClient(c Config) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("signaling configuration: %w", err)
	}
	return &Client{
		outlet:  newOutlet(c),
		backoff: newBackoff(c.MinBackoff, c.MaxBackoff),
		causes:  make([]string, len(c.Schedulers)),
	}, nil
}

// Events returns what the client has to tell, in order. It must be drained
// while Run runs, for the sockets are not read while nobody listens. It is
// closed when Run returns.
func (c *Client) Events() <-chan Event { return c.events }

// Send hands a message to the scheduler, with the merged fields. It never
// blocks and does not wait for the network. It returns [ErrOffline] when no
// scheduler has accepted the peer, or when 256 messages wait already, which
// ends that connection.
func (c *Client) Send(m Message) error {
	r := c.scheduler.Load()
	if r == nil {
		return ErrOffline
	}
	return r.socket.send(AppendPeer(nil, m, r.envelope))
}

// Signal hands data, one JSON object, to the relay or whatever stands for it.
// It never blocks and fails as Send does. Relays of others may refuse messages
// of more than 5120 bytes (protocol 2.2).
func (c *Client) Signal(to PeerID, data []byte) error {
	return c.signal(to, data)
}

// Run connects, and connects again whenever the connection is lost, until ctx
// ends. Then it sends leave, gives the sockets half a second to drain, closes
// them with code 1000 and returns nil. Every goroutine of the client has ended
// by then. Run may be called once.
func (c *Client) Run(ctx context.Context) error {
	if c.ran.Swap(true) {
		return errors.New("signaling client: has run already")
	}
	defer close(c.events)
	for ctx.Err() == nil {
		sleep(ctx, c.round(ctx))
	}
	return nil
}

// round tries the schedulers in turn, until one has accepted the peer and that
// session is over. It returns the pause to make.
func (c *Client) round(ctx context.Context) time.Duration {
	for i := range c.config.Schedulers {
		s := session{client: c, index: i}
		err := s.run(ctx)
		if ctx.Err() != nil {
			return 0
		}
		if no, ok := errors.AsType[rejection](err); ok {
			c.emit(ctx, Rejected{Reason: no.reason})
			return rejectPause
		}
		if lasted, ok := s.lasted(); ok {
			c.backoff.settle(lasted)
			clear(c.causes)
			c.emit(ctx, Offline{Cause: err})
			break
		}
		if err.Error() != c.causes[i] {
			c.causes[i] = err.Error()
			c.emit(ctx, Offline{Cause: err})
		}
	}
	return c.backoff.next()
}
