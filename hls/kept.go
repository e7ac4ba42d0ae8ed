package hls

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxKept     = 64        // answers
	maxKeptSize = 256 << 10 // bytes of one
	keptFor     = time.Minute
	keptAtMost  = time.Hour
)

// kept is an answer of the source that is given to players again: keys and
// initialization sections, which some ask for at every reload.
type kept struct {
	code   int
	header http.Header
	body   []byte
	until  time.Time
}

// lifetime is how long an answer may be given again: as long as the source
// says, by its own clock, a minute if it does not say, and not at all if that
// is its will.
func lifetime(h http.Header) time.Duration {
	if h.Get("Vary") == "*" || h.Get("Pragma") == "no-cache" {
		return 0
	}
	for directive := range strings.SplitSeq(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
			if err != nil {
				return 0
			}
			return min(time.Duration(n)*time.Second, keptAtMost)
		}
	}
	if h.Get("Expires") == "" {
		return keptFor
	}
	end, err := http.ParseTime(h.Get("Expires"))
	date, err2 := http.ParseTime(h.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	return min(end.Sub(date), keptAtMost)
}

// serve answers a player's GET.
func (k kept) serve(w http.ResponseWriter, r *http.Request) {
	passHeader(w.Header(), k.header)
	if etag := k.header.Get("ETag"); etag != "" && matchesETag(r.Header.Get("If-None-Match"), strings.TrimPrefix(etag, "W/")) {
		w.Header().Del("Content-Length")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(k.body)))
	w.WriteHeader(k.code)
	_, _ = w.Write(k.body) // an error means that the player is gone
}
