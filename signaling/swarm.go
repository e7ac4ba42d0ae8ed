package signaling

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// A Swarm keeps a peer announced to a BitTorrent tracker (protocol 5.1) and
// connected to its signal relay. Send and Signal may be called by any goroutine at
// any time.
type Swarm struct {
	outlet
	settings SwarmConfig
	http     *http.Client

	mu         sync.Mutex
	online     bool // an id is held
	ask        bool // peers are wanted
	tell       bool // statistics are to be posted
	pending    pending
	neighbours []PeerID
	wake       chan struct{} // something is wanted

	// Of Run's goroutine alone.
	backoff backoff
	causes  []string // of each tracker, the last failure told
	former  PeerID   // the last id held
}

// pending is traffic in KB that no tracker has acknowledged.
type pending struct{ source, p2p int64 }

func (p pending) minus(q pending) pending { return pending{p.source - q.source, p.p2p - q.p2p} }

// NewSwarm returns a member of a swarm that [Swarm.Run] sets going.
func NewSwarm(c SwarmConfig) (*Swarm, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("swarm configuration: %w", err)
	}
	s := &Swarm{
		outlet:   newOutlet(c.relays()),
		settings: c,
		wake:     make(chan struct{}, 1),
		backoff:  newBackoff(c.MinBackoff, c.MaxBackoff),
		causes:   make([]string, len(c.Announces)),
	}
	s.http = s.newHTTP()
	return s, nil
}

// Events returns what there is to tell, in order, as [Client.Events] does.
func (s *Swarm) Events() <-chan Event { return s.events }

// Send takes [Statistics], of which traffic and neighbours are posted, and [GetPeers]; any
// other message is an error. It never blocks and does not wait for the network.
// It returns [ErrOffline], and has not taken the message, while no tracker has
// given an id. Statistics that it has taken are the Swarm's own to deliver: it adds
// what was not acknowledged to the next report, whoever that goes to. Requests for
// peers that come faster than answers are one.
func (s *Swarm) Send(m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m := m.(type) {
	case Statistics:
		if !s.online {
			return ErrOffline
		}
		s.pending.source = min(s.pending.source+max(0, m.Source), maxTraffic)
		s.pending.p2p = min(s.pending.p2p+max(0, m.P2P), maxTraffic)
		s.neighbours = short(m.Neighbours)
		s.tell = true
	case GetPeers:
		if !s.online {
			return ErrOffline
		}
		s.ask = true
	default:
		return fmt.Errorf("a swarm's tracker knows no %s", m.Action())
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// Signal hands data, one JSON object, to the relay, as [Client.Signal] does.
func (s *Swarm) Signal(to PeerID, data []byte) error { return s.signal(to, data) }

// Run announces the peer, and again whenever the tracker has lost it, until ctx
// ends. Then it posts the statistics that are left, closes the relay's socket,
// both within half a second, and returns nil. Every goroutine of the Swarm has
// ended by then. Run may be called once.
func (s *Swarm) Run(ctx context.Context) error {
	if s.ran.Swap(true) {
		return errors.New("signaling swarm: has run already")
	}
	defer close(s.events)
	defer s.http.CloseIdleConnections()
	for ctx.Err() == nil {
		sleep(ctx, s.round(ctx))
	}
	return nil
}

// round tries the trackers in turn, until one has given an id and that has come to
// an end. It returns the pause to make.
func (s *Swarm) round(ctx context.Context) time.Duration {
	for i := range s.settings.Announces {
		m := membership{swarm: s, index: i}
		err := m.run(ctx)
		if ctx.Err() != nil {
			return 0
		}
		if no, ok := errors.AsType[rejection](err); ok {
			s.emit(ctx, Rejected{Reason: no.reason})
			return rejectPause
		}
		if m.id != "" {
			lasted := time.Since(m.since)
			s.backoff.settle(lasted)
			clear(s.causes)
			if errors.Is(err, errForgotten) && lasted >= s.settings.MinBackoff {
				return 0 // it may have begun anew
			}
			s.emit(ctx, Offline{Cause: err})
			break
		}
		if err.Error() != s.causes[i] {
			s.causes[i] = err.Error()
			s.emit(ctx, Offline{Cause: err})
		}
	}
	return s.backoff.next()
}

// wanted returns what was asked for since it was last called, and what there is to
// report.
func (s *Swarm) wanted() (ask, tell bool, p pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ask, tell = s.ask, s.tell
	s.ask, s.tell = false, false
	return ask, tell, s.pending
}

// Of the neighbours so many are told, and of ids no longer than that, so that a
// report stays short.
const (
	maxNeighbours  = 64
	maxNeighbourID = 32
)

// short is what is told of a list of neighbours.
func short(ids []PeerID) []PeerID {
	if ids == nil {
		return nil
	}
	out := []PeerID{}
	for _, id := range ids {
		if len(id) <= maxNeighbourID && len(out) < maxNeighbours {
			out = append(out, id)
		}
	}
	return out
}

// linked are the neighbours as they were told last.
func (s *Swarm) linked() []PeerID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.neighbours
}

func (s *Swarm) acknowledged(p pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = s.pending.minus(p)
}

func (s *Swarm) setOnline(online bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.online, s.ask = online, false
}
