package signaling

// Leave says that the peer goes; it closes the socket next. Peer to server,
// protocol 4.3 and 7.9.
//
//	{"action":"leave"}
type Leave struct{}

// Action is "leave".
func (Leave) Action() string { return "leave" }

func (Leave) appendFields(*object) {}
