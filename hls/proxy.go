package hls

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultHeadersAfter is the default of [ProxyConfig.HeadersAfter].
const DefaultHeadersAfter = 2500 * time.Millisecond

// ProxyConfig says how players are served. Zero values stand for the defaults.
type ProxyConfig struct {
	// Hosts are Host names that are answered beside the loopback ones, with
	// any port.
	Hosts []string
	// HeadersAfter is when the header of an answer leaves although no byte of
	// the segment is there, so that players that wait for a first byte stay; in
	// Chromium, XMLHttpRequest shows pages no header before that byte. From then
	// on a failure can only break the connection.
	HeadersAfter time.Duration
	Logger       *slog.Logger
	// Requests, if set, is called at the end of each request with its status;
	// 499 stands for a player that left before there was one.
	Requests func(code int)
}

// Proxy is what players talk to: the mounted channels under
//
//	/<name>/<file>.m3u8              the channel's own playlist
//	/<name>/<track>/<file>.m3u8      a rendition
//	/<name>/<track>/<sn>/<file>      a segment
//	/<name>/<track>/f/<token>/<file> a file whose byte ranges are segments
//	/<name>/<track>/r/<token>/<file> a key, a part, another resource
//
// where <track> is "_" for the channel's own playlist. The file names are the
// source's and say nothing but the extension. Safe for concurrent use.
type Proxy struct {
	cfg    ProxyConfig
	hosts  hostList
	origin *Origin

	buffers sync.Pool // of *[]byte

	busy atomic.Int64 // requests that are being answered

	mu     sync.RWMutex
	mounts map[string]*mount
}

// mount is a channel and its views.
type mount struct {
	channel Channel

	mu    sync.Mutex
	views map[TrackID]*view
}

const (
	// maxBusy is how many requests are answered at once. Players make a handful
	// each; what goes beyond is a flood, and each holds a segment in memory.
	maxBusy = 2048
	// stalledAfter is how long a player may read nothing of an answer. Who pauses
	// for longer asks again.
	stalledAfter = 30 * time.Minute
)

// maxViews bounds the views of a channel. One that had to go comes back when
// its playlist is asked for.
const maxViews = 256

// NewProxy makes a proxy without channels. Resources that are neither playlists
// nor segments come from origin.
func NewProxy(c ProxyConfig, origin *Origin) *Proxy {
	if c.HeadersAfter <= 0 {
		c.HeadersAfter = DefaultHeadersAfter
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Proxy{
		cfg: c, hosts: newHostList(c.Hosts), origin: origin, mounts: map[string]*mount{},
		buffers: sync.Pool{New: func() any { return new(make([]byte, copyBuffer)) }},
	}
}

// Mount serves a channel under a name of letters a-z, digits and hyphens, in
// place of the one that had the name, and panics at any other name. It gives
// the path to play. base is the file name of the source's playlist, which that
// path ends with if it ends in .m3u8 or .m3u.
func (p *Proxy) Mount(name, base string, c Channel) (path string) {
	if !isMountName(name) {
		panic(fmt.Sprintf("hls: bad channel name %q", name))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mounts[name] = &mount{channel: c, views: map[TrackID]*view{}}
	return "/" + name + "/" + playlistName(url.PathEscape(base))
}

// Unmount ends the service of the channel of that name, if there is one: players
// get 404. Answers that are under way go on.
func (p *Proxy) Unmount(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.mounts, name)
}

func isMountName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// ServeHTTP answers a player.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w}
	defer func() {
		if p.cfg.Logger.Enabled(r.Context(), slog.LevelDebug) {
			p.cfg.Logger.Debug("answered", "method", r.Method, "path", r.URL.Path, "status", rec.status())
		}
		if p.cfg.Requests != nil {
			p.cfg.Requests(rec.status())
		}
	}()
	defer p.busy.Add(-1)
	if p.busy.Add(1) > maxBusy {
		rec.Header().Set("Retry-After", "1")
		deny(rec, http.StatusServiceUnavailable, "too many requests are being answered")
		return
	}
	awaits(w)
	if r.ContentLength != 0 {
		// Nobody needs the body, so do not wait long for its end.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Second)) // where it can be set
	}
	if !p.hosts.allows(r.Host) {
		deny(rec, http.StatusForbidden, "this proxy does not answer to that Host name")
		return
	}
	h := w.Header()
	h["Access-Control-Allow-Origin"], h["Access-Control-Expose-Headers"] = anyOrigin, exposedHeaders
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		p.route(rec, r)
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", allowedMethods)
		h.Set("Access-Control-Allow-Headers", "*")
		h.Set("Access-Control-Max-Age", "86400")
		rec.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", allowedMethods)
		deny(rec, http.StatusMethodNotAllowed, "only "+allowedMethods)
	}
}

