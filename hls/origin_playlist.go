package hls

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
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
	x, err := o.askAgain(limited, http.MethodGet, u, header, o.cfg.NoProgress)
	if err != nil {
		return nil, err
	}
	defer x.close()
	var p *Playlist
	if x.StatusCode == http.StatusNotModified && known {
		p, err = rebase(old.playlist, x.Request.URL, imported)
	} else if p, err = x.playlist(imported); err == nil {
		o.remember(u.String(), p, x.Header)
	}
	if err != nil {
		return nil, x.report(err)
	}
	return p, nil
}

// remember keeps the newest answer, in place of the one before.
func (o *Origin) remember(key string, p *Playlist, h http.Header) {
	if r, ok := remember(p, h); ok {
		o.known.put(key, r)
	} else {
		o.known.drop(key)
	}
}

const maxBlocking = time.Minute

// Reload asks for a version of p that does not exist yet, or for what has
// changed in it, by the directives of low-latency HLS such as _HLS_msn. The
// source answers when it has it, within three target durations or a minute.
func (o *Origin) Reload(ctx context.Context, p *Playlist, directives url.Values) (*Playlist, error) {
	patience := o.cfg.NoProgress
	if p.Media != nil {
		patience += min(3*p.Media.TargetDuration, maxBlocking)
	}
	limited, cancel := context.WithTimeoutCause(ctx, patience+o.cfg.Total, errTotal)
	defer cancel()
	u := *p.Base
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+directives.Encode(), "&")
	x, err := o.ask(limited, http.MethodGet, &u, http.Header{"Accept-Encoding": {"gzip"}}, patience)
	if err != nil {
		return nil, err
	}
	defer x.close()
	newer, err := x.playlist(p.imports)
	if err != nil {
		return nil, x.report(err)
	}
	return newer, nil
}

var errTotal = fmt.Errorf("playlist took too long: %w", ErrSourceTimeout)

// playlist reads and parses the body. Some sources answer in parts what nobody
// asked for in parts.
func (x *exchange) playlist(imported Variables) (*Playlist, error) {
	switch x.StatusCode {
	case http.StatusOK:
	case http.StatusPartialContent:
		if got, size, err := parseContentRange(x.Header.Get("Content-Range")); err != nil || got.first > 0 || got.last+1 != size {
			return nil, fmt.Errorf("source answered a part: %.64q", x.Header.Get("Content-Range"))
		}
	default:
		return nil, &StatusError{x.StatusCode}
	}
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
