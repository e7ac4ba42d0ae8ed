package hls

import (
	"net/http"
	"sync"
	"time"
)

// remembered is the newest answer to the request for one playlist.
type remembered struct {
	playlist     *Playlist
	etag         string
	lastModified string
	used         uint64
}

// memory keeps the newest answers of the playlists asked for last, so that an
// unchanged text is neither sent nor parsed again. The zero value is empty.
// Safe for concurrent use.
type memory struct {
	mu      sync.Mutex
	clock   uint64
	answers map[string]remembered // by full URL
}

// maxRemembered bounds the memory, at worst at this many times [MaxPlaylist].
const maxRemembered = 64

func (m *memory) get(url string) (remembered, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.answers[url]
	if ok {
		m.clock++
		r.used = m.clock
		m.answers[url] = r
	}
	return r, ok
}

// put keeps r if it can be asked for conditionally. Beyond the bound the answer
// that was not used for longest goes.
func (m *memory) put(url string, r remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.answers, url)
	if r.etag == "" && r.lastModified == "" {
		return
	}
	if m.answers == nil {
		m.answers = map[string]remembered{}
	}
	if len(m.answers) >= maxRemembered {
		oldest := ""
		for u, a := range m.answers {
			if oldest == "" || a.used < m.answers[oldest].used {
				oldest = u
			}
		}
		delete(m.answers, oldest)
	}
	m.clock++
	r.used = m.clock
	m.answers[url] = r
}

// remember makes a memory of an answer. A Last-Modified that is not clearly
// older than the answer is worth nothing: it counts whole seconds, and a live
// playlist may change twice in one.
func remember(p *Playlist, h http.Header) remembered {
	r := remembered{playlist: p, etag: h.Get("ETag")}
	date, err := http.ParseTime(h.Get("Date"))
	modified, err2 := http.ParseTime(h.Get("Last-Modified"))
	if err == nil && err2 == nil && date.Sub(modified) > time.Second {
		r.lastModified = h.Get("Last-Modified")
	}
	return r
}
