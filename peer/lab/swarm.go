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
	"hlspeer/signaling/tracker"
)

// Swarm is a channel with everything around it in one process, on loopback: a
// source, a tracker, and peers with a viewer each. All of it is what the field
// has; only the source is made up. Its methods may be called while it runs.
type Swarm struct {
	config  SwarmConfig
	net     network
	origin  *Origin         // nil: it is somebody else's
	witness *witness        // nil: not asked for
	tracker *tracker.Server // nil: it is somebody else's
	source  net.Listener
	spare   *Origin      // nil without a backup
	refuge  net.Listener // of spare
	meeting net.Listener
	members []*member
	began   time.Time
	usage   usage
	lookout lookout
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
	if c.Film && c.Source == "" {
		c.rendition = RenditionVOD
	}
	s := &Swarm{config: c, began: time.Now(), usage: readUsage()}
	var err error
	if s.net, err = c.network(); err != nil {
		return nil, err
	}
	if err := s.openSource(); err != nil {
		return nil, err
	}
	if err := s.openTracker(); err != nil {
		return nil, err
	}
	if c.backup != nil {
		s.spare = NewOrigin(*c.backup)
		if s.refuge, err = s.net.listen(); err != nil {
			return nil, err
		}
	}
	for i := range c.count() {
		m, err := s.newMember(i)
		if err != nil {
			return nil, fmt.Errorf("peer %d: %w", i+1, err)
		}
		s.members = append(s.members, m)
	}
	return s, nil
}

// openSource makes the channel, unless it is somebody else's.
func (s *Swarm) openSource() (err error) {
	if s.config.Source == "" {
		s.origin = NewOrigin(s.config.Origin)
		s.source, err = s.net.listen()
	} else if s.config.Check {
		s.witness = newWitness(s.config.Source)
	}
	return err
}

// openTracker makes the tracker, unless it is somebody else's.
func (s *Swarm) openTracker() (err error) {
	s.meet = func(context.Context) error { return nil }
	if s.config.Tracker != "" {
		return nil
	}
	c := tracker.DefaultConfig()
	c.ReportSpan, c.Logger = 5, s.config.Logger.With("part", "tracker")
	if s.tracker, err = tracker.New(c); err != nil {
		return err
	}
	s.meet = s.serveTracker
	s.meeting, err = s.net.listen()
	return err
}

func (c SwarmConfig) network() (network, error) {
	if !c.Virtual {
		return loopback{}, nil
	}
	var w web = loopback{}
	if c.pipes {
		w = &pipes{}
	}
	var seed uint64
	if c.Seed != nil {
		seed = *c.Seed
	}
	return newVirtual(w, c.Lines, seed)
}

// SourceURL is the channel at its source.
func (s *Swarm) SourceURL() string {
	if s.origin == nil {
		return s.config.Source
	}
	return s.sourceURL(s.config.rendition)
}

func (s *Swarm) sourceURL(rendition string) string {
	return "http://" + s.source.Addr().String() + playlistPath(rendition)
}

// TrackerURL is the tracker's base address.
func (s *Swarm) TrackerURL() string {
	if s.tracker == nil {
		return strings.TrimSuffix(s.config.Tracker, "/")
	}
	return "http://" + s.meeting.Addr().String()
}

// Origin is the channel's source, for its counters and true contents; nil if it
// is somebody else's.
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
	if s.origin != nil {
		others.Go(func() { fail(serve(infra, s.source, s.origin)) })
	}
	if s.witness != nil {
		others.Go(func() { fail(s.witness.run(infra)) })
	}
	if s.config.LookEvery > 0 {
		others.Go(func() { s.watchOver(infra) })
	}
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

// Measure runs everything for d, or until ctx ends; 0: no limit. It reports what
// has happened by then, before the peers say good-bye. With [ErrUnended], too, there
// is a report.
func (s *Swarm) Measure(ctx context.Context, d time.Duration) (Report, error) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(running) }()
	var over <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-ctx.Done():
	case err := <-ended:
		return s.Report(), err
	}
	r := s.Report()
	stop()
	late := time.NewTimer(farewellLimit)
	defer late.Stop()
	select {
	case err := <-ended:
		return r, err
	case <-late.C:
		return r, ErrUnended
	}
}

// farewellLimit is how long [Swarm.Measure] waits for peers to end.
const farewellLimit = 20 * time.Second

// ErrUnended says that peers were told to end and did not. The report stands;
// what they hold is lost until the process ends.
var ErrUnended = errors.New("some peers did not end in time")

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
