package tracker

import (
	"net/netip"
	"sync"
)

// addresses counts the sockets of each address.
type addresses struct {
	limit int // 0 for none

	mu   sync.Mutex
	held map[netip.Prefix]int
}

func newAddresses(limit int) *addresses {
	return &addresses{limit: limit, held: make(map[netip.Prefix]int)}
}

// take counts a socket of the remote address of a request, unless there are too
// many. The caller calls release when it has ended.
func (a *addresses) take(remote string) (release func(), ok bool) {
	key := network(remote)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limit > 0 && a.held[key] >= a.limit {
		return nil, false
	}
	a.held[key]++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.held[key]--; a.held[key] == 0 {
			delete(a.held, key)
		}
	}, true
}

// network returns what is counted together: an IPv4 address, or the IPv6
// network of 64 bits that one customer has at least. Whatever is no address
// counts together too.
func network(remote string) netip.Prefix {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	addr := ap.Addr().Unmap().WithZone("")
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	p, _ := addr.Prefix(bits)
	return p
}
