package peer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

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
