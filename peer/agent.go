package peer

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"hlspeer/cache"
	"hlspeer/datachannel"
	"hlspeer/hls"
)

// Agent is a peer: channels under one cache budget and one uplink, and the
// proxy that players open. Its methods may be called by any goroutine.
type Agent struct {
	kit   *kit
	proxy *hls.Proxy

	mu       sync.Mutex
	channels []*channel      // in the order of the configuration
	ctx      context.Context // of Run; nil before
	ended    bool            // no channel begins any more
	work     sync.WaitGroup  // of channels that run
}

// kit is what all tracks of an agent share.
type kit struct {
	cfg     Config
	began   time.Time
	origin  *hls.Origin
	budget  *cache.Budget
	host    *datachannel.Host
	uplink  *rate.Limiter
	served  atomic.Int64 // bytes for which the uplink was free
	queued  atomic.Int64 // packets to children that wait for it
	claim   *claim
	audits  auditBook
	berths  berths
	sharing atomic.Int32 // channels that share the cache
	metrics *metrics
	tap     *tap // of those who watch
}

// uplinkBurst is how much may leave at once, bytes; at least one packet.
const uplinkBurst = 64 << 10

// New makes an agent. It opens the UDP sockets of the peer links; nothing else
// happens before [Agent.Run]. An agent that is not run must be closed by
// running it with a context that has ended.
func New(c Config) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.HoldBackSeed == 0 {
		c.HoldBackSeed = rand.Uint64()
	}
	watch := &tap{}
	c.Link.Watcher = wireWatch{watch}
	host, err := datachannel.NewHost(c.Link)
	if err != nil {
		return nil, fmt.Errorf("opening the peer sockets: %w", err)
	}
	c.Origin.MaxSegment, c.Origin.Logger = c.MaxSegment, c.Logger
	k := &kit{
		cfg: c, began: time.Now(), host: host, budget: cache.NewBudget(c.CacheBytes),
		uplink: rate.NewLimiter(rate.Limit(c.Upload)/8, max(uplinkBurst, c.Link.PacketSize)),
		claim:  newClaim(c.Upload), tap: watch,
	}
	a := &Agent{kit: k}
	k.metrics = newMetrics(c.Registry, a)
	c.Origin.Refused = func() { k.metrics.refused.WithLabelValues(refusedInward).Inc() }
	k.origin = hls.NewOrigin(c.Origin)
	c.Proxy.Logger, c.Proxy.Requests = c.Logger, k.metrics.proxied
	a.proxy = hls.NewProxy(c.Proxy, k.origin)
	if err := a.SetChannels(c.Channels); err != nil {
		return nil, err
	}
	return a, nil
}

// Proxy is the handler that players talk to.
func (a *Agent) Proxy() http.Handler { return a.proxy }

// PlayPaths are the paths of the channels at the proxy, in the order of the
// configuration.
func (a *Agent) PlayPaths() []string {
	var paths []string
	for _, ch := range a.serving() {
		paths = append(paths, ch.path)
	}
	return paths
}

// serving are the channels that there are at the moment.
func (a *Agent) serving() []*channel {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.channels)
}

// Probe asks each source of each channel once for its playlist and returns nil
// as soon as one delivers, or the first channel's error. It may be called before
// or while the agent runs.
func (a *Agent) Probe(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var errs []error
	var asks []func(i int)
	for _, ch := range a.serving() {
		home := hls.FromHome(ctx, ch.Home())
		for _, s := range ch.list.rota.sources {
			asks = append(asks, func(i int) {
				if _, errs[i] = s.playlist(home, a.kit.origin); errs[i] == nil {
					cancel()
				}
			})
		}
	}
	errs = make([]error, len(asks))
	var wg sync.WaitGroup
	for i, ask := range asks {
		wg.Go(func() { ask(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			return nil
		}
	}
	return errs[0]
}

// Run serves all channels until ctx ends, then says good-bye to peers and
// tracker. All goroutines of the agent have ended when it returns.
func (a *Agent) Run(ctx context.Context) error {
	a.mu.Lock()
	a.ctx = ctx
	for _, ch := range a.channels {
		a.begin(ch)
	}
	a.mu.Unlock()
	<-ctx.Done()
	a.mu.Lock()
	a.ended = true
	a.mu.Unlock()
	a.work.Wait()
	a.kit.tap.close()
	a.kit.origin.Close()
	if err := a.kit.host.Close(); err != nil {
		return fmt.Errorf("closing the peer sockets: %w", err)
	}
	return nil
}
