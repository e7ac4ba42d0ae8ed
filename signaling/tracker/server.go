package tracker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/gorilla/websocket"

	"hlspeer/signaling"
)

var (
	errNotRunning  = errors.New("the tracker is not running")
	errOrigin      = errors.New("pages of this origin may not connect")
	errManySockets = errors.New("there are too many connections from your address")
)

// A Server is a scheduler, a BitTorrent tracker and a signal relay over HTTP. Its
// methods may be called by any goroutine.
type Server struct {
	config    Config
	log       *slog.Logger
	life      lifetime
	chance    *chance
	hub       *hub
	swarms    *swarms
	requests  *requestRate
	meters    *meters
	origins   origins
	addresses *addresses
	testing   chan struct{} // holds one for each speed test that goes on
	upgrader  websocket.Upgrader
}

// New returns a server that [Server.Run] sets going.
func New(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("tracker configuration: %w", err)
	}
	s := &Server{
		config: c, log: c.Logger, life: lifetime{began: make(chan struct{})}, chance: newChance(c.Seed),
		origins: c.AllowedOrigins, addresses: newAddresses(c.MaxPerAddress),
		testing: make(chan struct{}, maxSpeedTests), requests: newRequestRate(c.MaxRequestsPerAddress),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.hub = newHub(c, s.chance, s.startRoom)
	s.swarms = newSwarms(c, s.hub, s.chance)
	s.hub.feeds = &swarmFeeds{swarms: s.swarms, audience: s.hub.audience, substreams: c.Substreams, start: s.start, feeds: make(map[string]*swarmFeed)}
	var err error
	if s.meters, err = newMeters(c.Registry, s.hub, s.swarms); err != nil {
		return nil, fmt.Errorf("tracker metrics: %w", err)
	}
	s.hub.meters, s.swarms.meters = s.meters, s.meters
	s.upgrader = websocket.Upgrader{
		EnableCompression: true,                                     // browsers offer it
		CheckOrigin:       func(*http.Request) bool { return true }, // accept has done so
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			http.Error(w, reason.Error(), status)
		},
	}
	return s, nil
}

// Handler returns what the server answers over HTTP: the page at /, /ws, /signal,
// /topology, /announce, /get_peers, /stats, /heartbeat, /speed_test, /healthz, /readyz,
// /metrics and /api/v1/channels. The requests of swarms' peers (protocol 5.1) are
// answered with or without slashes around the path, errors with a JSON object
// whose error says what is wrong. Sockets and peers are refused with 503 while Run
// does not run: who is to miss nobody serves it from [Server.Ready] on.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws", s.serveScheduler)
	mux.HandleFunc("GET /signal", s.serveRelay)
	s.servePages(mux)
	if s.config.SpeedTest {
		mux.HandleFunc("POST "+speedTestPath, s.serveSpeedTest)
	}
	mux.Handle("GET /metrics", s.meters.handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !s.life.ready() {
			refuse(w, http.StatusServiceUnavailable, errNotRunning)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	return s.origins.wrap(s.announcing(mux))
}

// Run serves until ctx ends. Then it closes all sockets with code 1001 and
// returns nil when every goroutine of the server has ended. It may be called
// once; who serves the handler ends that too.
func (s *Server) Run(ctx context.Context) error {
	if err := s.life.begin(ctx); err != nil {
		return err
	}
	s.log.Info("tracker running")
	s.swarms.run(ctx)
	s.life.end()
	s.log.Info("tracker stopped")
	return nil
}

// Ready is closed when Run has begun.
func (s *Server) Ready() <-chan struct{} { return s.life.began }

// start runs work in a goroutine until the server ends; false when it is not running.
func (s *Server) start(work func(context.Context)) bool {
	ctx, ok := s.life.enter()
	if !ok {
		return false
	}
	go func() {
		defer s.life.work.Done()
		work(ctx)
	}()
	return true
}

func (s *Server) startRoom(l *loop) bool {
	return s.start(func(ctx context.Context) {
		s.log.Info("channel opened", "channel", l.name)
		l.run(ctx, func() bool { return s.hub.retire(l) })
		s.log.Info("channel closed", "channel", l.name)
	})
}

// accept makes a socket of a request, unless there is a reason not to, and hands
// it to use, which returns when the socket has ended.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, d dialect, use func(context.Context, *socket)) {
	origin := r.Header.Get("Origin")
	if !s.origins.allows(origin) {
		refuse(w, http.StatusForbidden, errOrigin)
		return
	}
	ctx, ok := s.life.enter()
	if !ok {
		refuse(w, http.StatusServiceUnavailable, errNotRunning)
		return
	}
	defer s.life.work.Done()
	release, ok := s.addresses.take(r.RemoteAddr)
	if !ok {
		refuse(w, http.StatusTooManyRequests, errManySockets)
		return
	}
	defer release()
	conn, err := s.upgrader.Upgrade(w, r, s.origins.header(origin))
	if err != nil {
		return // the upgrader has answered
	}
	conn.EnableWriteCompression(false) // not worth it for messages this short
	use(ctx, newSocket(conn, s.config.IdleTimeout, d))
}

// peerSocket is what sockets of peers speak.
func (s *Server) peerSocket() dialect {
	parse := func(text []byte) (signaling.Message, error) {
		m, _, err := signaling.ParsePeer(text)
		return m, err
	}
	return dialect{parse: parse, outbox: outboxSize, pace: peerPace, tally: s.meters.messages}
}

// viewerSocket is what sockets of viewers speak. Nothing waits in them: who is
// slow is told less.
func (s *Server) viewerSocket() dialect {
	return dialect{parse: signaling.ParseViewer, pace: viewerPace, tally: s.meters.watching}
}

// refuse answers with a plain sentence.
func refuse(w http.ResponseWriter, status int, err error) {
	http.Error(w, err.Error(), status)
}
