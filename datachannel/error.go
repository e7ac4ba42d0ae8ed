package datachannel

import "strings"

const eventError = "ERROR"

// Error says that the sender gives the link up as failed (either direction,
// protocol 3.5). A [Link] reads it by itself.
//
//	{"event":"ERROR","reason":"bad piece"}
type Error struct {
	Reason string // for people; "" if absent; cut at 256 bytes
}

// Event implements [Message].
func (Error) Event() string { return eventError }

func (m Error) appendFields(dst []byte) []byte {
	if m.Reason == "" {
		return dst
	}
	return appendString(dst, "reason", m.Reason)
}

func parseError(f *fields) (Message, string) {
	reason, _ := f.Reason.text()
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "")
	}
	return Error{Reason: reason}, ""
}
