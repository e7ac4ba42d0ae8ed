package signaling

import "errors"

// A PeerID names a peer within its channel. The scheduler assigns it; to
// everybody else it is opaque. It lives as long as the scheduler socket
// (protocol 1.8). On the wire it is a string of 1 to 128 bytes; a number is
// accepted and read as its decimal text.
type PeerID string

// A BitRate is in bits per second. On the wire it is a whole number (protocol
// 1.7). Parsers return values from 0 to 10 Gbit/s only.
type BitRate float64

// A Message is one of the message types of this package. The set is closed.
type Message interface {
	// Action is the wire name of the message, the value of its "action" field.
	Action() string
	// appendFields writes the fields that follow the action.
	appendFields(o *object)
}

// An Envelope holds the fields that a peer merges into every message after
// accept (protocol 2.1). Both are claims of the sender: a server knows better
// from the socket.
type Envelope struct {
	Channel string
	PeerID  PeerID
}

// Limits of what the parsers accept. A longer message is malformed, a longer
// field counts as absent, and entries beyond a list's limit are dropped.
const (
	MaxMessage = 256 << 10 // bytes of one message; the read limit of a socket
	MaxFeed    = 8 << 20   // bytes of one message of the topology feed
	MaxEntries = 256       // entries of a list or map in a peer's message
	MaxID      = 128       // bytes of a peer id
	MaxString  = 4 << 10   // bytes of any other string

	maxNesting   = 32
	maxFeedNodes = 32 << 10
)

var (
	// ErrUnknown says that the action is not one of this direction. Callers
	// skip such a message (protocol 1.3).
	ErrUnknown = errors.New("unknown message")
	// ErrMalformed says that the text is no message: not a JSON object, over a
	// limit, or without a field that the message cannot do without.
	ErrMalformed = errors.New("malformed message")
)
