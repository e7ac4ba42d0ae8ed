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
	outlet    *outlet
	base      string        // the configured address
	id        PeerID        // of ours
	scheduler *route        // for servers that are both in one; nil for none
	rejected  chan<- string // tells its owner of a server's reject; has room for one
	// lost tells its owner that an open socket was lost, and has room for one. Nil
	// tells nobody.
	lost chan<- struct{}

	cancel context.CancelFunc
	done   chan struct{} // closed when run has returned
}

// start opens the relay, and keeps it open until stop is called: it outlives ctx
// for as long as leaving takes.
func (r *relay) start(ctx context.Context) {
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.done = make(chan struct{})
	go r.run(ctx)
}

// stop closes the relay and waits for it. A nil one is closed.
func (r *relay) stop() {
	if r != nil {
		r.cancel()
		<-r.done
	}
}

// run connects, and connects again, until ctx ends. Where there never was a
// relay, the scheduler socket carries the signals.
func (r *relay) run(ctx context.Context) {
	defer close(r.done)
	o := r.outlet
	pause := newBackoff(o.config.MinBackoff, o.config.MaxBackoff)
	address, told, opened := relayURL(r.base, r.id), "", false
	for ctx.Err() == nil {
		conn, err := o.dial(ctx, address, o.config.RelayTimeout)
		if status, ok := errors.AsType[statusError](err); ok && status == http.StatusNotFound && !opened && r.scheduler != nil {
			o.relay.Store(r.scheduler)
			o.emit(ctx, RelayUp{})
			return
		}
		open := err == nil
		if open {
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
			o.emit(ctx, RelayDown{Cause: fmt.Errorf("relay: %w", err)})
		}
		if open {
			select {
			case r.lost <- struct{}{}:
			default:
			}
		}
		sleep(ctx, pause.next())
	}
}

// serve stays until the socket is lost or ctx ends. It returns the cause.
func (r *relay) serve(ctx context.Context, conn *websocket.Conn) error {
	o := r.outlet
	o.log.Debug("relay connected", "host", hostOf(r.base))
	s := newSocket(conn, ViaRelay, o.config, o.log)
	go s.run(ctx)
	o.relay.Store(&route{socket: s, envelope: Envelope{PeerID: r.id}})
	defer o.relay.Store(nil)
	o.emit(ctx, RelayUp{})
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
		r.outlet.emit(ctx, Signaled{From: m.From, Data: m.Data})
	case Reject:
		if m.From != "" {
			r.outlet.emit(ctx, Refused{From: m.From, Reason: m.Reason})
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
		r.outlet.log.Debug("message of a scheduler on the relay skipped", "action", m.Action())
	}
	return nil
}
