package datachannel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// maxSignal is the length in bytes that signal relays refuse (protocol 2.2).
const maxSignal = 5120

type signalKind int

const (
	signalIgnored signalKind = iota // well-formed, but of no use to us
	signalOffer
	signalAnswer
	signalCandidate
)

// signal is one signal object of simple-peer (protocol 2.3).
type signal struct {
	kind      signalKind
	sdp       string // offer, answer
	candidate string // candidate: the line, beginning with "candidate:"
}

// IsOffer reports whether a signal is an offer: for [Host.Answer] rather than
// [Link.Signal].
func IsOffer(data []byte) bool {
	s, err := parseSignal(data)
	return err == nil && s.kind == signalOffer
}

// parseSignal reads what a remote sent: the object, or a JSON string around it.
func parseSignal(data []byte) (signal, error) {
	if len(data) > MaxText {
		return signal{}, fmt.Errorf("%w: longer than 64 KiB", ErrBadSignal)
	}
	if data = bytes.TrimSpace(data); len(data) > 0 && data[0] == '"' {
		var inner string
		if err := json.Unmarshal(data, &inner); err != nil {
			return signal{}, fmt.Errorf("%w: bad JSON string", ErrBadSignal)
		}
		data = bytes.TrimSpace([]byte(inner))
	}
	var o struct {
		Type      value `json:"type"`
		SDP       value `json:"sdp"`
		Candidate value `json:"candidate"`
	}
	if len(data) == 0 || data[0] != '{' || json.Unmarshal(data, &o) != nil {
		return signal{}, fmt.Errorf("%w: not a JSON object", ErrBadSignal)
	}
	if sdp, ok := o.SDP.text(); ok {
		return descriptionSignal(o.Type, sdp), nil
	}
	return candidateSignal(o.Candidate)
}

func descriptionSignal(kind value, sdp string) signal {
	switch k, _ := kind.text(); k {
	case "offer":
		return signal{kind: signalOffer, sdp: sdp}
	case "answer":
		return signal{kind: signalAnswer, sdp: sdp}
	}
	return signal{}
}

// candidateSignal reads a candidate nested in an object, or bare. Absent and
// unusable ones are ignored: some senders mark the end of candidates.
func candidateSignal(v value) (signal, error) {
	line, ok := v.text()
	if !ok && !v.absent() {
		var o struct {
			Candidate value `json:"candidate"`
		}
		if json.Unmarshal(v, &o) != nil {
			return signal{}, fmt.Errorf("%w: candidate is not an object", ErrBadSignal)
		}
		line, _ = o.Candidate.text()
	}
	if !usableCandidate(line) {
		return signal{}, nil
	}
	return signal{kind: signalCandidate, candidate: line}, nil
}

// usableCandidate picks candidates over UDP with an address: TCP is not spoken
// here, and ".local" names can be resolved only by multicast.
func usableCandidate(line string) bool {
	f := strings.Fields(line)
	const protocol, address = 2, 4
	return len(f) >= 8 && strings.EqualFold(f[protocol], "udp") &&
		!strings.HasSuffix(strings.ToLower(f[address]), ".local")
}

// encodeDescription makes the signal object of an offer or answer.
func encodeDescription(kind, sdp string) []byte {
	b := []byte(`{"type":`)
	b = appendQuoted(b, kind)
	b = appendString(b, "sdp", sdp)
	return append(b, '}')
}

// encodeCandidate makes the signal object of a candidate: nested, and always
// with mid and index, or older peers destroy the connection (protocol 16.9).
func encodeCandidate(line, mid string) []byte {
	b := []byte(`{"candidate":{"candidate":`)
	b = appendQuoted(b, line)
	b = appendInt(b, "sdpMLineIndex", 0)
	b = appendString(b, "sdpMid", mid)
	return append(b, '}', '}')
}

// mediaID is the mid of the first section of an SDP; "0" if it has none.
func mediaID(sdp string) string {
	_, rest, ok := strings.Cut(sdp, "\na=mid:")
	if !ok {
		return "0"
	}
	mid, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(mid)
}
