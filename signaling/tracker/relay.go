package tracker

import (
	"context"
	"net/http"
	"time"

	"hlspeer/signaling"
)

// serveRelay is /signal (protocol 2.2).
func (s *Server) serveRelay(w http.ResponseWriter, r *http.Request) {
	id := signaling.PeerID(r.URL.Query().Get("id"))
	s.accept(w, r, s.peerSocket(), func(ctx context.Context, sock *socket) {
		p := &relaying{server: s, ctx: ctx, socket: sock}
		overdue := time.AfterFunc(enterTimeout, func() { sock.end(endNoID) })
		defer overdue.Stop()
		if id != "" {
			overdue.Stop()
			p.register(id)
		}
		sock.serve(ctx, func(m signaling.Message) {
			if p.handle(m); p.id != "" {
				overdue.Stop()
			}
		})
		p.unregister()
	})
}

// A relaying is one peer on one of its relay sockets.
type relaying struct {
	server *Server
	ctx    context.Context
	socket *socket
	room   string
	id     signaling.PeerID // "" before it is registered
}

func (p *relaying) handle(m signaling.Message) {
	switch m := m.(type) {
	case signaling.AnnounceHLS:
		if p.id == "" {
			p.register(m.PeerID)
		}
	case signaling.Signal, signaling.Reject:
		if p.id != "" {
			passOn(p.server.hub, p.id, p.socket, m)
		}
	}
}

func (p *relaying) register(id signaling.PeerID) {
	if len(id) > signaling.MaxID {
		p.socket.end(endUnknown)
		return
	}
	room, surplus, err := p.server.hub.register(id, p.socket)
	if err != nil {
		p.socket.end(endUnknown)
		return
	}
	if surplus != nil {
		surplus.end(endSurplus)
	}
	p.id, p.room = id, room
	p.changed()
}

func (p *relaying) unregister() {
	if p.id == "" {
		return
	}
	p.server.hub.unregister(p.id, p.socket)
	p.changed()
}

// changed has the room or swarm look whether signals still, or again, reach the
// peer.
func (p *relaying) changed() {
	if isSwarm(p.room) {
		p.server.swarms.relayChanged(p.id)
		return
	}
	p.server.hub.post(p.ctx, p.room, post{event: relayChanged{p.id}})
}

// passOn relays a signal or a refusal. The sender is who sits at the socket,
// whatever the message says. If a signal cannot be delivered, the sender gets
// one without data from the peer that is missing (protocol 2.2).
func passOn(bus roomBus, from signaling.PeerID, sock *socket, m signaling.Message) {
	switch m := m.(type) {
	case signaling.Signal:
		if !bus.relay(from, m.To, signaling.Signal{From: from, Data: m.Data}) {
			sock.send(signaling.Signal{From: m.To})
		}
	case signaling.Reject:
		bus.relay(from, m.To, signaling.Reject{From: from, Reason: m.Reason})
	}
}
