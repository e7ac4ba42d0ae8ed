package tracker

import (
	"strings"

	"hlspeer/signaling"
)

// swarmMark begins the names by which the hub knows swarms. A room has none
// that begins so: it is cut off before the first question mark.
const swarmMark = "?"

// isSwarm says whether a room of the hub is a swarm, which has no loop.
func isSwarm(room string) bool { return strings.HasPrefix(room, swarmMark) }

// announce gives a peer an id in a swarm, which counts as a channel while it
// has peers, and stays until forget. The id is the former one on the same terms
// as in enter.
func (h *hub) announce(swarm string, former signaling.PeerID) (signaling.PeerID, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	members := h.swarms[swarm]
	switch {
	case members == 0 && h.full():
		return "", errManyChannels
	case h.crowded(members):
		return "", errManyPeers
	}
	h.swarms[swarm]++
	id := h.freeID(former)
	h.peers[id] = &entry{room: swarm, announced: true}
	return id, nil
}

// forget takes back what announce did and closes the peer's relay sockets:
// nobody can be reached under the id any more.
func (h *hub) forget(id signaling.PeerID) {
	h.mu.Lock()
	e := h.peers[id]
	delete(h.peers, id)
	if h.swarms[e.room]--; h.swarms[e.room] == 0 {
		delete(h.swarms, e.room)
	}
	h.mu.Unlock()
	for _, relay := range e.relays {
		relay.end(endLeft)
	}
}
