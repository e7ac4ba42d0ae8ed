package datachannel

const eventPing = "PING"

// Ping asks for a [Pong], to measure the round trip (either direction between
// peers of a swarm, protocol 5.2):
//
//	{"event":"PING"}
type Ping struct{}

// Event implements [Message].
func (Ping) Event() string { return eventPing }

func (Ping) appendFields(dst []byte) []byte { return dst }

func parsePing(*fields) (Message, string) { return Ping{}, "" }
