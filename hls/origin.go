package hls

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of [OriginConfig].
const (
	DefaultUserAgent  = "hlspeer"
	DefaultNoProgress = 10 * time.Second
	DefaultAskAgain   = 3 * time.Second
	DefaultTotal      = 20 * time.Second
	DefaultMaxSegment = 64 << 20 // bytes
)

// OriginConfig says how the HTTP source is asked. Zero values stand for the
// defaults.
type OriginConfig struct {
	// Header goes with every request to one of HeaderHosts or their subdomains.
	// Other hosts that a playlist or a redirect leads to get no more of it than
	// User-Agent, Referer, Origin and Accept-Language. Without HeaderHosts all
	// of it goes everywhere.
	Header      http.Header
	HeaderHosts []string
	UserAgent   string
	// Transport carries the requests. nil: one of our own, over ProxyURL, or
	// over the proxy that the environment names where that is nil too. It asks
	// no address that the channel may not lead to, see [FromHome]; Refused, if
	// set, is told of each.
	Transport http.RoundTripper
	Refused   func()
	ProxyURL  *url.URL
	// NoProgress is how long nothing may come: no answer, no further byte.
	NoProgress time.Duration
	// AskAgain is how long a request has no answer until it is made once more
	// beside the first: short enough for players, of which some give up where no
	// byte has come for 10 s.
	AskAgain time.Duration
	// Total is how long a playlist may take. Segments may take any time while
	// they progress.
	Total time.Duration
	// MaxSegment is the largest segment accepted, bytes.
	MaxSegment int64
	Logger     *slog.Logger
}

// Origin is the HTTP source. Cookies that it sets go back to where they came
// from. Its errors never name query strings. Safe for concurrent use.
type Origin struct {
	cfg     OriginConfig
	client  *http.Client
	known   *recent[remembered] // playlists, by full URL
	kept    *recent[kept]       // by full URL and range
	files   *recent[int64]      // sizes of files that have segments in them, bytes, by full URL
	buffers sync.Pool           // of *[]byte
	trusted atomic.Pointer[[]string]
}

const (
	copyBuffer  = 64 << 10 // bytes
	maxFiles    = 256      // of which the size is kept
	dialTimeout = 5 * time.Second
)

// NewOrigin makes a source. [Origin.Close] ends what it keeps open.
func NewOrigin(c OriginConfig) *Origin {
	if c.UserAgent == "" {
		c.UserAgent = DefaultUserAgent
	}
	if c.NoProgress <= 0 {
		c.NoProgress = DefaultNoProgress
	}
	if c.AskAgain <= 0 {
		c.AskAgain = DefaultAskAgain
	}
	if c.Total <= 0 {
		c.Total = DefaultTotal
	}
	if c.MaxSegment <= 0 {
		c.MaxSegment = DefaultMaxSegment
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	o := &Origin{
		cfg:     c,
		known:   newRecent[remembered](maxRemembered),
		kept:    newRecent[kept](maxKept),
		files:   newRecent[int64](maxFiles),
		buffers: sync.Pool{New: func() any { return new(make([]byte, copyBuffer)) }},
	}
	o.TrustHosts(c.HeaderHosts)
	if c.Transport == nil {
		c.Transport = newReach(c.ProxyURL, func() []string { return *o.trusted.Load() }, c.Refused)
	}
	o.client = &http.Client{Transport: c.Transport, CheckRedirect: o.redirect, Jar: newJar()}
	return o
}

// newTransport is tuned for few hosts that are asked again and again.
func newTransport(proxy *url.URL) *http.Transport {
	t := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // asked for where it is wanted
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ReadBufferSize:         copyBuffer,
		// A connection that died silently must not swallow every new request.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	return t
}

// Close ends the idle connections. Requests in flight go on.
func (o *Origin) Close() { o.client.CloseIdleConnections() }
