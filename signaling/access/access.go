package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// MinToken is how many bytes of a token nobody guesses.
const MinToken = 8

// A Gate lets in requests of the machine itself, and those that come with its
// token: as Authorization: Bearer TOKEN, or as ?token=TOKEN where a browser can
// send no header. It may be used by any goroutine.
type Gate struct {
	Token string // "": none but the machine itself may look
	// Cookie names the cookie that a page shows instead of the token, so that the
	// token is not kept by the browser; "": there are no pages.
	Cookie string
	// Closed is told to others where there is no token, with status 403, and Wrong
	// where there is one, with 401.
	Closed, Wrong error
	// Refused, if set, is called for each request that is not let in.
	Refused func()
}

// Permit says whether a request may be answered, and if not with what status and
// sentence.
func (g Gate) Permit(r *http.Request) (status int, err error) {
	if Local(r) || g.holds(r) {
		return http.StatusOK, nil
	}
	if g.Refused != nil {
		g.Refused()
	}
	if g.Token == "" {
		return http.StatusForbidden, g.Closed
	}
	return http.StatusUnauthorized, g.Wrong
}

// Guard answers those who may not look with a plain sentence.
func (g Gate) Guard(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if status, err := g.Permit(r); err != nil {
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			http.Error(w, err.Error(), status)
			return
		}
		next(w, r)
	}
}

// holds says whether a request comes with the token in one of its three forms.
func (g Gate) holds(r *http.Request) bool {
	if g.Token == "" {
		return false
	}
	ok := false
	if scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		ok = g.Matches(given)
	}
	ok = g.Matches(r.URL.Query().Get("token")) || ok
	// A cookie goes along with what other sites ask of the browser, too, as soon as
	// these are on the same host; so it counts only for our own pages.
	if c, err := r.Cookie(g.Cookie); g.Cookie != "" && err == nil && ownPage(r) {
		ok = equal(c.Value, g.Seal()) || ok
	}
	return ok
}

// Matches says whether given is the token. How long that takes tells nothing.
func (g Gate) Matches(given string) bool { return g.Token != "" && equal(given, g.Token) }

// Seal is what the cookie holds.
func (g Gate) Seal() string {
	sum := sha256.Sum256([]byte("hlspeer page\x00" + g.Token))
	return hex.EncodeToString(sum[:])
}

// Show is the cookie that lets the browser look from now on, until it is closed.
func (g Gate) Show(r *http.Request) *http.Cookie {
	return &http.Cookie{
		Name: g.Cookie, Value: g.Seal(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	}
}

// equal compares in a time that tells nothing of either, not even its length.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// Local says whether a request comes from this machine, and not through a
// proxy, a name that somebody has pointed here (DNS rebinding) or the page of
// another site.
func Local(r *http.Request) bool {
	if r.RemoteAddr == "pipe" {
		return true // from within the process
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !remote.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return LoopbackHost(r.Host) && ownPage(r)
}

// LoopbackHost says whether the host of an address is this machine by
// definition, with or without a port.
func LoopbackHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// ownPage says whether a request is not one that a browser makes for the page
// of another site.
func ownPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		// To follow a link to the page is harmless: what it shows, the other does not see.
		if r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Method != http.MethodGet {
			return false
		}
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}
