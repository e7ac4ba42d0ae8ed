package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"hlspeer/peer"
)

// crashHold is how long a peer that has crashed keeps its sockets. By then all
// have missed it.
const crashHold = 10 * time.Second

// member is one peer of a swarm with its viewer.
type member struct {
	number int // from 1
	agent  *peer.Agent
	proxy  net.Listener
	viewer *Viewer
	uplink int64
	stay   Stay
	cable  *cable // nil: nothing can happen to it
	keep   bool   // the agent, after its end

	mu     sync.Mutex
	joined time.Time          // zero before
	leave  context.CancelFunc // nil before
	last   *Row               // when it went; nil before
}

func (s *Swarm) newMember(i int) (*member, error) {
	m := &member{number: i + 1, stay: s.config.stay(i), keep: s.config.keep}
	var err error
	if m.proxy, err = s.net.listen(); err != nil {
		return nil, err
	}
	base := "http://" + m.proxy.Addr().String()
	c := peer.DefaultConfig()
	c.PlayBase, c.Logger = base, s.config.Logger.With("peer", i+1)
	s.meetAt(&c)
	if s.config.Engine != "" {
		c.Engine = s.config.Engine
	}
	if n := len(s.config.Uplinks); n > 0 {
		c.Upload = s.config.Uplinks[i%n]
	}
	if s.config.holdsBack(i) {
		c.HoldBack = 1
	}
	if s.config.CacheBytes > 0 {
		c.CacheBytes = s.config.CacheBytes
	}
	if err := s.connect(i, m, &c); err != nil {
		return nil, err
	}
	if s.config.adjust != nil {
		s.config.adjust(i, &c)
	}
	if m.agent, err = peer.New(c); err != nil {
		return nil, err
	}
	m.uplink = c.Upload
	var from int64
	if s.config.start != nil {
		from = s.config.start(i)
	}
	m.viewer = NewViewer(ViewerConfig{
		URL: base + m.agent.PlayPaths()[0], From: from, Client: httpClient(s.net), Check: s.checks(s.config.rendition), Logger: c.Logger,
	})
	return m, nil
}

// meetAt says where source and tracker are.
func (s *Swarm) meetAt(c *peer.Config) {
	c.Channels = []peer.ChannelConfig{{URL: s.SourceURL(), ID: s.config.Channel}}
	if s.spare != nil {
		c.Channels[0].Backups = []string{"http://" + s.refuge.Addr().String() + playlistPath(s.config.rendition)}
	}
	ws := "ws" + strings.TrimPrefix(s.TrackerURL(), "http")
	c.Schedulers, c.Announces, c.Signalers = []string{ws + "/ws"}, []string{s.TrackerURL()}, []string{ws + "/signal"}
	if s.config.Key != "" {
		c.Key = s.config.Key
	}
}

// connect hangs a peer on the network.
func (s *Swarm) connect(i int, m *member, c *peer.Config) error {
	var line Line
	if n := len(s.config.Lines); n > 0 {
		line = s.config.Lines[i%n]
	}
	c.Link.Loopback = !s.config.Virtual
	var err error
	if c.Link.Net, err = s.net.link(i, line); err != nil {
		return err
	}
	dial := s.net.dialer()
	if s.config.Virtual && (line.Down > 0 || m.stay.Crash) {
		m.cable = newCable(line)
		c.Link.Net, dial = linePackets{c.Link.Net, m.cable}, m.cable.dialer(dial)
	}
	c.Origin.Transport, c.Signal.NetDial, c.Swarm.NetDial = roundTripper(dial), dial, dial
	return nil
}

// checks compares what a viewer got with what the source has; nil: nobody knows.
func (s *Swarm) checks(rendition string) func(sn int64, body []byte) error {
	switch {
	case s.witness != nil:
		return s.witness.check
	case s.origin == nil:
		return nil
	}
	return func(sn int64, body []byte) error {
		if !bytes.Equal(body, s.origin.shared(rendition, sn)) {
			return fmt.Errorf("segment %d differs from the source's", sn)
		}
		return nil
	}
}

// run plays until ctx ends, the peer's stay is over, or it is told to leave.
// The proxy outlives the viewer, so that no request is cut off by our own
// going.
func (m *member) run(ctx, infra context.Context) error {
	here, cancel := context.WithCancel(ctx)
	if m.stay.For > 0 {
		here, cancel = context.WithTimeout(ctx, m.stay.For)
	}
	defer cancel()
	if here.Err() == nil {
		m.come(cancel)
	}
	online, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()
	serving, stop := context.WithCancel(infra)
	var wg sync.WaitGroup
	var errs [3]error
	wg.Go(func() { errs[0] = serve(serving, m.proxy, m.agent.Proxy()) })
	wg.Go(func() { errs[1] = m.agent.Run(online) })
	if errs[2] = m.viewer.Run(here); here.Err() != nil {
		errs[2] = nil
	}
	stop()
	<-here.Done() // a film may have ended before
	departed := ctx.Err() == nil
	m.bow(departed)
	if departed && m.stay.Crash && m.cable != nil {
		m.cable.dead.Store(true)
		pause(ctx, crashHold)
	}
	leave()
	if m.cable != nil {
		defer close(m.cable.over)
	}
	wg.Wait()
	if !m.keep {
		m.mu.Lock()
		m.agent, m.viewer = nil, nil // and with them, what they hold
		m.mu.Unlock()
	}
	return errors.Join(errs[:]...)
}

func (m *member) come(leave context.CancelFunc) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.joined, m.leave = time.Now(), leave
}

// bow notes what is to be said of a peer that goes.
func (m *member) bow(departed bool) {
	r := m.row()
	r.Left, r.departed, r.Crashed = true, departed, departed && m.stay.Crash && m.cable != nil
	r.Parents, r.Children, r.Neighbours, r.Standby = []peer.LinkStatus{}, []peer.LinkStatus{}, []peer.LinkStatus{}, nil
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = &r
}
