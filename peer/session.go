package peer

import (
	"context"
	"errors"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

// joinWithin is how long the first segment may take before the tracker is
// joined without knowing the bit rate (protocol 7.1).
const joinWithin = 5 * time.Second

// session is a track's place at the tracker. It belongs to the track's loop.
type session struct {
	client client
	events <-chan signaling.Event
	leave  context.CancelFunc

	planned  bool
	joinBy   time.Duration // Never: joined, or not to join
	self     signaling.PeerID
	online   bool
	span     time.Duration // between two reports
	reportAt time.Duration
	testAt   time.Duration // of the speed test; Never: made, or not to be made
	testURL  string
	tests    int     // begun
	sent     Traffic // what the tracker knows of, in bytes
}

// A client keeps us known at a tracker: a scheduler's, or a swarm's.
type client interface {
	Run(ctx context.Context) error
	Events() <-chan signaling.Event
	Send(m signaling.Message) error
	Signal(to signaling.PeerID, data []byte) error
}

var (
	_ client = (*signaling.Client)(nil)
	_ client = (*signaling.Swarm)(nil)
)

func newSession() session {
	return session{joinBy: mesh.Never, reportAt: mesh.Never, testAt: mesh.Never, leave: func() {}}
}

// plan sets the latest moment to join; false if that is settled.
func (s *session) plan(now time.Duration) bool {
	if s.planned {
		return false
	}
	s.planned, s.joinBy = true, now+joinWithin
	return true
}

// drain takes what the client still has to say after leave.
func (s *session) drain() {
	if s.events == nil {
		return
	}
	for range s.events {
	}
}

// join connects to the tracker.
func (t *track) join() {
	t.session.joinBy = mesh.Never
	if t.session.client != nil || !t.session.planned {
		return
	}
	client, err := t.newClient()
	if err != nil {
		t.log.Error("cannot join the tracker", "error", err)
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.ctx)) // outlives ctx by a `leave`
	t.session.client, t.session.events, t.session.leave = client, client.Events(), cancel
	t.work.Go(func() {
		if err := client.Run(ctx); err != nil {
			t.log.Error("signaling ended", "error", err)
		}
	})
}

// newClient makes the client of the engine's tracker.
func (t *track) newClient() (client, error) {
	t.introduce()
	cfg := &t.kit.cfg
	unreadable := func() { t.ignored(string(datachannel.Malformed)) }
	enter := func() signaling.Enter {
		e := *t.intro.Load()
		t.claimed.Store(int64(e.UplinkBW))
		return e
	}
	if t.swarms() {
		c := cfg.Swarm
		c.Announces, c.Signalers, c.Key = cfg.Announces, cfg.Signalers, cfg.Key
		c.Room, c.Logger, c.Unreadable, c.Enter, c.Watch = t.room, t.log, unreadable, enter, t.watchTracker
		return signaling.NewSwarm(c)
	}
	c := cfg.Signal
	c.Schedulers, c.Signalers, c.Key = cfg.Schedulers, cfg.Signalers, cfg.Key
	c.Room, c.Mode, c.Logger, c.Unreadable, c.Enter, c.Watch = t.room, "live", t.log, unreadable, enter, t.watchTracker
	return signaling.NewClient(c)
}

