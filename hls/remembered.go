package hls

import (
	"net/http"
	"time"
)

// remembered is the newest answer to the request for one playlist, so that an
// unchanged text is neither sent nor parsed again.
type remembered struct {
	playlist     *Playlist
	etag         string
	lastModified string
}

// maxRemembered is for how many playlists, at worst of [MaxPlaylist] bytes.
const maxRemembered = 64

// remember makes a memory of an answer; ok is false for one that cannot be
// asked for conditionally. A Last-Modified that is not clearly older than the
// answer is worth nothing: it counts whole seconds, and a live playlist may
// change twice in one. Both are of the source's clock.
func remember(p *Playlist, h http.Header) (r remembered, ok bool) {
	r = remembered{playlist: p, etag: h.Get("ETag")}
	date, err := http.ParseTime(h.Get("Date"))
	modified, err2 := http.ParseTime(h.Get("Last-Modified"))
	if err == nil && err2 == nil && date.Sub(modified) > time.Second {
		r.lastModified = h.Get("Last-Modified")
	}
	return r, r.etag != "" || r.lastModified != ""
}