const allowedMethods = "GET, HEAD, OPTIONS"

// address is what a path names; how many parts it has says what that is.
type address struct {
	mount, track, file string
	sn                 SN     // of a segment, else -1
	token              string // of a file or another resource
	segments           bool   // the token is that of a file with segments in it
}

// parsePath reads a path; ok is false for those that nothing has.
func parsePath(escaped string) (a address, ok bool) {
	parts := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	n := len(parts)
	a = address{mount: parts[0], track: topTrack, file: parts[n-1], sn: -1}
	if n > 2 {
		a.track = parts[1]
	}
	switch {
	case a.file == "":
		return a, false
	case n == 2, n == 3 && a.track != topTrack:
		return a, isPlaylistName(a.file)
	case n == 4:
		sn, err := strconv.ParseUint(parts[2], 10, 53)
		a.sn = SN(sn)
		return a, err == nil
	case n == 5 && (parts[2] == resourcePart || parts[2] == filePart):
		a.token, a.segments = parts[3], parts[2] == filePart
		return a, a.token != ""
	}
	return a, false
}

// route hands the request to what its path names.
func (p *Proxy) route(w http.ResponseWriter, r *http.Request) {
	a, ok := parsePath(r.URL.EscapedPath())
	p.mu.RLock()
	m := p.mounts[a.mount]
	p.mu.RUnlock()
	id := TrackID(a.track)
	if a.track == topTrack {
		id = ""
	}
	var track Track
	if ok = ok && m != nil; ok {
		track, ok = m.channel.Track(id)
	}
	switch {
	case !ok:
		deny(w, http.StatusNotFound, noSuchPath)
	case a.sn >= 0:
		p.segment(w, r, m.view(id), track, a)
	case a.token != "":
		p.resource(w, r, m.view(id), track, a)
	default:
		p.playlist(w, r, m.view(id), track)
	}
}

const noSuchPath = "no playlist of this proxy names that path"

// view is the view of a track.
func (m *mount) view(id TrackID) *view {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := m.views[id]
	if v == nil {
		if len(m.views) >= maxViews {
			for other := range m.views {
				delete(m.views, other)
				break
			}
		}
		v = &view{track: id}
		if c, ok := m.channel.(Homed); ok {
			v.home = c.Home()
		}
		m.views[id] = v
	}
	return v
}

// resource answers with what a playlist named. A token that is not known may
// have been forgotten, so the newest playlist is read once more.
func (p *Proxy) resource(w http.ResponseWriter, r *http.Request, v *view, t Track, a address) {
	n, ok := v.lookup(a.token)
	if !ok {
		text, err := t.Playlist(r.Context())
		if err != nil {
			p.refuse(w, r, "no playlist for a player", err)
			return
		}
		v.render(text)
		n, ok = v.lookup(a.token)
	}
	switch {
	case !ok || a.segments != (n.kind == RefSegment):
		deny(w, http.StatusNotFound, noSuchPath)
	case n.kind == RefSteering:
		p.steering(w, v.homely(r), n.url)
	case !a.segments || !p.part(w, r, v, t, a, n.url):
		p.origin.Pass(w, v.homely(r), n.url, n.kind == RefKey || n.kind == RefMap)
	}
}

// refuse answers with an error that happened before there was an answer.
func (p *Proxy) refuse(w http.ResponseWriter, r *http.Request, what string, err error) {
	if r.Context().Err() != nil {
		return // nobody is there to be told
	}
	p.cfg.Logger.Info(what, "path", r.URL.Path, "error", scrub(err.Error()))
	refuse(w, err)
}
