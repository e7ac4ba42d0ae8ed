package hls

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Headers that pass through, in both directions. Everything else ends here:
// hop-by-hop headers, cookies, the source's idea of CORS.
var (
	passedUp   = []string{"Range", "If-Range", "If-None-Match", "If-Modified-Since", "Accept"}
	passedDown = []string{
		"Content-Type", "Content-Length", "Content-Range", "Content-Encoding", "Accept-Ranges",
		"ETag", "Last-Modified", "Cache-Control", "Expires", "Vary",
	}
)

func passHeader(down, from http.Header) {
	for _, name := range passedDown {
		if v := from.Values(name); len(v) > 0 {
			down[http.CanonicalHeaderKey(name)] = v
		}
	}
}

// Pass streams a resource of the source to a player: a key, an initialization
// section, a part. With keep a small one is kept for a while and given again
// without asking. A failure before the first byte is answered with 404, 502 or
// 504 and a reason in plain text; a later one breaks the connection by
// panicking with [http.ErrAbortHandler]. r must be a GET or HEAD.
func (o *Origin) Pass(w http.ResponseWriter, r *http.Request, u *url.URL, keep bool) {
	keep = keep && r.Method == http.MethodGet && r.Header.Get("If-Range") == ""
	key := u.String() + "\n" + r.Header.Get("Range")
	if keep && r.Header.Get("Cache-Control") != "no-cache" {
		if k, ok := o.kept.get(key); ok && time.Now().Before(k.until) {
			k.serve(w, r)
			return
		}
	}
	var x *exchange
	var err error
	if header := upHeader(r, keep); keep {
		x, err = o.askAgain(r.Context(), r.Method, u, header, o.cfg.NoProgress)
	} else { // a source of low latency may hold the request until there is news
		x, err = o.ask(r.Context(), r.Method, u, header, o.cfg.NoProgress)
	}
	if err != nil {
		o.refuse(w, r, err)
		return
	}
	defer x.close()
	switch x.StatusCode {
	case http.StatusOK, http.StatusPartialContent, http.StatusNotModified, http.StatusRequestedRangeNotSatisfiable:
	default:
		o.refuse(w, r, x.because(nil, &StatusError{x.StatusCode}))
		return
	}
	body := bufio.NewReaderSize(x, copyBuffer)
	if _, err := body.Peek(1); err != nil && err != io.EOF {
		o.refuse(w, r, err)
		return
	}
	if life := lifetime(x.Header); keep && life > 0 && x.StatusCode < http.StatusNotModified {
		o.keep(w, r, x, body, key, life)
		return
	}
	o.stream(w, r, x, body)
}

// upHeader are the headers of a player's request for the source. An answer to
// be kept must be one to every player.
func upHeader(r *http.Request, keep bool) http.Header {
	up := http.Header{"Accept-Encoding": {"identity"}}
	for _, name := range passedUp {
		if v := r.Header.Values(name); len(v) > 0 {
			up[name] = v
		}
	}
	if keep {
		up.Del("If-None-Match")
		up.Del("If-Modified-Since")
	}
	return up
}

// keep answers with what is small enough to be kept, and passes on what is not.
func (o *Origin) keep(w http.ResponseWriter, r *http.Request, x *exchange, body io.Reader, key string, life time.Duration) {
	data, err := io.ReadAll(io.LimitReader(body, maxKeptSize+1))
	switch {
	case err != nil:
		o.refuse(w, r, err)
	case isPage(data):
		o.refuse(w, r, x.because(nil, errPage))
	case len(data) > maxKeptSize:
		o.stream(w, r, x, io.MultiReader(bytes.NewReader(data), body))
	default:
		k := kept{x.StatusCode, x.Header, data, time.Now().Add(life)}
		o.kept.put(key, k)
		k.serve(w, r)
	}
}

// stream passes on an answer as it comes.
func (o *Origin) stream(w http.ResponseWriter, r *http.Request, x *exchange, body io.Reader) {
	passHeader(w.Header(), x.Header)
	w.WriteHeader(x.StatusCode)
	if _, err := io.Copy(flusher{w}, body); err != nil {
		if r.Context().Err() == nil {
			o.cfg.Logger.Info("passing a resource through broke off", "error", err)
		}
		panic(http.ErrAbortHandler)
	}
}

func (o *Origin) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody is there to be told
	}
	o.cfg.Logger.Info("a resource cannot be passed through", "error", err)
	refuse(w, err)
}
