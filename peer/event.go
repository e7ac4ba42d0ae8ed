package peer

import (
	"encoding/json"
	"time"
)

// The types of events.
const (
	EventMessage = "message"
	EventSegment = "segment"
	EventLink    = "link"
	EventState   = "state"
)

// Event is one thing that happened, for those who watch at /api/v1/events.
// Exactly one of the pointers is set, the one that Type names.
type Event struct {
	Type    string        `json:"type"`
	At      time.Time     `json:"at"`
	Channel string        `json:"channel"`        // its name
	Room    string        `json:"room"`           // of the playlist, without query
	Peer    string        `json:"peer,omitempty"` // the remote; none: the source, the tracker or we
	Message *MessageEvent `json:"message,omitempty"`
	Segment *Provenance   `json:"segment,omitempty"` // that has ended
	Link    *LinkEvent    `json:"link,omitempty"`
	State   *StateEvent   `json:"state,omitempty"`
}

// The directions of messages.
const (
	DirectionIn  = "in"
	DirectionOut = "out"
)

// ViaLink says that a message went over the data channel to a peer; see
// [signaling.Via] for the other ways.
const ViaLink = "link"

// KindAttachments is the kind of a message that stands for all binary messages of
// one piece. Its fields are those of PIECE, and count, bytes, seconds, error.
const KindAttachments = "attachments"

// MessageEvent is one message on the wire.
type MessageEvent struct {
	Via       string `json:"via"` // "link", "scheduler", "relay" or "tracker"
	Direction string `json:"direction"`
	Kind      string `json:"kind"`  // in small letters: "request", "piece", "get_parents"; "unreadable"
	Bytes     int64  `json:"bytes"` // on the wire
	// Fields is the message itself, as one object; null where it is none. Keys,
	// tokens, queries of URLs and the passwords of descriptions are "…" in it, texts
	// of more than 4096 bytes and lists of more than 256 entries are cut.
	Fields json.RawMessage `json:"fields"`
}

// LinkEvent is a link that has opened or ended.
type LinkEvent struct {
	Event string `json:"event"`           // "open" or "closed"
	Child bool   `json:"child"`           // the remote had dialled us
	Cause string `json:"cause,omitempty"` // of its end
}

// StateEvent is a change of our place at the tracker.
type StateEvent struct {
	Event  string `json:"event"`             // "joined", "relay up", "relay down", "offline" or "rejected"
	PeerID string `json:"peer_id,omitempty"` // that we have from now on
	Cause  string `json:"cause,omitempty"`
}
