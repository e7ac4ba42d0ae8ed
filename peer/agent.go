package peer

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
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
	kit      *kit
	proxy    *hls.Proxy
	channels []*channel
	paths    []string
	began    time.Time
}

// kit is what all tracks of an agent share.
type kit struct {
	cfg     Config
	origin  *hls.Origin
	budget  *cache.Budget
	host    *datachannel.Host
	uplink  *rate.Limiter
	served  atomic.Int64 // bytes for which the uplink was free
	queued  atomic.Int64 // packets to children that wait for it
	claim   *claim
	berths  berths
	metrics *metrics
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
	host, err := datachannel.NewHost(c.Link)
	if err != nil {
		return nil, fmt.Errorf("opening the peer sockets: %w", err)
	}
	c.Origin.MaxSegment, c.Origin.Logger, c.Origin.HeaderHosts = c.MaxSegment, c.Logger, hostsOf(c.Channels)
	k := &kit{
		cfg: c, host: host, origin: hls.NewOrigin(c.Origin), budget: cache.NewBudget(c.CacheBytes),
		uplink: rate.NewLimiter(rate.Limit(c.Upload)/8, max(uplinkBurst, c.Link.PacketSize)),
		claim:  newClaim(c.Upload),
	}
	a := &Agent{kit: k, began: time.Now()}
	k.metrics = newMetrics(c.Registry, a)
	c.Proxy.Logger, c.Proxy.Requests = c.Logger, k.metrics.proxied
	a.proxy = hls.NewProxy(c.Proxy, k.origin)
	taken := map[string]bool{}
	for _, cc := range c.Channels {
		ch, err := newChannel(k, cc, nameOf(cc.URL, taken))
		if err != nil {
			return nil, err
		}
		a.channels = append(a.channels, ch)
		a.paths = append(a.paths, a.proxy.Mount(ch.name, path.Base(ch.url.Path), ch))
	}
	return a, nil
}

// hostsOf are the hosts that the channels were configured with: what the user
// tells the source in headers is meant for no other.
func hostsOf(channels []ChannelConfig) []string {
	var hosts []string
	for _, c := range channels {
		for _, raw := range append([]string{c.URL}, c.Backups...) {
			if u, err := url.Parse(raw); err == nil && u.Host != "" {
				hosts = append(hosts, u.Host)
			}
		}
	}
	return hosts
}

// nameOf makes a short name for a channel out of its URL: what stands before
// the playlist's own name, or that name.
func nameOf(raw string, taken map[string]bool) string {
	u, _ := url.Parse(raw)
	base := path.Base(u.Path)
	base = strings.TrimSuffix(base, path.Ext(base))
	if dir := path.Base(path.Dir(u.Path)); dir != "/" && dir != "." && generic[base] {
		base = dir
	}
	slug := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '-'
		}
	}, base), "-")
	if slug == "" {
		slug = "channel"
	}
	slug = slug[:min(len(slug), 40)]
	name := slug
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s-%d", slug, i)
	}
	taken[name] = true
	return name
}

// generic are playlist names that say nothing about the channel.
var generic = map[string]bool{"index": true, "playlist": true, "master": true, "main": true, "manifest": true, "chunklist": true}

// Proxy is the handler that players talk to.
func (a *Agent) Proxy() http.Handler { return a.proxy }

// PlayPaths are the paths of the channels at the proxy, in the order of the
// configuration.
func (a *Agent) PlayPaths() []string { return a.paths }

// Probe asks each source of each channel once for its playlist and returns nil
// as soon as one delivers, or the first channel's error. It may be called before
// or while the agent runs.
func (a *Agent) Probe(ctx context.Context) error {
	var sources []*source
	for _, ch := range a.channels {
		sources = append(sources, ch.list.rota.sources...)
	}
	errs := make([]error, len(sources))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	for i, s := range sources {
		wg.Go(func() {
			if _, errs[i] = s.playlist(ctx, a.kit.origin); errs[i] == nil {
				cancel()
			}
		})
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
	var wg sync.WaitGroup
	for _, ch := range a.channels {
		wg.Go(func() { ch.run(ctx) })
	}
	wg.Wait()
	a.kit.origin.Close()
	if err := a.kit.host.Close(); err != nil {
		return fmt.Errorf("closing the peer sockets: %w", err)
	}
	return nil
}
