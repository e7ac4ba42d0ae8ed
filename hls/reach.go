package hls

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"
)

// ErrInward: a playlist or a redirect led to an address that a source from
// where the channel's is may not lead to, such as this machine's own or one of
// its network, for a channel from outside. Nothing was asked there.
var ErrInward = errors.New("address is not for this channel to lead to")

// homeKey is of the value of [FromHome].
type homeKey struct{}

// FromHome says that requests with this context are made for a channel that the
// user has configured at these hosts, with or without ports. They may lead to
// addresses of the kind that these have, and to public ones.
func FromHome(ctx context.Context, hosts []string) context.Context {
	return context.WithValue(ctx, homeKey{}, hosts)
}

// Home are the hosts that [FromHome] has named; nil: it has not.
func Home(ctx context.Context) []string {
	hosts, _ := ctx.Value(homeKey{}).([]string)
	return hosts
}

// reach is a transport that keeps channels from outside from asking what only
// this machine or its network is to ask: a playlist, or a redirect, of a
// stranger must not make us fetch http://127.0.0.1:8091/ or
// http://169.254.169.254/ and hand it to players and peers. What counts is the
// address that is connected to, so no name helps.
//
// A host that the user has named may be anywhere; where it was at first says
// where its playlists may lead. Later it may move outwards only: the owner of a
// name can point it here.
//
// A proxy of HTTP resolves names by itself and has rules of its own; here only
// addresses written as such are looked at.
type reach struct {
	homes   func() []string                                     // where the context names none; none: the first URL's
	proxy   func(*http.Request) (*url.URL, error)               // nil result: none
	resolve func(context.Context, string) ([]netip.Addr, error) // a name
	realmOf func(netip.Addr) realm
	refused func() // is told of each that was refused; may be nil
	through *http.Transport

	mu     sync.Mutex
	found  map[string]realm // where hosts of the user were at first, by name
	direct map[realm]*http.Transport
}

var _ http.RoundTripper = (*reach)(nil)

// maxFound bounds what is kept of the user's hosts. There are as many as the user
// has named; the first URLs of others are forgotten.
const maxFound = 1024

func newReach(proxy *url.URL, homes func() []string, refused func()) *reach {
	through := newTransport(proxy)
	return &reach{
		homes: homes, proxy: through.Proxy, through: through, realmOf: realmOf, refused: refused,
		resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
		found: map[string]realm{}, direct: map[realm]*http.Transport{},
	}
}

// RoundTrip is of [http.RoundTripper].
func (r *reach) RoundTrip(req *http.Request) (*http.Response, error) {
	proxy, err := r.proxy(req)
	if err != nil {
		return nil, fmt.Errorf("choosing a proxy: %w", err)
	}
	allowed := r.allowed(req)
	if proxy == nil {
		return r.within(allowed).RoundTrip(req)
	}
	if a, err := netip.ParseAddr(hostName(req.URL.Host)); err == nil {
		if err := r.check(a, allowed); err != nil {
			return nil, err
		}
	}
	return r.through.RoundTrip(req)
}

// allowed are the realms that a request may reach.
func (r *reach) allowed(req *http.Request) realm {
	hosts := Home(req.Context())
	if hosts == nil {
		hosts = r.homes()
	}
	if len(hosts) == 0 {
		first := req
		for first.Response != nil { // of the redirect that led here
			first = first.Response.Request
		}
		hosts = []string{first.URL.Host}
	}
	name, all := hostName(req.URL.Host), worldwide
	for _, h := range hosts {
		if h = hostName(h); h == name {
			r.find(req.Context(), h)
		}
		r.mu.Lock()
		if at, ok := r.found[h]; ok {
			all |= at.leads()
		}
		r.mu.Unlock()
	}
	return all
}

// find takes note of where a host of the user is, the first time that it is
// asked. One that cannot be found cannot be connected to either.
func (r *reach) find(ctx context.Context, name string) {
	r.mu.Lock()
	_, ok := r.found[name]
	r.mu.Unlock()
	if ok {
		return
	}
	var at realm
	if a, err := netip.ParseAddr(name); err == nil {
		at = r.realmOf(a)
	} else {
		addrs, err := r.resolve(ctx, name)
		if err != nil {
			return
		}
		for _, a := range addrs {
			at |= r.realmOf(a)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.found) >= maxFound {
		clear(r.found)
	}
	if _, ok := r.found[name]; !ok {
		r.found[name] = at
	}
}

// within is the transport that connects to such addresses only. Connections are
// kept apart, so that none is used by who may not make it.
func (r *reach) within(allowed realm) *http.Transport {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.direct[allowed]
	if t == nil {
		t = newTransport(nil)
		t.Proxy = nil
		t.DialContext = (&net.Dialer{
			Timeout: dialTimeout, KeepAlive: 15 * time.Second,
			Control: func(_, address string, _ syscall.RawConn) error {
				to, err := netip.ParseAddrPort(address)
				if err != nil {
					return fmt.Errorf("%w: %q", ErrInward, address)
				}
				return r.check(to.Addr(), allowed)
			},
		}).DialContext
		r.direct[allowed] = t
	}
	return t
}

// check says whether an address may be connected to.
func (r *reach) check(a netip.Addr, allowed realm) error {
	at := r.realmOf(a)
	if at&allowed != 0 {
		return nil
	}
	if r.refused != nil {
		r.refused()
	}
	return fmt.Errorf("%w: %v is a %v address, and the channel's own URL was at none when it was first asked", ErrInward, a, at)
}

// CloseIdleConnections is for [http.Client].
func (r *reach) CloseIdleConnections() {
	r.through.CloseIdleConnections()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.direct {
		t.CloseIdleConnections()
	}
}
