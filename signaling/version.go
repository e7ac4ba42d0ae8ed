package signaling

// Version is how later relays greet: major*10 + minor. It needs no answer.
// Relay to peer, protocol 2.2.
//
//	{"action":"ver","ver":11}
type Version struct{ Ver int }

// Action is "ver".
func (Version) Action() string { return "ver" }

func (m Version) appendFields(o *object) { o.int("ver", int64(m.Ver)) }

func parseVersion(v value) Version {
	return Version{Ver: int(v.get("ver").clamped(0, 1<<20))}
}
