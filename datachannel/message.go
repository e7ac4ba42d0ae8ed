package datachannel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Limits of what is read from a remote peer.
const (
	// MaxText is the longest control message in bytes. A longer one ends the link.
	MaxText = 64 << 10
	// MaxURL is the longest segment URL in bytes.
	MaxURL = 2 << 10
	// MaxAttachments is the largest number of binary messages of one piece.
	MaxAttachments = 1 << 16
	// MaxGrantParents is how many parents of a GRANT are kept.
	MaxGrantParents = 16
	// MaxSubstreams is the largest number of substreams one message may name.
	MaxSubstreams = 32

	maxNesting = 32
	maxID      = 256
	maxReason  = 256
)

// PeerID names a peer. It is opaque and given by the server (protocol 1.8).
type PeerID string

// SN is the media sequence number of a segment. It may be 0.
type SN int64

// NoSN stands for a sequence number that is absent or "none".
const NoSN SN = -1

// Message is one control message of the data channel. The set is closed: only
// the types of this package implement it.
type Message interface {
	// Event is the discriminator of the message, such as "REQUEST".
	Event() string
	// appendFields writes the fields behind the event, each with a leading comma.
	appendFields(dst []byte) []byte
}

// ErrUnknown means a well-formed message of a kind that this package does not
// know. Receivers skip it (protocol 1.3).
var ErrUnknown = errors.New("unknown message")

// ErrMalformed is what every [MalformedError] wraps.
var ErrMalformed = errors.New("malformed message")

// MalformedError says why a text is no message of the protocol.
type MalformedError struct {
	Event  string // empty if the message did not get that far
	Reason string
}

func (e *MalformedError) Error() string {
	if e.Event == "" {
		return "malformed message: " + e.Reason
	}
	return "malformed " + e.Event + ": " + e.Reason
}

// Unwrap makes errors.Is(err, ErrMalformed) true.
func (e *MalformedError) Unwrap() error { return ErrMalformed }

// Parse reads one control message. It accepts what lenient senders write
// (protocol 1.5) and ignores unknown fields. Any input gives a message,
// [ErrUnknown] or a [MalformedError]; text is not kept.
func Parse(text []byte) (Message, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	var f fields
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, &MalformedError{Reason: "not a JSON object"}
	}
	event, ok := f.Event.text()
	if !ok {
		return nil, &MalformedError{Reason: "event is not a string"}
	}
	parse, known := parser(event)
	if !known {
		return nil, fmt.Errorf("%w: %.32q", ErrUnknown, event)
	}
	m, reason := parse(&f)
	if reason != "" {
		return nil, &MalformedError{Event: event, Reason: reason}
	}
	return m, nil
}

// Append writes m behind dst as one JSON object, with the protocol's field
// names and types exactly. Absent optional fields are left out.
func Append(dst []byte, m Message) []byte {
	dst = append(dst, `{"event":"`...)
	dst = append(dst, m.Event()...)
	dst = append(dst, '"')
	dst = m.appendFields(dst)
	return append(dst, '}')
}

// parser finds the function that reads the fields of an event. The functions
// return a reason in place of a message if a field makes it unusable.
func parser(event string) (func(*fields) (Message, string), bool) {
	switch event {
	case eventRequest:
		return parseRequest, true
	case eventPiece:
		return parsePiece, true
	case eventLack, eventPieceNotFound:
		return parseLack, true
	case eventKeepalive:
		return parseKeepalive, true
	case eventKeepaliveAck:
		return parseKeepaliveAck, true
	case eventClose:
		return parseClose, true
	case eventError:
		return parseError, true
	case eventDisplace:
		return parseDisplace, true
	case eventTransition:
		return parseTransition, true
	case eventGrant:
		return parseGrant, true
	case eventBitfield:
		return parseBitfield, true
	case eventHave:
		return parseHave, true
	case eventLost:
		return parseLost, true
	case eventPieceAck:
		return parsePieceAck, true
	case eventPing:
		return parsePing, true
	case eventPong:
		return parsePong, true
	case eventCaps:
		return parseCaps, true
	case eventPolluted:
		return parsePolluted, true
	}
	return nil, false
}

// checkText refuses what must not reach the JSON decoder: its own nesting limit
// is far above ours, and it would repair invalid UTF-8 silently.
func checkText(text []byte) error {
	if len(text) > MaxText {
		return &MalformedError{Reason: "longer than 64 KiB"}
	}
	if !utf8.Valid(text) {
		return &MalformedError{Reason: "not UTF-8"}
	}
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
		return &MalformedError{Reason: "not a JSON object"}
	}
	if nestsDeeper(text, maxNesting) {
		return &MalformedError{Reason: "nested deeper than 32"}
	}
	return nil
}

// nestsDeeper reports whether brackets outside of strings nest deeper than limit.
func nestsDeeper(text []byte, limit int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
