package signaling

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var (
	errNoAccept = errors.New("scheduler: no accept in time")
	errNoID     = errors.New("scheduler: accept without a peer id")
)

// A rejection is a reject by the server itself.
type rejection struct{ reason string }

func (r rejection) Error() string { return fmt.Sprintf("rejected by the server: %q", r.reason) }

// A session is one scheduler socket, from dialling to its end, and the relays
// that were opened under the ids it gave.
type session struct {
	client *Client
	index  int // of the scheduler

	socket *socket
	route  *route    // to the scheduler; nil before accept
	id     PeerID    // "" before accept
	since  time.Time // of the first accept

	relay    *relay      // nil when there is none
	rejected chan string // by the relay
}

// lasted returns how long ago the session was accepted; false if it never was.
func (s *session) lasted() (time.Duration, bool) { return time.Since(s.since), s.id != "" }

// run connects and stays until the socket is lost or ctx ends. It returns the
// cause, which means nothing once ctx has ended.
func (s *session) run(ctx context.Context) error {
	c := s.client
	base := c.config.Schedulers[s.index]
	conn, err := c.dial(ctx, schedulerURL(base, c.config.Key, c.config.Room, c.config.Mode), c.config.DialTimeout)
	if err != nil {
		return fmt.Errorf("scheduler: %w", err)
	}
	c.log.Debug("scheduler connected", "host", hostOf(base))
	s.rejected = make(chan string, 1)
	s.socket = newSocket(conn, ViaScheduler, c.config, c.log)
	// The sockets outlive ctx for as long as leaving takes.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	go s.socket.run(life)

	err = s.loop(ctx)

	c.scheduler.Store(nil)
	if ctx.Err() != nil && s.route != nil {
		_ = s.socket.send(AppendPeer(nil, Leave{}, s.route.envelope))
	}
	end()
	s.endRelay()
	<-s.socket.done
	return err
}

// loop enters and handles what comes.
func (s *session) loop(ctx context.Context) error {
	enter := s.client.config.Enter()
	if enter.Channel == "" {
		enter.Channel = s.client.config.Room
	}
	_ = s.socket.send(AppendPeer(nil, enter, Envelope{})) // a loss shows below
	overdue := time.NewTimer(s.client.config.AcceptTimeout)
	defer overdue.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.socket.done:
			return fmt.Errorf("scheduler: %w", s.socket.err)
		case reason := <-s.rejected:
			return rejection{reason}
		case <-overdue.C:
			if s.id == "" {
				return errNoAccept
			}
		case m := <-s.socket.inbox:
			if err := s.handle(ctx, m); err != nil {
				return err
			}
		}
	}
}

// handle turns a message into an event, or into the end of the session.
func (s *session) handle(ctx context.Context, m Message) error {
	switch m := m.(type) {
	case Accept:
		return s.accept(ctx, m)
	case RelayClose:
		return fmt.Errorf("scheduler: closing: %q", m.Reason)
	case Reject:
		if m.From == "" {
			return rejection{m.Reason}
		}
	case Version:
		return nil
	}
	if s.id == "" {
		s.client.log.Debug("message before accept skipped", "action", m.Action())
		return nil
	}
	switch m := m.(type) {
	case Signal:
		s.client.emit(ctx, Signaled{From: m.From, Data: m.Data})
	case Reject:
		s.client.emit(ctx, Refused{From: m.From, Reason: m.Reason})
	default:
		s.client.emit(ctx, Received{Message: m})
	}
	return nil
}

// accept takes the id that the scheduler gives. The same one again means
// nothing, a new one means a new start (protocol 10, case 84).
func (s *session) accept(ctx context.Context, m Accept) error {
	switch m.PeerID {
	case "":
		return errNoID
	case s.id:
		return nil
	}
	s.endRelay()
	if s.id == "" {
		s.since = time.Now()
	}
	c := s.client
	s.id = m.PeerID
	s.route = &route{socket: s.socket, envelope: Envelope{Channel: c.config.Room, PeerID: m.PeerID}}
	c.scheduler.Store(s.route)
	c.emit(ctx, Accepted{Accept: m, Scheduler: c.config.Schedulers[s.index]})

	signaler := ""
	if len(c.config.Signalers) > 0 {
		signaler = c.config.Signalers[s.index]
	}
	if signaler == "" {
		c.relay.Store(s.route)
		c.emit(ctx, RelayUp{})
		return nil
	}
	s.relay = &relay{outlet: &c.outlet, base: signaler, id: m.PeerID, scheduler: s.route, rejected: s.rejected}
	s.relay.start(ctx)
	return nil
}

// endRelay closes the relay, if there is one, and waits for it.
func (s *session) endRelay() {
	s.relay.stop()
	s.relay = nil
	s.client.outlet.relay.Store(nil)
}
