package signaling

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// heartbeatInterval is for trackers that do not say one.
	heartbeatInterval = 30 * time.Second
	// maxHeartbeats in a row may fail before the tracker counts as lost.
	maxHeartbeats = 3
)

// errForgotten says that the tracker does not know the peer any more.
var errForgotten = errors.New("tracker: knows the peer no more")

// A membership is one id at one tracker, from the announce to its end.
type membership struct {
	swarm *Swarm
	index int // of the tracker

	id        PeerID    // "" before the announce
	since     time.Time // of the announce
	heartbeat time.Duration
	failures  int // of heartbeats in a row
}

// run announces the peer and stays until the tracker is lost or ctx ends. It
// returns the cause, which means nothing once ctx has ended.
func (m *membership) run(ctx context.Context) error {
	s := m.swarm
	if err := m.announce(ctx); err != nil {
		return err
	}
	rejected, lost := make(chan string, 1), make(chan struct{}, 1)
	relay := &relay{
		outlet: &s.outlet, base: s.settings.Signalers[m.index], id: m.id, rejected: rejected, lost: lost,
	}
	relay.start(ctx)
	err := m.loop(ctx, rejected, lost)

	s.setOnline(false)
	relay.cancel()
	if ctx.Err() != nil {
		m.sayBye(ctx)
	}
	relay.stop()
	s.relay.Store(nil)
	return err
}

// loop keeps the peer alive and works off what is wanted, one request at a time.
func (m *membership) loop(ctx context.Context, rejected <-chan string, lost <-chan struct{}) error {
	beat := time.NewTicker(m.heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case reason := <-rejected:
			return rejection{reason}
		case <-beat.C:
			err = m.beat(ctx)
		case <-lost: // it may be that the id is known no more
			err = m.beat(ctx)
		case <-m.swarm.wake:
			err = m.work(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// beat tells the tracker that the peer lives. Only several failures in a row mean
// that the tracker is lost.
func (m *membership) beat(ctx context.Context) error {
	_, err := m.request(ctx, http.MethodGet, "heartbeat", "", nil)
	if err == nil {
		return nil
	}
	if final(err) {
		return err
	}
	if m.failures++; m.failures >= maxHeartbeats {
		return fmt.Errorf("%d heartbeats have failed: %w", m.failures, err)
	}
	m.swarm.log.Debug("heartbeat failed", "host", m.host(), "cause", err)
	return nil
}

// work posts statistics and asks for peers, as is wanted. Failures are borne: the
// statistics are kept, and who wants peers asks again.
func (m *membership) work(ctx context.Context) error {
	s := m.swarm
	ask, tell, p := s.wanted()
	if tell {
		if err := m.report(ctx, p); final(err) {
			return err
		} else if err != nil {
			s.log.Debug("statistics not delivered", "host", m.host(), "cause", err)
		}
	}
	if !ask {
		return nil
	}
	answer, err := m.request(ctx, http.MethodGet, "get_peers", "", nil)
	switch {
	case final(err):
		return err
	case err != nil:
		s.log.Debug("no peers", "host", m.host(), "cause", err)
	default:
		s.emit(ctx, m.peers(answer))
	}
	return nil
}

// sayBye reports what is left, after the end of ctx.
func (m *membership) sayBye(ctx context.Context) {
	_, _, p := m.swarm.wanted()
	if p == (pending{}) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	_ = m.report(ctx, p) // nobody is left to hear of it
}

// report posts traffic, in the query and as JSON: trackers differ in which they
// read.
func (m *membership) report(ctx context.Context, p pending) error {
	o := object{buf: []byte{'{'}}
	o.text("info_hash", infoHash(m.swarm.settings.Room))
	o.id("peer_id", m.id)
	o.int("source", p.source)
	o.int("p2p", p.p2p)
	if linked := m.swarm.linked(); linked != nil {
		o.int("conns", int64(len(linked)))
		o.begin("neighbours", '[')
		for _, id := range linked {
			o.idElement(id)
		}
		o.end(']')
	}
	o.end('}')
	_, err := m.request(ctx, http.MethodPost, "stats", fmt.Sprintf("&source=%d&p2p=%d", p.source, p.p2p), o.buf)
	if err == nil {
		m.swarm.acknowledged(p)
	}
	return err
}

// final reports whether an error ends the membership at once.
func final(err error) bool {
	_, rejected := errors.AsType[rejection](err)
	return rejected || errors.Is(err, errForgotten)
}

// request makes a request of an announced peer.
func (m *membership) request(ctx context.Context, method, endpoint, more string, body []byte) (value, error) {
	s := m.swarm
	query := "info_hash=" + infoHash(s.settings.Room) + "&peer_id=" + escapeComponent(string(m.id)) + more
	answer, err := s.request(ctx, method, endpointURL(s.settings.Announces[m.index], endpoint, query), body)
	status, ok := errors.AsType[trackerError](err)
	switch {
	case err == nil:
		m.failures = 0
	case ok && (status.code == http.StatusNotFound || status.code == http.StatusGone):
		return nil, errForgotten
	}
	return answer, err
}

func (m *membership) host() string { return hostOf(m.swarm.settings.Announces[m.index]) }
