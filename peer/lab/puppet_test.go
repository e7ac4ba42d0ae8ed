package lab

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/pion/transport/v5"

	"hlspeer/datachannel"
	"hlspeer/peer"
	"hlspeer/signaling"
)

// puppet stands in the place of the tracker and says what a test wants it to.
// By itself it names peers p1, p2 and so on, carries signals, and that is all.
type puppet struct {
	gate *gate

	mu      sync.Mutex
	ids     []string         // of all peers so far, in the order in which they came
	sockets map[string]*cord // to the scheduler, by id
	relays  map[string]*cord
	offer   string // the last one that passed
}

// led directs a swarm whose tracker is a puppet.
func led(t *testing.T, c SwarmConfig, act func(st *stage, p *puppet)) {
	t.Helper()
	p := &puppet{sockets: map[string]*cord{}, relays: map[string]*cord{}}
	guarded(t, c, func(st *stage, g *gate) {
		p.gate = g
		g.behind(p)
		act(st, p)
	})
}

// cord is a socket to one peer.
type cord struct {
	conn *websocket.Conn
	out  chan []byte
	gone chan struct{}
}

func (p *puppet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &cord{conn: conn, out: make(chan []byte, 1<<15), gone: make(chan struct{})}
	defer conn.Close()
	var writing sync.WaitGroup
	defer writing.Wait()
	defer close(c.gone)
	writing.Go(c.write)
	if r.URL.Path == "/signal" {
		p.serveRelay(c, r.URL.Query().Get("id"))
	} else {
		p.serveScheduler(c)
	}
}

func (c *cord) write() {
	for {
		select {
		case text := <-c.out:
			if c.conn.WriteMessage(websocket.TextMessage, text) != nil {
				return
			}
		case <-c.gone:
			return
		}
	}
}

// say sends text, which may be anything.
func (c *cord) say(text string) {
	if c == nil {
		return
	}
	select {
	case c.out <- []byte(text):
	case <-c.gone:
	}
}

// listen hands on what the peer says until it goes.
func (c *cord) listen(hear func(signaling.Message)) {
	for {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		if m, _, err := signaling.ParsePeer(text); err == nil {
			hear(m)
		}
	}
}

func (p *puppet) serveScheduler(c *cord) {
	id := ""
	c.listen(func(m signaling.Message) {
		enter, ok := m.(signaling.Enter)
		p.mu.Lock()
		defer p.mu.Unlock()
		if !ok {
			return
		}
		if id = string(enter.Resume); id == "" {
			id = fmt.Sprint("p", len(p.ids)+1)
		}
		if !slices.Contains(p.ids, id) {
			p.ids = append(p.ids, id)
		}
		p.sockets[id] = c
		c.say(fmt.Sprintf(`{"action":"accept","peer_id":%q,"substreams":4,"report_span":60}`, id))
	})
}

func (p *puppet) serveRelay(c *cord, id string) {
	p.mu.Lock()
	p.relays[id] = c
	p.mu.Unlock()
	c.listen(func(m signaling.Message) {
		s, ok := m.(signaling.Signal)
		if !ok {
			return
		}
		p.mu.Lock()
		if datachannel.IsOffer(s.Data) {
			p.offer = string(s.Data)
		}
		to := p.relays[string(s.To)]
		p.mu.Unlock()
		to.say(string(signaling.Append(nil, signaling.Signal{From: signaling.PeerID(id), Data: s.Data})))
	})
}

// tell sends text to a peer's scheduler socket.
func (p *puppet) tell(id, text string) { p.socket(p.sockets, id).say(text) }

// signal sends text to a peer's relay socket.
func (p *puppet) signal(id, text string) { p.socket(p.relays, id).say(text) }

func (p *puppet) socket(of map[string]*cord, id string) *cord {
	p.mu.Lock()
	defer p.mu.Unlock()
	return of[id]
}

// parents makes somebody the parent of a peer for all substreams.
func (p *puppet) parents(child, parent string) {
	p.tell(child, fmt.Sprintf(`{"action":"parents","nodes":[{"peer_id":%q,"residual_bw":1e9}]}`, parent))
}

// adopt sends a peer below another one.
func (p *puppet) adopt(child, parent string) {
	p.tell(child, fmt.Sprintf(`{"action":"adopt","parent_id":%q,"residual_bw":1e9}`, parent))
}

// hangUp ends all sockets without a word.
func (p *puppet) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range p.ids {
		_ = p.sockets[id].conn.NetConn().Close()
		if c := p.relays[id]; c != nil {
			_ = c.conn.NetConn().Close()
		}
	}
}

// plugs counts the UDP sockets of peers: one for each link, open or not.
type plugs struct{ open, most atomic.Int64 }

// count lets the peers of a swarm be counted.
func (u *plugs) count(_ int, c *peer.Config) { c.Link.Net = plugged{c.Link.Net, u} }

type plugged struct {
	transport.Net
	count *plugs
}

// ListenUDP implements [transport.Net].
func (n plugged) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	open := n.count.open.Add(1)
	for most := n.count.most.Load(); open > most && !n.count.most.CompareAndSwap(most, open); {
		most = n.count.most.Load()
	}
	return &plug{UDPConn: conn, count: n.count}, nil
}

type plug struct {
	transport.UDPConn
	count *plugs
	once  sync.Once
}

// Close implements [transport.UDPConn].
func (p *plug) Close() error {
	p.once.Do(func() {
		p.count.open.Add(-1)
	})
	return p.UDPConn.Close()
}
