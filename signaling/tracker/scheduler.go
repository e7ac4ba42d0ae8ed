package tracker

import (
	"context"
	"net/http"
	"strings"
	"time"

	"hlspeer/signaling"
)

// enterTimeout is how long a peer may take to say who it is.
const enterTimeout = 10 * time.Second

// serveScheduler is /ws (protocol 2.1). The mode is not looked at.
func (s *Server) serveScheduler(w http.ResponseWriter, r *http.Request) {
	room := channelOf(r.URL.Query().Get("room"))
	if err := s.hub.room(room); err != nil {
		refuse(w, http.StatusServiceUnavailable, err)
		return
	}
	key := r.URL.Query().Get("key")
	admitted := s.config.admits(key, wish{channel: room}, time.Now())
	s.accept(w, r, s.peerSocket(), func(ctx context.Context, sock *socket) {
		if admitted != nil {
			s.meters.ignore(ignoredKey, 1)
			sock.end(unwelcome(admitted))
		}
		sock.speedTest = s.speedTestURL(r)
		p := &session{server: s, ctx: ctx, socket: sock, room: room, key: key, place: s.locate(r.RemoteAddr)}
		overdue := time.AfterFunc(enterTimeout, func() { sock.end(endNoEnter) })
		defer overdue.Stop()
		sock.serve(ctx, func(m signaling.Message) {
			if p.handle(m); p.id != "" {
				overdue.Stop()
			}
		})
		p.leave()
	})
}

// channelOf cuts the query off the address of a playlist (protocol 1.9).
func channelOf(address string) string {
	channel, _, _ := strings.Cut(address, "?")
	return channel
}

// A session is one peer on its scheduler socket, from enter to the end.
type session struct {
	server *Server
	ctx    context.Context
	socket *socket
	room   string
	key    string           // that it came with
	place  Place            // as far as the server knows
	id     signaling.PeerID // "" before enter and after leave
	left   bool
}

func (p *session) handle(m signaling.Message) {
	if p.id == "" {
		p.enter(m)
		return
	}
	hub := p.server.hub
	switch m := m.(type) {
	case signaling.Leave:
		p.socket.end(endNormal)
		p.leave()
	case signaling.Signal, signaling.Reject:
		p.direct()
		passOn(hub, p.id, p.socket, m)
	case signaling.GetParents:
		p.direct()
		p.post(Message{p.id, m})
	case signaling.Enter, signaling.AnnounceHLS:
		// It has entered already, and announces itself on the relay.
		p.server.meters.ignore(ignoredEnter, 1)
	default:
		p.post(Message{p.id, m})
	}
}

func (p *session) enter(m signaling.Message) {
	e, ok := m.(signaling.Enter)
	if !ok || p.left {
		p.socket.end(endNoEnter)
		return
	}
	if p.room == "" {
		p.room = channelOf(e.Channel)
		if err := p.server.config.admits(p.key, wish{channel: p.room}, time.Now()); err != nil {
			p.server.meters.ignore(ignoredKey, 1)
			p.socket.end(unwelcome(err))
			return
		}
	}
	if p.room == "" || len(p.room) > signaling.MaxString {
		p.socket.end(endNoRoom)
		return
	}
	id, err := p.server.hub.enter(p.room, p.socket, e.Resume)
	if err != nil {
		p.socket.end(busy(err))
		return
	}
	p.id = id
	p.post(Joined{p.id, e, p.place})
	p.server.log.Debug("peer entered", "channel", p.room, "peer_id", p.id)
}

// direct notes that a peer without a relay socket talks of parents or signals:
// it expects signals on this socket (protocol 2.1).
func (p *session) direct() {
	if p.server.hub.goDirect(p.id) {
		p.post(relayChanged{p.id})
	}
}

// leave takes the peer out of its room. The sockets that were its relay are
// closed: nobody can be reached under the id any more.
func (p *session) leave() {
	if p.id == "" {
		return
	}
	p.post(Left{p.id})
	for _, relay := range p.server.hub.leave(p.id) {
		if p.ctx.Err() == nil { // otherwise the relay closes for that reason
			relay.end(endLeft)
		}
	}
	p.server.log.Debug("peer left", "channel", p.room, "peer_id", p.id)
	p.id, p.left = "", true
}

func (p *session) post(ev Event) { p.server.hub.post(p.ctx, p.room, post{event: ev}) }
