package tracker

import (
	"net/netip"
	"strings"

	"hlspeer/signaling"
)

// A Place is where a peer is, as far as that is known; each may be "".
type Place struct{ ISP, Country, Province, City string }

// A Locator tells where addresses are. Locate is called once for each peer that
// comes, by any goroutine, and must not wait for anything.
type Locator interface{ Locate(netip.Addr) Place }

// locate looks up the remote address of a request; nothing without a locator.
func (s *Server) locate(remote string) Place {
	if s.config.Locator == nil {
		return Place{}
	}
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return Place{} // from within the process
	}
	return s.config.Locator.Locate(at.Addr().Unmap().WithZone(""))
}

// placeOf is where a peer is: what it says itself counts more than what was looked
// up, which a test peer is to be without (protocol 4.1).
func placeOf(e signaling.Enter, located Place) Place {
	if e.Test {
		located = Place{}
	}
	return located.corrected(e.ISP, e.Province)
}

// corrected puts in what a peer says itself. A city in another province than that
// is none.
func (p Place) corrected(isp, province string) Place {
	if isp != "" {
		p.ISP = isp
	}
	if province != "" {
		if !strings.EqualFold(province, p.Province) {
			p.City = ""
		}
		p.Province = province
	}
	return p
}

// region is what near peers of a swarm have in common; "" unknown.
func (p Place) region() string {
	if p.ISP == "" && p.Province == "" {
		return ""
	}
	return p.ISP + "\x00" + p.Province
}

// clipped shortens everything to what is shown of it.
func (p Place) clipped() Place {
	return Place{clip(p.ISP), clip(p.Country), clip(p.Province), clip(p.City)}
}