// signaled takes an event of the client.
func (t *track) signaled(ev signaling.Event, ok bool) {
	if !ok {
		t.session.events = nil
		return
	}
	switch ev := ev.(type) {
	case signaling.Accepted:
		t.accepted(ev.Accept)
		t.planSpeedTest(ev.Accept.SpeedTest, ev.Scheduler)
		t.tellUplink()
	case signaling.RelayUp:
		t.tellState("relay up", nil)
		t.step(mesh.RelayUp{})
	case signaling.RelayDown:
		// The links stay; the client opens it again.
		t.tellState("relay down", ev.Cause)
	case signaling.Offline:
		t.tellState("offline", ev.Cause)
		t.session.online = false
		t.log.Warn("tracker out of reach; going on by HTTP and with the links there are", "cause", ev.Cause)
		t.step(mesh.Offline{})
	case signaling.Rejected:
		t.tellState("rejected", errors.New(ev.Reason))
		t.session.online = false
		t.log.Warn("the tracker rejected us", "reason", ev.Reason)
		t.step(mesh.Barred{})
	case signaling.Refused:
		t.step(mesh.Unreachable{Peer: mesh.PeerID(ev.From)})
	case signaling.Signaled:
		t.signal(mesh.PeerID(ev.From), ev.Data)
	case signaling.Peers:
		t.step(mesh.Peers{IDs: meshIDs(ev.IDs)})
	case signaling.Received:
		if order := Heard(ev.Message); order != nil {
			t.step(order)
		}
	}
}

// accepted takes our identity. With a new one, remotes know us no more: the
// links of the old one end (protocol 2.1).
func (t *track) accepted(a signaling.Accept) {
	s := &t.session
	if s.self != "" && s.self != a.PeerID {
		old := t.links
		t.links = map[mesh.PeerID]*link{} // each end may begin new ones
		for id, l := range old {
			l.dc.Close(errReplaced)
			t.step(mesh.LinkDown{Peer: id})
		}
	}
	s.self, s.online = a.PeerID, true
	t.introduce()
	if s.span = time.Duration(a.ReportSpan) * time.Second; s.span < 5*time.Second || s.span > time.Hour {
		s.span = time.Minute
	}
	s.reportAt = t.now() + s.span
	if len(t.links) > 0 {
		t.reportSoon() // the tracker may be one that has not heard of them
	}
	t.log.Info("joined", "peer_id", a.PeerID)
	t.tellState("joined", nil)
	t.step(mesh.Entered{Self: mesh.PeerID(a.PeerID), Substreams: a.Substreams, Planned: a.Planned})
}

// signal takes what a remote sends through the relay. Only an offer makes a
// link (protocol 2.3).
func (t *track) signal(from mesh.PeerID, data []byte) {
	switch {
	case len(data) == 0:
		t.step(mesh.Unreachable{Peer: from})
	case datachannel.IsOffer(data) && t.knocks.over(time.Now()):
		t.ignored(string(datachannel.Flood))
	case datachannel.IsOffer(data):
		t.offers[from] = data
		t.step(mesh.Offered{Peer: from})
		delete(t.offers, from)
	default:
		if l := t.links[from]; l != nil {
			if err := l.dc.Signal(data); err != nil {
				t.log.Debug("signal not understood", "peer", from, "error", err)
			}
		}
	}
}

// tell sends a message to the scheduler. What cannot be sent now is told by
// what we send after the next accept.
func (t *track) tell(m signaling.Message) {
	if t.session.client == nil || m == nil {
		return
	}
	if err := t.session.client.Send(m); err != nil && !errors.Is(err, signaling.ErrOffline) {
		t.log.Debug("not sent to the scheduler", "action", m.Action(), "error", err)
	}
}

// nextReport is when statistics are due.
func (s *session) nextReport() time.Duration {
	if !s.online {
		return mesh.Never
	}
	return s.reportAt
}

// report sends statistics: what came in since the last report that was handed
// to a socket, in KB, the remainder kept for the next (protocol 4.8).
func (t *track) report() {
	s := &t.session
	s.reportAt = t.now() + s.span
	if !s.online {
		return
	}
	t.tellUplink()
	sum := t.ledger.totals()
	source, p2p := (sum.HTTP-s.sent.HTTP)/1024, (sum.P2P-s.sent.P2P)/1024
	if err := s.client.Send(signaling.Statistics{Source: source, P2P: p2p, Neighbours: t.neighbours()}); err != nil {
		return
	}
	s.sent.HTTP += source * 1024
	s.sent.P2P += p2p * 1024
}
