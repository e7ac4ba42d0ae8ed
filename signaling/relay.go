package signaling

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// A relay keeps a socket to the signal relay open under one peer id (protocol
// 2.2).
type relay struct {
	client    *Client
	address   string
	envelope  Envelope      // without the channel, which a relay does not know
	scheduler *route        // for servers that are both in one
	rejected  chan<- string // tells the session of a server's reject
	cancel    context.CancelFunc
	done      chan struct{} // closed when run has returned
}

// startRelay starts a relay that runs until its cancel is called: it outlives
// ctx for as long as leaving takes.
func startRelay(ctx context.Context, s *session, address string) *relay {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &relay{
		client:    s.client,
		address:   address,
		envelope:  Envelope{PeerID: s.id},
		scheduler: s.route,
		rejected:  s.rejected,
		cancel:    cancel,
		done:      make(chan struct{}),
	}
	go r.run(ctx)
	return r
}

// run connects, and connects again, until ctx ends. Where there never was a
// relay, the scheduler socket carries the signals.
func (r *relay) run(ctx context.Context) {
	defer close(r.done)
	c := r.client
	pause := newBackoff(c.config.MinBackoff, c.config.MaxBackoff)
	told, opened := "", false
	for ctx.Err() == nil {
		conn, err := c.dial(ctx, r.address, c.config.RelayTimeout)
		if status, ok := errors.AsType[statusError](err); ok && status == http.StatusNotFound && !opened {
			c.relay.Store(r.scheduler)
			c.emit(ctx, RelayUp{})
			return
		}
		if err == nil {
			since := time.Now()
			err = r.serve(ctx, conn)
			pause.settle(time.Since(since))
			told, opened = "", true
		}
		if ctx.Err() != nil {
			return // and err may be nil
		}
		if err.Error() != told {
			told = err.Error()
			c.emit(ctx, RelayDown{Cause: fmt.Errorf("relay: %w", err)})
		}
		sleep(ctx, pause.next())
	}
}

// serve stays until the socket is lost or ctx ends. It returns the cause.
func (r *relay) serve(ctx context.Context, conn *websocket.Conn) error {
	c := r.client
	c.log.Debug("relay connected", "host", hostOf(r.address))
	s := newSocket(conn, c.config, c.log)
	go s.run(ctx)
	c.relay.Store(&route{socket: s, envelope: r.envelope})
	defer c.relay.Store(nil)
	c.emit(ctx, RelayUp{})
	for {
		select {
		case <-s.done:
			return s.err
		case m := <-s.inbox:
			if err := r.handle(ctx, m); err != nil {
				s.fail(err)
			}
		}
	}
}

// handle turns a message into an event, or into the end of the socket.
func (r *relay) handle(ctx context.Context, m Message) error {
	switch m := m.(type) {
	case Signal:
		r.client.emit(ctx, Signaled{From: m.From, Data: m.Data})
	case Reject:
		if m.From != "" {
			r.client.emit(ctx, Refused{From: m.From, Reason: m.Reason})
			return nil
		}
		select {
		case r.rejected <- m.Reason:
		default:
		}
	case RelayClose:
		return fmt.Errorf("closing: %q", m.Reason)
	case Version:
	default:
		r.client.log.Debug("message of a scheduler on the relay skipped", "action", m.Action())
	}
	return nil
}
