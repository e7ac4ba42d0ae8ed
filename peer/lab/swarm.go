package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
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
	Stays      []Stay        // of the first peers, in place of JoinEvery
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
	// start is the segment of a film at which the viewer of peer i begins; nil:
	// the first. For tests.
	start func(i int) int64
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
	for i, s := range c.Stays {
		if err := s.validate(); err != nil {
			faults = append(faults, fmt.Errorf("peer %d: %w", i+1, err))
		}
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
	for _, m := range s.members {
		peers.Go(func() {
			pause(ctx, m.stay.From)
			fail(m.run(ctx, infra)) // if only to close it
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
	wg.Go(func() {
		<-t.Ready() // peers that come earlier wait
		errs[1] = serve(ctx, l, t.Handler())
	})
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

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
