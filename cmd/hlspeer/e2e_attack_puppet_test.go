//go:build e2e

package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"hlspeer/signaling"
)

// A puppet stands in the place of the tracker and says what an attack wants it to.
// By itself it names peers p1, p2 and so on, carries signals, and that is all.
type puppet struct {
	url  string
	slam bool // every socket ends at once
	// carry changes a signal on its way, or takes it (nil). It may be nil.
	carry func(from, to signaling.PeerID, data []byte) []byte

	mu      sync.Mutex
	ids     []signaling.PeerID
	sockets map[signaling.PeerID]*strand // to the scheduler
	relays  map[signaling.PeerID]*strand
	came    int // sockets, in all
}

// strand is a socket to one peer.
type strand struct {
	mu   sync.Mutex
	conn *websocket.Conn
}

func (s *strand) say(text string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.WriteMessage(websocket.TextMessage, []byte(text)) // the peer may have gone
}

func newPuppet(t *testing.T) *puppet {
	p := &puppet{sockets: map[signaling.PeerID]*strand{}, relays: map[signaling.PeerID]*strand{}}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	p.url = srv.URL
	return p
}

// ServeHTTP implements [http.Handler].
func (p *puppet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // it has been answered
	}
	defer conn.Close()
	p.mu.Lock()
	p.came++
	slam := p.slam
	p.mu.Unlock()
	switch id := signaling.PeerID(r.URL.Query().Get("id")); {
	case slam:
	case r.URL.Path == "/signal":
		p.relay(conn, id)
	default:
		p.schedule(conn)
	}
}

// listen hands on what the peer says until it goes.
func listen(conn *websocket.Conn, hear func(signaling.Message)) {
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if m, _, err := signaling.ParsePeer(text); err == nil {
			hear(m)
		}
	}
}

func (p *puppet) schedule(conn *websocket.Conn) {
	s := &strand{conn: conn}
	listen(conn, func(m signaling.Message) {
		enter, ok := m.(signaling.Enter)
		if !ok {
			return
		}
		p.mu.Lock()
		id := enter.Resume
		if id == "" {
			id = signaling.PeerID(fmt.Sprint("p", len(p.ids)+1))
		}
		if !slices.Contains(p.ids, id) {
			p.ids = append(p.ids, id)
		}
		p.sockets[id] = s
		p.mu.Unlock()
		s.say(fmt.Sprintf(`{"action":"accept","peer_id":%q,"substreams":4,"report_span":60}`, id))
	})
}

func (p *puppet) relay(conn *websocket.Conn, id signaling.PeerID) {
	p.mu.Lock()
	p.relays[id] = &strand{conn: conn}
	p.mu.Unlock()
	listen(conn, func(m signaling.Message) {
		s, ok := m.(signaling.Signal)
		if !ok {
			return
		}
		p.mu.Lock()
		carry, data := p.carry, []byte(s.Data)
		p.mu.Unlock()
		if carry != nil {
			if data = carry(id, s.To, data); data == nil {
				return
			}
		}
		p.signal(id, s.To, data)
	})
}

// signal sends one in somebody's name.
func (p *puppet) signal(from, to signaling.PeerID, data []byte) {
	p.at(p.relays, to).say(string(signaling.Append(nil, signaling.Signal{From: from, Data: data})))
}

// tell sends text to a peer's scheduler socket.
func (p *puppet) tell(id signaling.PeerID, text string) { p.at(p.sockets, id).say(text) }

func (p *puppet) at(of map[signaling.PeerID]*strand, id signaling.PeerID) *strand {
	p.mu.Lock()
	defer p.mu.Unlock()
	return of[id]
}

// carries changes how signals travel.
func (p *puppet) carries(how func(from, to signaling.PeerID, data []byte) []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.carry = how
}

// parents makes somebody the parent of a peer for all substreams.
func (p *puppet) parents(child, parent signaling.PeerID) {
	p.tell(child, fmt.Sprintf(`{"action":"parents","nodes":[{"peer_id":%q,"residual_bw":1e9}]}`, parent))
}

// count is how many peers have come, and how many sockets.
func (p *puppet) count() (relays, sockets int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.relays), p.came
}

// close ends all sockets without a word, and those that come.
func (p *puppet) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slam = true
	for _, of := range []map[signaling.PeerID]*strand{p.sockets, p.relays} {
		for _, s := range of {
			_ = s.conn.NetConn().Close()
		}
	}
}
