package datachannel

const eventPong = "PONG"

// Pong answers a [Ping], one each:
//
//	{"event":"PONG"}
type Pong struct{}

// Event implements [Message].
func (Pong) Event() string { return eventPong }

func (Pong) appendFields(dst []byte) []byte { return dst }

func parsePong(*fields) (Message, string) { return Pong{}, "" }
