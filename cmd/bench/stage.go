package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"hlspeer/hls"
	"hlspeer/peer"
	"hlspeer/peer/lab"
	"hlspeer/signaling/tracker"
)

// stage is what agents need around them: a source and a tracker. What runs on
// it ends with close.
type stage struct {
	Source  string // base URL
	Tracker string // base URL
	host    string // address that everything listens on
	ctx     context.Context
	cancel  context.CancelCauseFunc
	work    sync.WaitGroup
}

// newStage serves a source and a tracker on an address of this process.
func newStage(ctx context.Context, host string, source http.Handler, adjust func(c *tracker.Config)) (*stage, error) {
	c := tracker.DefaultConfig()
	adjust(&c)
	t, err := tracker.New(c)
	if err != nil {
		return nil, err
	}
	s := &stage{host: host}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.run(func() error { return t.Run(s.ctx) })
	<-t.Ready()
	if s.Tracker, err = s.serve(t.Handler()); err == nil {
		s.Source, err = s.serve(source)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// plain is a tracker that puts peers where their uplinks let them be, and leaves
// them there.
func plain(c *tracker.Config) {
	c.SpeedTest = false // the lines here are made up
	c.Standby = false   // nobody is to come in between
	c.Substreams = 1    // nor to give a part of a stream
}

// visit is the stage of another process.
func visit(ctx context.Context, host, source, tracker string) *stage {
	s := &stage{Source: source, Tracker: tracker, host: host}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	return s
}

// run runs a part until the stage is closed. Its error ends the others.
func (s *stage) run(part func() error) {
	s.work.Go(func() {
		if err := part(); err != nil && s.ctx.Err() == nil {
			s.cancel(err)
		}
	})
}

// serve answers HTTP on a port of its own and gives the base URL.
func (s *stage) serve(h http.Handler) (string, error) {
	l, err := net.Listen("tcp4", net.JoinHostPort(s.host, "0"))
	if err != nil {
		return "", fmt.Errorf("listening: %w", err)
	}
	server := hls.NewServer(h)
	stop := context.AfterFunc(s.ctx, func() { server.Close() })
	s.run(func() error {
		defer stop()
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving: %w", err)
		}
		return nil
	})
	return "http://" + l.Addr().String(), nil
}

// close ends everything on the stage and waits for it.
func (s *stage) close() {
	s.cancel(errors.New("the stage is closed"))
	s.work.Wait()
}

// livePath is the channel at a [lab.Origin].
const livePath = "/live.m3u8"

// actor is an agent that runs, with its proxy.
type actor struct {
	*peer.Agent
	play string // URL
}

// enter runs an agent that watches the stage's live channel.
func (s *stage) enter(adjust func(c *peer.Config)) (*actor, error) {
	c := peer.DefaultConfig()
	c.Channels = []peer.ChannelConfig{{URL: s.Source + livePath}}
	ws := "ws" + strings.TrimPrefix(s.Tracker, "http")
	c.Schedulers, c.Announces, c.Signalers = []string{ws + "/ws"}, []string{s.Tracker}, []string{ws + "/signal"}
	c.Link.Loopback = s.host == loopbackHost
	c.Engine = peer.EngineFastmesh
	adjust(&c)
	a, err := peer.New(c)
	if err != nil {
		return nil, err
	}
	s.run(func() error { return a.Run(s.ctx) })
	base, err := s.serve(a.Proxy())
	if err != nil {
		return nil, err
	}
	return &actor{a, base + a.PlayPaths()[0]}, nil
}

// stories tells where the agent's segments came from.
func (a *actor) stories() (all []peer.Provenance) {
	for _, c := range a.Segments() {
		all = append(all, c.Segments...)
	}
	return all
}

const loopbackHost = "127.0.0.1"

// watch lets a player watch at a URL until the stage is closed.
func (s *stage) watch(url string) *lab.Viewer {
	v := lab.NewViewer(lab.ViewerConfig{URL: url, Client: &http.Client{Transport: &http.Transport{}}})
	s.run(func() error { return v.Run(s.ctx) })
	return v
}

// pause waits, unless the stage ends first, and says why it did.
func (s *stage) pause(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
}

// announcer holds players back until the next segment is published, so that
// all learn of it at the same moment.
type announcer struct {
	*lab.Origin
	start time.Time
}

// published is when segment sn appears in the playlist.
func (a announcer) published(sn int64) time.Time {
	return a.start.Add(time.Duration(sn+1) * a.Duration())
}

// next is the segment that will be published next.
func (a announcer) next() int64 { return int64(time.Since(a.start) / a.Duration()) }

// ServeHTTP implements [http.Handler].
func (a announcer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, ".m3u8") {
		next := a.published(a.next())
		// Just after a publication, it is that one which is asked for.
		if until := time.Until(next); until < a.Duration()*3/4 {
			wait := time.NewTimer(until + time.Millisecond)
			defer wait.Stop()
			select {
			case <-wait.C:
			case <-r.Context().Done():
				return
			}
		}
	}
	a.Origin.ServeHTTP(w, r)
}

// newAnnouncer is a channel of segments of about segmentSize.
func newAnnouncer() announcer {
	const window, duration = 6, 2 * time.Second
	start := time.Now().Add(-window * duration)
	o := lab.NewOrigin(lab.OriginConfig{Start: start, Window: window, BitRate: segmentSize * 8 / 2})
	return announcer{o, start}
}
