package tracker

import (
	"context"
	"net/http"

	"hlspeer/signaling"
)

// serveTopology is /topology (protocol 6). The channel is in the address, or
// comes with get_topology.
func (s *Server) serveTopology(w http.ResponseWriter, r *http.Request) {
	room := channelOf(r.URL.Query().Get("room"))
	if len(room) > signaling.MaxString {
		refuse(w, http.StatusBadRequest, errLongName)
		return
	}
	if !s.hub.admit() {
		refuse(w, http.StatusServiceUnavailable, errManyViewers)
		return
	}
	defer s.hub.dismiss()
	s.accept(w, r, s.viewerSocket(), func(ctx context.Context, sock *socket) {
		p := &watching{bus: s.hub, ctx: ctx, socket: sock, watcher: newWatcher()}
		p.watch(room)
		pumped := make(chan struct{})
		go func() {
			defer close(pumped)
			p.pump()
		}()
		sock.serve(ctx, p.handle)
		<-pumped
		p.unwatch()
	})
}

// A watching is one viewer on its socket.
type watching struct {
	bus     roomBus
	ctx     context.Context
	socket  *socket
	watcher *watcher
	room    string // "" or unknown to all: a graph without peers
}

func (p *watching) handle(m signaling.Message) {
	switch m := m.(type) {
	case signaling.GetTopology:
		if room := channelOf(m.Channel); room != "" && room != p.room {
			p.unwatch()
			p.watch(room)
			return
		}
		p.want(true, false)
	case signaling.GetStats:
		p.want(false, true)
	}
}

// watch begins with a channel; the pump asks for the snapshot.
func (p *watching) watch(room string) {
	p.room = room
	if err := p.bus.follow(room, p.watcher); err != nil {
		p.socket.end(busy(err))
		return
	}
	p.watcher.turn(room)
}

// unwatch has the room look whether it is still watched.
func (p *watching) unwatch() {
	if p.bus.unfollow(p.room, p.watcher) {
		p.bus.ask(p.ctx, p.room)
	}
}

func (p *watching) want(topology, totals bool) {
	if p.watcher.want(topology, totals) {
		p.bus.ask(p.ctx, p.room)
	}
}

// pump carries what waits for the viewer to its socket, as fast as that takes
// it, until the socket ends.
func (p *watching) pump() {
	for {
		m, room, ask := p.watcher.next()
		switch {
		case ask:
			p.bus.ask(p.ctx, room)
		case m == nil:
			select {
			case <-p.watcher.wake:
			case <-p.socket.ended:
				return
			}
		case !p.socket.push(m):
			return
		}
	}
}
