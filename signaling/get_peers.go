package signaling

// GetPeers asks a BitTorrent tracker who is in the swarm. Peer to tracker by HTTP
// (protocol 5.1), which makes it no message of a socket: [Swarm.Send] takes it. The
// answer is the event [Peers].
type GetPeers struct{}

// Action is "get_peers".
func (GetPeers) Action() string { return "get_peers" }

func (GetPeers) appendFields(*object) {}
