package hls

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
)

// Bounds of the cookies of all sources together.
const (
	maxCookies    = 1024
	maxCookieSize = 4 << 10 // bytes of one; a larger one is not kept
)

// jar keeps the cookies that sources set: some hand out a session with the
// playlist and refuse segments without it. A source that sets ever new ones
// finds the jar emptied.
type jar struct {
	mu    sync.Mutex
	names map[string]bool
	inner *cookiejar.Jar
}

var _ http.CookieJar = (*jar)(nil)

func newJar() *jar {
	j := &jar{}
	j.empty()
	return j
}

func (j *jar) empty() {
	j.names = map[string]bool{}
	j.inner, _ = cookiejar.New(nil) // never fails
}

// SetCookies is of [http.CookieJar].
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		name := u.Host + "\n" + c.Domain + "\n" + c.Path + "\n" + c.Name
		if len(name)+len(c.Value) > maxCookieSize {
			continue
		}
		if !j.names[name] && len(j.names) >= maxCookies {
			j.empty()
		}
		j.names[name] = true
		j.inner.SetCookies(u, []*http.Cookie{c})
	}
}

// Cookies is of [http.CookieJar].
func (j *jar) Cookies(u *url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.inner.Cookies(u)
}
