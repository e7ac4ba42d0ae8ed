package tracker

import (
	"context"
	"errors"
	"sync"
	"time"

	"hlspeer/signaling"
)

var (
	errManyAnnounced = errors.New("there are too many peers from your address")
	errNotAnnounced  = errors.New("no peer of this swarm has this id: announce again")
)

const (
	// heartbeats is how many intervals a peer may be silent.
	heartbeats = 2.5
	// sweepEvery is how often those who have ended are forgotten at least.
	sweepEvery = 10 * time.Second
)

// swarms is the tracker of BitTorrent mode (protocol 5.1): who is in which swarm.
// The hub gives the ids and carries the signals. What has ended is forgotten when
// somebody asks, and by run at the latest, with no timer or goroutine per peer.
// The methods may be called by any goroutine. The mutex is never held while
// anything waits; the hub's may be taken within it.
type swarms struct {
	hub       *hub
	meters    *meters // set before the first call
	within    time.Duration
	addresses *addresses // of the peers

	mu      sync.Mutex
	swarms  map[string]*swarm // by info_hash
	peers   map[signaling.PeerID]*swarmPeer
	order   swarmPeer // oldest and newest are its neighbours
	chooser chooser
}

func newSwarms(c Config, h *hub, ch *chance) *swarms {
	within := time.Duration(heartbeats * float64(c.HeartbeatInterval) * float64(time.Second))
	s := &swarms{
		hub: h, within: within, addresses: newAddresses(c.MaxPerAddress),
		swarms: make(map[string]*swarm), peers: make(map[signaling.PeerID]*swarmPeer),
		chooser: chooser{rand: ch.source(), within: within},
	}
	s.order.older, s.order.newer = &s.order, &s.order
	return s
}

// An announcement is what a peer says of itself to join a swarm.
type announcement struct {
	infoHash string
	channel  string           // "" when not said
	former   signaling.PeerID // the id that it had before
	remote   string           // address and port
	place    Place
	uplink   signaling.BitRate // -1 when not said
	mobile   bool
}

// announce makes a peer and lists others for it.
func (s *swarms) announce(now time.Time, a announcement) (signaling.PeerID, []signaling.PeerID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	address := network(a.remote)
	if !s.addresses.hold(address) {
		return "", nil, errManyAnnounced
	}
	w := s.swarms[a.infoHash]
	if w == nil {
		w = newSwarm(a.infoHash)
	}
	id, err := s.hub.announce(w.room, a.former)
	if err != nil {
		s.addresses.release(address)
		return "", nil, err
	}
	s.swarms[w.key] = w
	w.members++
	w.call(a.channel)
	p := &swarmPeer{
		id: id, swarm: w, address: address, near: vicinity(a.remote), place: a.place, region: a.place.region(),
		joined: now, uplink: a.uplink, mobile: a.mobile,
	}
	s.peers[id] = p
	s.append(p)
	w.heard(p, now)
	return id, s.chooser.choose(p, now), nil
}

// peersFor lists others for a peer, which is a sign of its life.
func (s *swarms) peersFor(now time.Time, infoHash string, id signaling.PeerID) ([]signaling.PeerID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.heard(now, infoHash, id)
	if err != nil {
		return nil, err
	}
	return s.chooser.choose(p, now), nil
}

// heartbeat is a sign of a peer's life.
func (s *swarms) heartbeat(now time.Time, infoHash string, id signaling.PeerID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.heard(now, infoHash, id)
	return err
}

// heard finds a peer and notes that it lives.
func (s *swarms) heard(now time.Time, infoHash string, id signaling.PeerID) (*swarmPeer, error) {
	s.sweep(now)
	p := s.peers[id]
	if p == nil || p.swarm.key != infoHash {
		return nil, errNotAnnounced
	}
	s.unlink(p)
	s.append(p)
	p.swarm.heard(p, now)
	return p, nil
}

// A swarmReport is what a peer has fetched since the last one.
type swarmReport struct {
	traffic
	conns      int                // links; -1 when not said
	neighbours []signaling.PeerID // whom it is linked with; nil when not said
}

// report adds what a peer has fetched. What cannot be true is not counted.
func (s *swarms) report(now time.Time, infoHash string, id signaling.PeerID, r swarmReport) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.heard(now, infoHash, id)
	if err != nil {
		return err
	}
	if r.conns >= 0 {
		p.conns = uint16(min(r.conns, maxConns))
	}
	if r.neighbours != nil {
		p.neighbours = r.neighbours
	}
	if !credible(p.traffic, r.traffic, now.Sub(p.joined)) {
		s.meters.ignore(ignoredStatistics, 1)
		return nil
	}
	p.traffic.add(r.traffic)
	p.swarm.traffic.add(r.traffic)
	s.meters.report(r.source, r.p2p)
	return nil
}

// relayChanged looks whether signals reach a peer: only then are others told of
// it. Who offers a link to one that is not there yet may never do so again
// (protocol 16.13). It looks itself for the reason of [relayChanged].
func (s *swarms) relayChanged(id signaling.PeerID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peers[id]
	switch {
	case p == nil:
	case s.hub.reachable(id):
		p.swarm.show(p)
	default:
		p.swarm.hide(p)
	}
}

// sweep forgets who was silent for too long.
func (s *swarms) sweep(now time.Time) {
	for p := s.order.newer; p != &s.order && now.Sub(p.seen) >= s.within; p = s.order.newer {
		s.forget(p)
	}
}

func (s *swarms) forget(p *swarmPeer) {
	w := p.swarm
	w.hide(p)
	s.unlink(p)
	delete(s.peers, p.id)
	s.addresses.release(p.address)
	if w.members--; w.members == 0 {
		delete(s.swarms, w.key)
	}
	s.hub.forget(p.id)
}

// append makes p the last that was heard of.
func (s *swarms) append(p *swarmPeer) {
	p.older, p.newer = s.order.older, &s.order
	p.older.newer, s.order.older = p, p
}

func (s *swarms) unlink(p *swarmPeer) {
	p.older.newer, p.newer.older = p.newer, p.older
}

// run sweeps now and then until ctx ends.
func (s *swarms) run(ctx context.Context) {
	often := time.NewTicker(min(sweepEvery, s.within/2))
	defer often.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-often.C:
			s.mu.Lock()
			s.sweep(now)
			s.mu.Unlock()
		}
	}
}

// size returns how many peers and swarms there are.
func (s *swarms) size() (peers, swarms int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.peers), len(s.swarms)
}
