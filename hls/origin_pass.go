package hls

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
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

// Pass streams a resource of the source to a player: a key, an initialization
// section, subtitles. A failure before the first byte is answered with 404, 502
// or 504 and a reason in plain text; a later one breaks the connection by
// panicking with [http.ErrAbortHandler]. r must be a GET or HEAD.
func (o *Origin) Pass(w http.ResponseWriter, r *http.Request, u *url.URL) {
	up := http.Header{"Accept-Encoding": {"identity"}}
	for _, name := range passedUp {
		if v := r.Header.Values(name); len(v) > 0 {
			up[name] = v
		}
	}
	x, err := o.ask(r.Context(), r.Method, u, up)
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
	for _, name := range passedDown {
		if v := x.Header.Values(name); len(v) > 0 {
			w.Header()[http.CanonicalHeaderKey(name)] = v
		}
	}
	w.WriteHeader(x.StatusCode)
	if _, err := body.WriteTo(flusher{w}); err != nil {
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
