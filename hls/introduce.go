package hls

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

const maxRedirects = 10

var errRedirects = errors.New("too many redirects")

// everywhere are the configured headers that give no rights away. Many sources
// want them with the segments too, wherever those are.
var everywhere = map[string]bool{"User-Agent": true, "Referer": true, "Origin": true, "Accept-Language": true}

// ours are the headers that each request sets for itself.
var ours = map[string]bool{
	"Range": true, "If-Range": true, "If-None-Match": true, "If-Modified-Since": true, "Accept-Encoding": true,
}

// introduce gives a request the configured headers if its host is one that
// they are meant for, and takes them from it if not.
func (o *Origin) introduce(req *http.Request) {
	trusted := o.trusts(req.URL.Hostname())
	for k, v := range o.cfg.Header {
		switch k = http.CanonicalHeaderKey(k); {
		case ours[k]:
		case trusted, everywhere[k]:
			req.Header[k] = v
		default:
			req.Header.Del(k)
		}
	}
}

// TrustHosts replaces the HeaderHosts of the configuration, also while requests
// are made.
func (o *Origin) TrustHosts(hosts []string) {
	hosts = slices.Clone(hosts)
	o.trusted.Store(&hosts)
}

// trusts says whether the configured headers are meant for a host.
func (o *Origin) trusts(host string) bool {
	trusted := *o.trusted.Load()
	if len(trusted) == 0 {
		return true
	}
	host = hostName(host)
	for _, h := range trusted {
		if h = hostName(h); host == h || strings.HasSuffix(host, "."+h) {
			return true
		}
	}
	return false
}

// redirect lets a request go on at another address, without the address that it
// came from: that may hold a token.
func (o *Origin) redirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return errRedirects
	}
	req.Header.Del("Referer")
	o.introduce(req)
	return nil
}
