package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"hlspeer/hls"
	"hlspeer/peer"
	"hlspeer/signaling/tracker"
)

// SwarmConfig is what a [Swarm] is made of.
type SwarmConfig struct {
	Peers      int
	Uplinks    []int64       // bit/s, given to the peers in turn; none: the agent's default
	JoinEvery  time.Duration // between two peers that join
	CacheBytes int64         // of each peer
	Origin     OriginConfig
	// Delay, if not 0, makes the swarm a virtual one: without sockets, with
	// this delay each way on data channels.
	Delay  time.Duration
	Logger *slog.Logger

	// adjust changes the configuration of peer i before it is made; nil: no
	// changes. For tests.
	adjust func(i int, c *peer.Config)
	// rendition is what viewers watch, if not [RenditionMain]. For tests.
	rendition string
	// backup is a second source that peers fall back to; nil: there is none. For
	// tests.
	backup *OriginConfig
}

// Validate reports every fault at once.
func (c SwarmConfig) Validate() error {
	var faults []error
	if c.Peers < 1 || c.Peers > 1000 {
		faults = append(faults, fmt.Errorf("%d peers: want 1 to 1000", c.Peers))
	}
	if c.JoinEvery < 0 {
		faults = append(faults, fmt.Errorf("a peer joins every %v: want 0 or more", c.JoinEvery))
	}
	return errors.Join(faults...)
}

// Swarm is a channel with everything around it in one process, on loopback: a
// source, a tracker, and peers with a viewer each. All of it is what the field
// has; only the source is made up. Its methods may be called while it runs.
type Swarm struct {
	config  SwarmConfig
	net     network
	origin  *Origin
	tracker *tracker.Server
	source  net.Listener
	spare   *Origin      // nil without a backup
	refuge  net.Listener // of spare
	meeting net.Listener
	members []*member
	began   time.Time
	usage   usage
	meet    func(ctx context.Context) error // serves the tracker until ctx ends
}

// NewSwarm binds all addresses; nothing happens before [Swarm.Run].
func NewSwarm(c SwarmConfig) (*Swarm, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Swarm{config: c, origin: NewOrigin(c.Origin), began: time.Now(), usage: readUsage()}
	tc := tracker.DefaultConfig()
	tc.ReportSpan, tc.Logger = 5, c.Logger.With("part", "tracker")
	var err error
	if s.tracker, err = tracker.New(tc); err != nil {
		return nil, err
	}
	if s.net, err = c.network(); err != nil {
		return nil, err
	}
	if s.source, err = s.net.listen(); err != nil {
		return nil, err
	}
	if s.meeting, err = s.net.listen(); err != nil {
		return nil, err
	}
	if c.backup != nil {
		s.spare = NewOrigin(*c.backup)
		if s.refuge, err = s.net.listen(); err != nil {
			return nil, err
		}
	}
	s.meet = s.serveTracker
	for i := range c.Peers {
		m, err := s.newMember(i)
		if err != nil {
			return nil, fmt.Errorf("peer %d: %w", i+1, err)
		}
		s.members = append(s.members, m)
	}
	return s, nil
}

func (c SwarmConfig) network() (network, error) {
	if c.Delay == 0 {
		return loopback{}, nil
	}
	return newVirtual(c.Delay)
}

// SourceURL is the channel at its source.
func (s *Swarm) SourceURL() string { return s.sourceURL(s.config.rendition) }

func (s *Swarm) sourceURL(rendition string) string {
	return "http://" + s.source.Addr().String() + playlistPath(rendition)
}

// TrackerURL is the tracker's base address.
func (s *Swarm) TrackerURL() string { return "http://" + s.meeting.Addr().String() }

// Origin is the channel's source, for its counters and true contents.
func (s *Swarm) Origin() *Origin { return s.origin }

// Run runs everything until ctx ends. All goroutines have ended when it
// returns.
func (s *Swarm) Run(ctx context.Context) error {
	if v, ok := s.net.(*virtual); ok {
		if err := v.start(); err != nil {
			return fmt.Errorf("starting the virtual network: %w", err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	infra, stop := context.WithCancel(context.WithoutCancel(ctx)) // ends after the peers
	defer stop()
	var peers, others sync.WaitGroup
	var failed error
	var once sync.Once
	fail := func(err error) {
		if err != nil {
			once.Do(func() { failed = err; cancel() })
		}
	}
	others.Go(func() { fail(serve(infra, s.source, s.origin)) })
	others.Go(func() { fail(s.meet(infra)) })
	if s.spare != nil {
		others.Go(func() { fail(serve(infra, s.refuge, s.spare)) })
	}
	for i, m := range s.members {
		peers.Go(func() {
			if pause(ctx, time.Duration(i)*s.config.JoinEvery) {
				fail(m.run(ctx, infra))
			}
		})
	}
	peers.Wait()
	stop()
	others.Wait()
	return errors.Join(failed, s.net.close())
}

func (s *Swarm) serveTracker(ctx context.Context) error {
	return serveTracker(ctx, s.meeting, s.tracker)
}

// serveTracker runs a tracker on l until ctx ends.
func serveTracker(ctx context.Context, l net.Listener, t *tracker.Server) error {
	var wg sync.WaitGroup
	var errs [2]error
	wg.Go(func() { errs[0] = t.Run(ctx) })
	wg.Go(func() { errs[1] = serve(ctx, l, t.Handler()) })
	wg.Wait()
	return errors.Join(errs[:]...)
}

// serve answers on l until ctx ends.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := hls.NewServer(h)
	end := context.AfterFunc(ctx, func() { srv.Close() })
	defer end()
	if err := srv.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving on loopback: %w", err)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// member is one peer of a swarm with its viewer.
type member struct {
	agent  *peer.Agent
	proxy  net.Listener
	viewer *Viewer
	uplink int64

	mu     sync.Mutex
	joined time.Time // zero before
	leave  context.CancelFunc
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
	c.Schedulers, c.Signalers = []string{ws + "/ws"}, []string{ws + "/signal"}
	c.Link.Loopback = s.config.Delay == 0
	if c.Link.Net, err = s.net.link(i); err != nil {
		return nil, err
	}
	c.Origin.Transport, c.Signal.NetDial = roundTripper(s.net), s.net.dialer()
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
	v := NewViewer(ViewerConfig{
		URL: base + agent.PlayPaths()[0], Client: httpClient(s.net),
		Check: s.checks(s.config.rendition), Logger: c.Logger,
	})
	return &member{agent: agent, proxy: l, viewer: v, uplink: c.Upload}, nil
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

// run plays until ctx ends or the peer is told to leave. The proxy outlives the
// viewer, so that no request is cut off by our own going.
func (m *member) run(ctx, infra context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m.mu.Lock()
	m.joined, m.leave = time.Now(), cancel
	m.mu.Unlock()
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

// active says whether the peer has joined.
func (m *member) active() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.joined.IsZero()
}
