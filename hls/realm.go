package hls

import "net/netip"

// realm is a set of kinds of addresses, by who can reach them.
type realm uint8

const (
	worldwide realm = 1 << iota
	inward          // private networks, behind this machine's own routers
	thisHost        // this machine itself
	linkLocal       // neighbours, and what clouds tell about a machine (169.254.169.254)
	nowhere         // groups, and what is reserved: no source is there
)

// leads are the realms that a source in one of those of r may lead to: outwards
// always, inwards only from there. Link-local addresses are never meant by
// anybody who is not on one.
func (r realm) leads() realm {
	to := worldwide | r&^nowhere
	if r&(thisHost|linkLocal) != 0 {
		to |= inward
	}
	return to
}

// String is the word of errors.
func (r realm) String() string {
	switch r {
	case worldwide:
		return "public"
	case inward:
		return "private"
	case thisHost:
		return "this machine's own"
	case linkLocal:
		return "link-local"
	default:
		return "reserved"
	}
}

var (
	inwardNets = prefixes(
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15",
		"fc00::/7", "fec0::/10", "64:ff9b:1::/48",
	)
	nowhereNets = prefixes("224.0.0.0/4", "240.0.0.0/4", "ff00::/8", "100::/64", "2001:db8::/32")

	translated = netip.MustParsePrefix("64:ff9b::/96") // IPv4 in the last four bytes (NAT64)
	compatible = netip.MustParsePrefix("::/96")        // the same, of old
	sixToFour  = netip.MustParsePrefix("2002::/16")    // IPv4 behind the first two
)

func prefixes(list ...string) (all []netip.Prefix) {
	for _, p := range list {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}

// realmOf is the realm of one address.
func realmOf(a netip.Addr) realm {
	a = a.Unmap().WithZone("")
	switch {
	case !a.IsValid():
		return nowhere
	case a.IsLoopback(), a.IsUnspecified(), a.Is4() && a.As4()[0] == 0:
		return thisHost // systems connect to themselves for 0.0.0.0
	case a.IsLinkLocalUnicast():
		return linkLocal
	case within(a, inwardNets):
		return inward
	case within(a, nowhereNets):
		return nowhere
	}
	if b := a.As16(); a.Is6() {
		switch {
		case translated.Contains(a), compatible.Contains(a):
			return realmOf(netip.AddrFrom4([4]byte(b[12:])))
		case sixToFour.Contains(a):
			return realmOf(netip.AddrFrom4([4]byte(b[2:6])))
		}
	}
	return worldwide
}

func within(a netip.Addr, nets []netip.Prefix) bool {
	for _, p := range nets {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
