package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"hlspeer/peer"
)

// member is one peer of a swarm with its viewer.
type member struct {
	agent  *peer.Agent
	proxy  net.Listener
	viewer *Viewer
	uplink int64
	stay   Stay

	mu     sync.Mutex
	joined time.Time          // zero before
	leave  context.CancelFunc // nil before
	left   bool
}

func (s *Swarm) newMember(i int) (*member, error) {
	l, err := s.net.listen()
	if err != nil {
		return nil, err
	}
	base := "http://" + l.Addr().String()
	c := peer.DefaultConfig()
	c.Channels = []peer.ChannelConfig{{URL: s.SourceURL()}}
	if s.spare != nil {
		c.Channels[0].Backups = []string{"http://" + s.refuge.Addr().String() + playlistPath(s.config.rendition)}
	}
	ws := "ws" + strings.TrimPrefix(s.TrackerURL(), "http")
	c.Schedulers, c.Announces, c.Signalers = []string{ws + "/ws"}, []string{s.TrackerURL()}, []string{ws + "/signal"}
	c.Link.Loopback = s.config.Delay == 0
	if c.Link.Net, err = s.net.link(i); err != nil {
		return nil, err
	}
	c.Origin.Transport, c.Signal.NetDial = roundTripper(s.net), s.net.dialer()
	c.Swarm.NetDial = s.net.dialer()
	c.PlayBase = base
	c.Logger = s.config.Logger.With("peer", i+1)
	if n := len(s.config.Uplinks); n > 0 {
		c.Upload = s.config.Uplinks[i%n]
	}
	if s.config.CacheBytes > 0 {
		c.CacheBytes = s.config.CacheBytes
	}
	if s.config.adjust != nil {
		s.config.adjust(i, &c)
	}
	agent, err := peer.New(c)
	if err != nil {
		return nil, err
	}
	var from int64
	if s.config.start != nil {
		from = s.config.start(i)
	}
	v := NewViewer(ViewerConfig{
		URL: base + agent.PlayPaths()[0], From: from, Client: httpClient(s.net),
		Check: s.checks(s.config.rendition), Logger: c.Logger,
	})
	return &member{agent: agent, proxy: l, viewer: v, uplink: c.Upload, stay: s.config.stay(i)}, nil
}

// checks compares what a viewer got with what the source has.
func (s *Swarm) checks(rendition string) func(sn int64, body []byte) error {
	return func(sn int64, body []byte) error {
		if string(body) != string(s.origin.Segment(rendition, sn)) {
			return fmt.Errorf("segment %d differs from the source's", sn)
		}
		return nil
	}
}

// run plays until ctx ends, the peer's stay is over, or it is told to leave.
// The proxy outlives the viewer, so that no request is cut off by our own
// going.
func (m *member) run(ctx, infra context.Context) error {
	ctx, cancel := m.stay.within(ctx)
	defer cancel()
	if ctx.Err() == nil {
		m.come(cancel)
	}
	defer m.gone()
	serving, stop := context.WithCancel(infra)
	var wg sync.WaitGroup
	var errs [3]error
	wg.Go(func() { errs[0] = serve(serving, m.proxy, m.agent.Proxy()) })
	wg.Go(func() { errs[1] = m.agent.Run(ctx) })
	if errs[2] = m.viewer.Run(ctx); ctx.Err() != nil {
		errs[2] = nil
	}
	stop()
	wg.Wait()
	return errors.Join(errs[:]...)
}

func (m *member) come(leave context.CancelFunc) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.joined, m.leave = time.Now(), leave
}

func (m *member) gone() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = true
}

// presence says whether the peer has joined, and whether it has left.
func (m *member) presence() (joined, left bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.joined.IsZero(), m.left
}
