package tracker

import (
	"context"
	"errors"
	"slices"
	"sync"

	"hlspeer/signaling"
)

var (
	errManyChannels = errors.New("this tracker has as many channels as it can bear")
	errManyPeers    = errors.New("this channel has as many peers as it can bear")
	errUnknownPeer  = errors.New("no peer has this id")
)

// maxRelays is how many relay sockets one id may hold. A browser's client leaves
// the old one open when it reconnects (protocol 16.8).
const maxRelays = 4

// A hub is the bus within one process: who is where. Its mutex is never held
// while anything waits.
type hub struct {
	*audience
	config Config
	start  func(*loop) bool // starts a room's goroutine; false when shutting down
	chance *chance
	meters *meters // of this process; set before a room begins
	feeds  *swarmFeeds

	mu     sync.Mutex
	rooms  map[string]*loop
	swarms map[string]int // by room name, how many peers are announced
	peers  map[signaling.PeerID]*entry
}

// An entry is how a peer is reached.
type entry struct {
	room      string
	announced bool      // it has no scheduler socket, but is a peer of a swarm
	scheduler *socket   // nil for a foreign id and for who is announced
	relays    []*socket // the newest last; that one gets the signals
	direct    bool      // it has no relay and signals over the scheduler socket
}

func (e *entry) reachable() bool { return len(e.relays) > 0 || e.direct }

// way returns the socket for signals, nil for none. One that is about to be
// unregistered is only taken where there is no other.
func (e *entry) way() *socket {
	for _, relay := range slices.Backward(e.relays) {
		if !relay.isLeaving() {
			return relay
		}
	}
	switch {
	case len(e.relays) > 0:
		return e.relays[len(e.relays)-1]
	case e.direct:
		return e.scheduler
	}
	return nil
}

func newHub(c Config, ch *chance, start func(*loop) bool) *hub {
	return &hub{
		audience: newAudience(c), config: c, start: start, chance: ch,
		rooms: make(map[string]*loop), swarms: make(map[string]int), peers: make(map[signaling.PeerID]*entry),
	}
}

// room checks whether one more peer may enter a room. The room need not exist.
func (h *hub) room(name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.check(name)
}

func (h *hub) check(name string) error {
	l := h.rooms[name]
	switch {
	case l == nil && h.full():
		return errManyChannels
	case l != nil && h.crowded(l.members):
		return errManyPeers
	}
	return nil
}

// full reports whether there may be no further channel of either kind.
func (h *hub) full() bool {
	return h.config.MaxChannels > 0 && len(h.rooms)+len(h.swarms) >= h.config.MaxChannels
}

// crowded reports whether a channel of so many peers may have no more.
func (h *hub) crowded(members int) bool {
	return h.config.MaxPeersPerChannel > 0 && members >= h.config.MaxPeersPerChannel
}

// enter gives a scheduler socket an id in a room, which is made if need be and
// then stays until leave. It is the id that the peer held before, if that is
// one of ours and nobody has it now (protocol 11.3, X11).
func (h *hub) enter(name string, s *socket, former signaling.PeerID) (signaling.PeerID, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.check(name); err != nil {
		return "", err
	}
	l := h.rooms[name]
	if l == nil {
		l = newLoop(name, NewRoom(RoomConfig{
			Substreams: h.config.Substreams, ReportSpan: h.config.ReportSpan,
			StreamRate: h.config.StreamRate, Rand: h.chance.source(),
			Plan: h.config.Plan, CompactShare: h.config.CompactShare, Standby: h.config.Standby,
		}), h, h.meters)
		if !h.start(l) {
			return "", errNotRunning
		}
		h.rooms[name] = l
		if h.feeds.stop(name) {
			h.audience.ended(name, h.nobody()) // its numbers begin here
		}
	}
	l.members++
	id := h.freeID(former)
	h.peers[id] = &entry{room: name, scheduler: s}
	return id, nil
}

// freeID returns the former id of a peer, or another one if that is not free.
func (h *hub) freeID(former signaling.PeerID) signaling.PeerID {
	id := former
	for !isPeerID(id) || h.peers[id] != nil {
		id = h.chance.peerID()
	}
	return id
}

// leave forgets a peer and returns the relay sockets that are of no use any
// more.
func (h *hub) leave(id signaling.PeerID) []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.peers[id]
	if e == nil {
		return nil
	}
	delete(h.peers, id)
	h.rooms[e.room].members--
	return e.relays
}

