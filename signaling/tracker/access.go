package tracker

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// pageCookie holds what a page shows instead of the token, so that the token is
// not kept by the browser.
const pageCookie = "hlspeer_page"

var (
	errNoPage = errors.New("this is open on the tracker's own machine only: to look from elsewhere, start the tracker with --page-token TOKEN " +
		"and come with that token, as Authorization: Bearer TOKEN or once as ?token=TOKEN")
	errPageToken = errors.New("this needs the tracker's page token, as Authorization: Bearer TOKEN or once as ?token=TOKEN")
)

// access decides who may look at channels: the machine itself, and who has the
// token.
type access struct{ token string }

// permit says whether a request may be answered, and if not with what status and
// sentence.
func (a access) permit(r *http.Request) (status int, err error) {
	switch {
	case isLocal(r), a.holds(r):
		return http.StatusOK, nil
	case a.token == "":
		return http.StatusForbidden, errNoPage
	}
	return http.StatusUnauthorized, errPageToken
}

// guard answers those who may not look with a plain sentence.
func (a access) guard(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if status, err := a.permit(r); err != nil {
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			refuse(w, status, err)
			return
		}
		next(w, r)
	}
}

// holds says whether a request comes with the token in one of its three forms.
func (a access) holds(r *http.Request) bool {
	if a.token == "" {
		return false
	}
	ok := false
	if scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		ok = a.matches(given)
	}
	ok = a.matches(r.URL.Query().Get("token")) || ok
	// A cookie goes along with what other sites ask of the browser, too, as soon as
	// these are on the same host; so it counts only for our own pages.
	if c, err := r.Cookie(pageCookie); err == nil && isOwnPage(r) {
		ok = equal(c.Value, a.seal()) || ok
	}
	return ok
}

func (a access) matches(given string) bool { return a.token != "" && equal(given, a.token) }

// seal is what the cookie holds.
func (a access) seal() string {
	sum := sha256.Sum256([]byte("hlspeer page\x00" + a.token))
	return hex.EncodeToString(sum[:])
}

// cookie lets the browser look from now on, until it is closed.
func (a access) cookie(r *http.Request) *http.Cookie {
	return &http.Cookie{
		Name: pageCookie, Value: a.seal(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	}
}

// equal compares in a time that tells nothing of either, not even its length.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// isLocal says whether a request comes from this machine, and not through a
// proxy, a name that somebody has pointed here (DNS rebinding) or the page of
// another site.
func isLocal(r *http.Request) bool {
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
	return isLoopbackHost(r.Host) && isOwnPage(r)
}

// isLoopbackHost says whether the host of an address is this machine by
// definition, with or without a port.
func isLoopbackHost(hostport string) bool {
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

// isOwnPage says whether a request is not one that a browser makes for the page
// of another site.
func isOwnPage(r *http.Request) bool {
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
