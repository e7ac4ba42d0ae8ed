package tracker

import (
	"net"

	"hlspeer/signaling"
)

// Rooms do not know by which address their peers are reached; the hub does. It
// puts the addresses into what viewers see, if they are to see them.

func (h *hub) publish(room string, changes []signaling.Message) {
	if h.config.ShowAddresses {
		for i, m := range changes {
			if joined, ok := m.(signaling.NodeJoin); ok {
				h.reveal(&joined.Node)
				changes[i] = joined
			}
		}
	}
	h.audience.publish(room, changes)
}

func (h *hub) show(room string, t signaling.Topology) {
	if h.config.ShowAddresses {
		for i := range t.Nodes {
			h.reveal(&t.Nodes[i])
		}
	}
	h.audience.show(room, t)
}

func (h *hub) reveal(n *signaling.Node) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.peers[n.ID]
	if e == nil || e.scheduler == nil {
		return
	}
	at := e.scheduler.conn.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(at); err == nil {
		at = host
	}
	n.Info.Address = at
}
