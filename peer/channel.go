package peer

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"hlspeer/hls"
)

// idleAfter is how long a rendition runs on without a player.
const idleAfter = time.Minute

// channel is one configured URL and its backups: a media playlist, which is a track of its
// own, or a master playlist, of which each rendition becomes a track when a
// player opens it. Safe for concurrent use.
type channel struct {
	cfg  ChannelConfig
	id   string
	name string
	path string // at the proxy
	url  *url.URL
	kit  *kit
	log  *slog.Logger
	list *poller
	tops chan struct{} // closed once it is known what the URL is, or never will be

	leave context.CancelFunc // ends run; nil before

	mu     sync.Mutex
	ctx    context.Context // of run; nil before
	top    *track          // of a media playlist
	master *hls.Master     // nil for a media playlist
	named  map[hls.TrackID]hls.Rendition
	tracks map[hls.TrackID]*rendition
	ended  bool // no more renditions begin
	work   sync.WaitGroup
}

// rendition is a track of a master playlist while it runs.
type rendition struct {
	*track
	cancel context.CancelFunc
	used   time.Time
}

func newChannel(k *kit, c ChannelConfig, name string) (*channel, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, fmt.Errorf("channel %s: not a URL", redact(c.URL))
	}
	log := k.cfg.Logger.With("channel", name)
	from := []*source{{url: u}}
	for _, raw := range c.Backups {
		backup, err := url.Parse(raw)
		if err != nil {
			return nil, fmt.Errorf("channel %s: backup %s: not a URL", redact(c.URL), redact(raw))
		}
		from = append(from, &source{url: backup})
	}
	id := c.ID
	if id == "" {
		id = roomOf(u)
	}
	return &channel{
		cfg: c, id: id, name: name, url: u, kit: k, log: log, list: newPoller(k.origin, from, log),
		tops: make(chan struct{}), named: map[hls.TrackID]hls.Rendition{}, tracks: map[hls.TrackID]*rendition{},
	}, nil
}

// is says whether the channel is what c says.
func (c *channel) is(other ChannelConfig) bool {
	return c.cfg.URL == other.URL && c.cfg.ID == other.ID && slices.Equal(c.cfg.Backups, other.Backups)
}

// roomOf is a playlist's identity at the tracker: its URL without the query
// (protocol 1.9), and without user and password, which the tracker would show.
func roomOf(u *url.URL) string { return hls.Redact(u) }

// run serves the channel until ctx ends.
func (c *channel) run(ctx context.Context) {
	pl, err := c.list.first(ctx)
	if err != nil {
		c.list.end(errStopping)
		close(c.tops)
		return
	}
	c.mu.Lock()
	c.ctx = ctx
	if pl.Media != nil {
		c.top = newTrack(c.kit, c.name, c.id, c.list, c.log)
		c.top.choose()
	} else {
		c.master = pl.Master
		for _, r := range pl.Master.Renditions {
			if old, ok := c.named[r.ID]; !ok || !travels(old.Kind) {
				c.named[r.ID] = r
			}
		}
	}
	close(c.tops)
	c.mu.Unlock()
	if c.top != nil {
		c.top.run(ctx)
		return
	}
	c.log.Info("master playlist", "renditions", len(c.named))
	for sleep(ctx, idleAfter/6) {
		c.sweep()
	}
	c.mu.Lock()
	c.ended = true // from here on the group does not grow
	c.mu.Unlock()
	c.work.Wait()
}

// sweep stops the renditions that nobody watches.
func (c *channel) sweep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, r := range c.tracks {
		if time.Since(r.used) > idleAfter {
			r.log.Info("nobody watches; stopping")
			r.cancel()
			delete(c.tracks, id)
		}
	}
}

var (
	_ hls.Channel = (*channel)(nil)
	_ hls.Homed   = (*channel)(nil)
)

// Home are the hosts that the user has named for the channel: where they are says
// where its playlists may lead.
func (c *channel) Home() []string { return hostsOf([]ChannelConfig{c.cfg}) }

// Track is the channel's own playlist for "", else the rendition, which begins
// to run now if it does not yet.
func (c *channel) Track(id hls.TrackID) (hls.Track, bool) {
	if id == "" {
		return front{c}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	named, ok := c.named[id]
	if !ok || c.ended {
		return nil, false
	}
	r := c.tracks[id]
	if r == nil {
		r = c.begin(named)
		c.tracks[id] = r
	}
	r.used = time.Now()
	return r, true
}

// begin runs a rendition. The caller holds c.mu.
func (c *channel) begin(named hls.Rendition) *rendition {
	ctx, cancel := context.WithCancel(c.ctx)
	log := c.log.With("rendition", named.ID)
	list := newPoller(c.kit.origin, c.sourcesOf(named), log)
	r := &rendition{track: newTrack(c.kit, c.name, c.roomOf(named), list, log), cancel: cancel}
	r.private = !travels(named.Kind)
	c.work.Go(func() { r.run(ctx) })
	return r
}

// sourcesOf are where a rendition can be had: at the source whose master
// playlist names it, and at the others.
func (c *channel) sourcesOf(named hls.Rendition) []*source {
	from := []*source{{url: named.URL, vars: c.master.Variables}}
	like := likenessOf(named, c.master)
	all := c.list.rota.sources
	for i := 1; i < len(all); i++ {
		other := all[(c.list.rota.at+i)%len(all)]
		from = append(from, &source{master: other.url, like: like})
	}
	return from
}

// travels says whether renditions of a kind are worth a room of their own.
// Subtitles are small, and I-frames are for seeking: players want few of them.
func travels(kind hls.RenditionKind) bool {
	return kind != hls.RenditionSubtitles && kind != hls.RenditionIFrames
}

// roomOf is a rendition's identity at the tracker. One that differs from
// another only in the query must not share its room: the names of their
// segments are the same.
func (c *channel) roomOf(named hls.Rendition) string {
	id, u := named.ID, named.URL
	switch {
	case c.id != roomOf(c.url): // the same wherever the playlist comes from
		if id != hls.RenditionID(u) {
			return c.id + "#" + hls.ShortHash(named.URI) // the query may be a token
		}
		return c.id + "#" + renditionName(named)
	case id != hls.RenditionID(u):
		return roomOf(u) + "#" + string(id)
	default:
		return roomOf(u)
	}
}

// running lists the tracks, by room.
func (c *channel) running() []*track {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*track
	if c.top != nil {
		out = append(out, c.top)
	}
	for _, r := range c.tracks {
		out = append(out, r.track)
	}
	slices.SortFunc(out, func(a, b *track) int { return strings.Compare(a.room, b.room) })
	return out
}

// front is the channel's own URL, of which it may not be known yet what it is.
type front struct{ c *channel }

// Playlist waits for the source's first answer.
func (f front) Playlist(ctx context.Context) (*hls.Playlist, error) {
	if t := f.track(); t != nil {
		return t.Playlist(ctx)
	}
	return f.c.list.newest(ctx)
}

// Segment opens a segment of a media playlist.
func (f front) Segment(ctx context.Context, sn hls.SN) (hls.Body, error) {
	select {
	case <-f.c.tops:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if t := f.track(); t != nil {
		return t.Segment(ctx, sn)
	}
	return nil, hls.ErrUnknownSegment
}

func (f front) track() *track {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	return f.c.top
}
