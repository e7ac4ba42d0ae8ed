package peer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"hlspeer/hls"
)

// source is where a playlist can be had. That of a backup's rendition is known
// once the backup's own master playlist has been read.
type source struct {
	url  *url.URL
	vars hls.Variables // of the master playlist that names it

	master *url.URL // to be read for url, if that is nil
	like   likeness // what to look for in it
}

// likeness is what tells the renditions of one master playlist from each other,
// wherever it comes from.
type likeness struct {
	kind hls.RenditionKind
	name string // as renditionName gives it
	rank int    // among those of its kind,
	of   int    // of which there are so many
}

// renditionName is a rendition's URI without what depends on the source: host,
// token.
func renditionName(r hls.Rendition) string {
	if u, err := url.Parse(r.URI); err == nil && u.IsAbs() {
		return u.EscapedPath()
	}
	return strings.SplitN(r.URI, "?", 2)[0]
}

func likenessOf(r hls.Rendition, m *hls.Master) likeness {
	l := likeness{kind: r.Kind, name: renditionName(r)}
	for _, other := range m.Renditions {
		if other.Kind != r.Kind {
			continue
		}
		if other.URL == r.URL {
			l.rank = l.of
		}
		l.of++
	}
	return l
}

var errNoSuchRendition = errors.New("the backup has no such rendition")

// find is the rendition of m that is meant: the one of that name, or else of
// that place if there are as many.
func (l likeness) find(m *hls.Master) (*url.URL, error) {
	var same []*url.URL
	for _, r := range m.Renditions {
		switch {
		case r.Kind != l.kind:
		case renditionName(r) == l.name:
			return r.URL, nil
		default:
			same = append(same, r.URL)
		}
	}
	if len(same) != l.of {
		return nil, errNoSuchRendition
	}
	return same[l.rank], nil
}

// playlist asks the source.
func (s *source) playlist(ctx context.Context, o *hls.Origin) (*hls.Playlist, error) {
	if s.url != nil {
		return o.Playlist(ctx, s.url, s.vars)
	}
	p, err := o.Playlist(ctx, s.master, nil)
	if err != nil {
		return nil, err
	}
	if p.Master == nil {
		return nil, fmt.Errorf("%w: it is no master playlist", errNoSuchRendition)
	}
	if s.url, err = s.like.find(p.Master); err != nil {
		return nil, err
	}
	s.vars = p.Master.Variables
	return o.Playlist(ctx, s.url, s.vars)
}

const (
	failedFor = 2               // target durations without an answer, after which the next source is asked
	staleFor  = 3               // target durations without news
	openingIn = 4 * time.Second // how long a source may take that has given nothing yet
)

// rota says which of the sources of a playlist is asked: one until it fails,
// then the next, and the first again after the last. It is pure. Not safe for
// concurrent use.
type rota struct {
	sources []*source
	at      int
	target  time.Duration // of the newest playlist; 0 before
	good    time.Time     // when the source last answered, or took over
	news    time.Time     // when that was something new
}

func (r *rota) current() *source { return r.sources[r.at] }

// begin gives the source its time: it has not been asked for a while.
func (r *rota) begin(now time.Time) { r.good, r.news = now, now }

// left is how long the source has for an answer.
func (r *rota) left(now time.Time) time.Duration {
	if r.target == 0 {
		return openingIn
	}
	return r.good.Add(failedFor * r.target).Sub(now)
}

// answered takes the source's answer, new or not; it says whether another
// source is to be asked from now on.
func (r *rota) answered(now time.Time, p *hls.Playlist, isNew bool) (moved bool) {
	r.good = now
	if isNew {
		r.news = now
	}
	if p.Media == nil {
		return false
	}
	r.target = p.Media.TargetDuration
	return !p.Media.Ended && now.Sub(r.news) >= staleFor*r.target && r.move(now)
}

// failed takes the source's failure and says the same.
func (r *rota) failed(now time.Time) (moved bool) {
	return (r.target == 0 || r.left(now) <= 0) && r.move(now)
}

func (r *rota) move(now time.Time) bool {
	if len(r.sources) < 2 {
		return false
	}
	r.at = (r.at + 1) % len(r.sources)
	r.begin(now)
	return true
}
