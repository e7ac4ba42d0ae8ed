package lab

import (
	"context"
	"maps"
	"net"
	"sync"
	"sync/atomic"

	"github.com/pion/transport/v5/vnet"
)

// host is a peer's place in the network.
type host struct {
	cable atomic.Pointer[cable] // of the address that it has now
	mute  atomic.Bool           // no packets from or to other peers
	deaf  atomic.Bool           // none to it

	mu    sync.Mutex
	seen  map[string]bool // where its packets have come from
	stale map[string]bool // of those, that are addresses which it had
	old   []*cable
}

// carries says whether the network carries a packet.
func (c *chaos) carries(p vnet.Chunk) bool {
	from, to := p.SourceAddr().String(), p.DestinationAddr().String()
	src, dst := addressOf(p.SourceAddr()), addressOf(p.DestinationAddr())
	for i, h := range c.hosts {
		switch ip := hostAddress(i); ip {
		case src:
			if h.mute.Load() || h.left(from, true) {
				return false
			}
		case dst:
			if h.mute.Load() || h.deaf.Load() || h.left(to, false) {
				return false
			}
		}
	}
	return true
}

// left says that addr is one which the host does not have any more.
func (h *host) left(addr string, own bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if own {
		h.seen[addr] = true
	}
	return h.stale[addr]
}

// move gives the host another address: nothing comes over the old one any more.
func (h *host) move() {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.Copy(h.stale, h.seen)
	old := h.cable.Swap(newCable(Line{}))
	old.dead.Store(true)
	h.old = append(h.old, old)
}

// dial connects from the address that the host has now.
func (h *host) dial(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		return h.cable.Load().dialer(dial)(ctx, network, addr)
	}
}