// retire forgets a room if no socket uses it. A swarm may have that name too.
func (h *hub) retire(l *loop) bool {
	f := h.remove(l)
	if f == nil {
		return false
	}
	h.feeds.serve(f) // or who has ended it since
	return true
}

// remove forgets a room and returns the feed that takes its place, nil if the room
// is in use.
func (h *hub) remove(l *loop) *swarmFeed {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.members > 0 {
		return nil
	}
	delete(h.rooms, l.name)
	h.audience.ended(l.name, h.nobody())
	return h.feeds.of(l.name)
}

// register makes s the way to reach id. It returns the peer's room, "" for a
// foreign id, and a socket that is one too many, or nil.
func (h *hub) register(id signaling.PeerID, s *socket) (room string, surplus *socket, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.peers[id]
	if e == nil {
		if !h.config.ForeignIDs {
			return "", nil, errUnknownPeer
		}
		e = &entry{}
		h.peers[id] = e
	}
	if len(e.relays) == maxRelays {
		surplus, e.relays = e.relays[0], e.relays[1:]
	}
	e.relays = append(slices.Clip(e.relays), s)
	return e.room, surplus, nil
}

// unregister takes back what register did. The id itself stays with its
// scheduler socket and with newer relay sockets.
func (h *hub) unregister(id signaling.PeerID, s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.peers[id]
	if e == nil {
		return
	}
	e.relays = slices.DeleteFunc(e.relays, func(r *socket) bool { return r == s })
	if e.scheduler == nil && !e.announced && len(e.relays) == 0 {
		delete(h.peers, id)
	}
}

// goDirect notes that a peer signals over its scheduler socket, unless it has a
// relay. It reports whether that changes anything.
func (h *hub) goDirect(id signaling.PeerID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.peers[id]
	if e == nil || e.reachable() {
		return false
	}
	e.direct = true
	return true
}

func (h *hub) reachable(id signaling.PeerID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.peers[id]
	return e != nil && e.reachable()
}

func (h *hub) relay(from, to signaling.PeerID, m signaling.Message) bool {
	s := h.wayBetween(from, to)
	return s != nil && s.send(m)
}

// wayBetween finds the way to a peer of the same room.
func (h *hub) wayBetween(from, to signaling.PeerID) *socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, b := h.peers[from], h.peers[to]
	if a == nil || b == nil || a == b || a.room != b.room {
		return nil
	}
	return b.way()
}

// roomOf returns the room that a peer is in; false for unknown and foreign ids.
func (h *hub) roomOf(id signaling.PeerID) (room string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.peers[id]
	if e == nil || e.scheduler == nil {
		return "", false
	}
	return e.room, true
}

func (h *hub) send(to signaling.PeerID, m signaling.Message) {
	h.mu.Lock()
	e := h.peers[to]
	h.mu.Unlock()
	if e == nil || e.scheduler == nil {
		return
	}
	if a, ok := m.(signaling.Accept); ok {
		if at := e.scheduler.speedTest; at != "" { // rooms do not know by which address they are reached
			a.SpeedTest = at + "?peer_id=" + string(to)
		}
		m = a
	}
	e.scheduler.send(m)
}

func (h *hub) post(ctx context.Context, room string, p post) {
	h.mu.Lock()
	l := h.rooms[room]
	h.mu.Unlock()
	if l == nil {
		return
	}
	select {
	case l.inbox <- p:
	case <-l.done:
	case <-ctx.Done():
	}
}

// ask has a room look at what its viewers want. Where there is none, there may be
// a swarm.
func (h *hub) ask(ctx context.Context, room string) {
	for {
		l, f := h.teller(room)
		if l != nil {
			h.post(ctx, room, post{event: viewersChanged{}})
			return
		}
		if h.feeds.serve(f) {
			return
		}
	}
}

// teller is who tells viewers of a channel: its room, or a feed.
func (h *hub) teller(room string) (*loop, *swarmFeed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.rooms[room]; l != nil {
		return l, nil
	}
	return nil, h.feeds.of(room)
}

// nobody is the graph of a channel without a room.
func (h *hub) nobody() signaling.Topology {
	return signaling.Topology{TotalStreams: h.config.Substreams, Seq: firstSeq}
}

// names returns the rooms there are, sorted.
func (h *hub) names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := make([]string, 0, len(h.rooms))
	for name := range h.rooms {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// size returns how many peers and rooms there are.
func (h *hub) size() (peers, rooms int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.rooms {
		peers += l.members
	}
	return peers, len(h.rooms)
}

// doubted returns how many peers are believed less than they claim.
func (h *hub) doubted() (n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.rooms {
		n += l.doubted.Load()
	}
	return n
}
