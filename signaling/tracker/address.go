package tracker

import (
	"net/netip"
	"sync"
)

// addresses counts what each address holds: sockets, or peers of swarms.
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
	if !a.hold(key) {
		return nil, false
	}
	return func() { a.release(key) }, true
}

// hold counts one more of a network, unless there are too many.
func (a *addresses) hold(key netip.Prefix) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limit > 0 && a.held[key] >= a.limit {
		return false
	}
	a.held[key]++
	return true
}

// release takes back what hold did.
func (a *addresses) release(key netip.Prefix) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held[key]--; a.held[key] == 0 {
		delete(a.held, key)
	}
}

// network returns what is counted together: an IPv4 address, or the IPv6
// network of 64 bits that one customer has at least. Whatever is no address
// counts together too.
func network(remote string) netip.Prefix { return prefix(remote, 32, 64) }

// vicinity returns a network whose addresses are likely near each other: an IPv4
// network of 24 bits or an IPv6 network of 48. The zero prefix, of whatever is no
// address, is near to nothing.
func vicinity(remote string) netip.Prefix { return prefix(remote, 24, 48) }

func prefix(remote string, bits4, bits6 int) netip.Prefix {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	addr := ap.Addr().Unmap().WithZone("")
	bits := bits6
	if addr.Is4() {
		bits = bits4
	}
	p, _ := addr.Prefix(bits)
	return p
}
