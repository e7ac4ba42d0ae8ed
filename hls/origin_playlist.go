package hls

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
)

// Playlist fetches and reads a playlist, relative to the URL where redirects
// ended. imported are the variables of the master playlist that names it, or
// nil. A text that the source says has not changed gives the same *Playlist as
// before. It may be called at any time by any number of goroutines; ctx ends it
// early.
func (o *Origin) Playlist(ctx context.Context, u *url.URL, imported Variables) (*Playlist, error) {
	limited, cancel := context.WithTimeoutCause(ctx, o.cfg.Total, errTotal)
	defer cancel()
	header := http.Header{"Accept-Encoding": {"gzip"}}
	old, known := o.known.get(u.String())
	if known && old.etag != "" {
		header.Set("If-None-Match", old.etag)
	}
	if known && old.lastModified != "" {
		header.Set("If-Modified-Since", old.lastModified)
	}
	x, err := o.ask(limited, http.MethodGet, u, header)
	if err != nil {
		return nil, err
	}
	defer x.close()
	var p *Playlist
	switch {
	case x.StatusCode == http.StatusOK:
		p, err = x.playlist(imported)
	case x.StatusCode == http.StatusNotModified && known:
		p, err = rebase(old.playlist, x.Request.URL, imported)
	default:
		err = &StatusError{x.StatusCode}
	}
	if err != nil {
		return nil, x.report(err)
	}
	if x.StatusCode == http.StatusOK {
		o.known.put(u.String(), remember(p, x.Header))
	}
	return p, nil
}

var errTotal = fmt.Errorf("playlist took too long: %w", ErrSourceTimeout)

// playlist reads and parses the body.
func (x *exchange) playlist(imported Variables) (*Playlist, error) {
	body, err := x.decoded()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(body, MaxPlaylist+1))
	if err != nil {
		return nil, err
	}
	return Parse(text, x.Request.URL, imported)
}

// decoded is the body without its content encoding.
func (x *exchange) decoded() (io.Reader, error) {
	switch encoding := x.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return x, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(x)
	default:
		return nil, fmt.Errorf("content encoding %.32q was not asked for", encoding)
	}
}

// rebase is the known playlist at the place where redirects end now. That may
// be another one than before, as with a token in the path.
func rebase(p *Playlist, base *url.URL, imported Variables) (*Playlist, error) {
	if p.Base.String() == base.String() && maps.Equal(p.imports, imported) {
		return p, nil
	}
	return Parse(p.Text, base, imported)
}
