package datachannel

const eventClose = "CLOSE"

// Close says that the sender is about to close the channel on purpose (either
// direction, protocol 3.4). A [Link] sends and reads it by itself.
//
//	{"event":"CLOSE"}
type Close struct{}

// Event implements [Message].
func (Close) Event() string { return eventClose }

func (Close) appendFields(dst []byte) []byte { return dst }

func parseClose(*fields) (Message, string) { return Close{}, "" }
