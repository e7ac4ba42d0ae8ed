package signaling

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"unicode/utf8"
)

// A value is the text of one JSON value inside a message that has passed check,
// without surrounding space; nil stands for an absent one. Its methods walk the
// text in place, so a message costs no more memory than the fields that are
// read from it. They never fail: what is of the wrong type is absent.
type value []byte

// check makes sure that text is one JSON value within the limits.
func check(text []byte, limit int) (value, error) {
	switch {
	case len(text) > limit:
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrMalformed, len(text), limit)
	case !utf8.Valid(text):
		return nil, fmt.Errorf("%w: not UTF-8", ErrMalformed)
	case nesting(text) > maxNesting:
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrMalformed, maxNesting)
	case !json.Valid(text):
		return nil, fmt.Errorf("%w: not JSON", ErrMalformed)
	}
	return value(trimSpace(text)), nil
}

// missing reports a field without which a message says nothing.
func missing(action, field string) error {
	return fmt.Errorf("%w: %s without a valid %s", ErrMalformed, action, field)
}

func trimSpace(b []byte) []byte { return bytes.Trim(b, " \t\r\n") }

// nesting returns how deep objects and arrays nest in text, valid JSON or not.
func nesting(text []byte) int {
	depth, deepest := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += stringEnd(text[i:]) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// stringEnd returns the length of the JSON string at the start of b.
func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// valueEnd returns the length of the JSON value at the start of b.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i += stringEnd(b[i:]) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return i // the end of what encloses a number or a literal
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(b)
}

func (v value) isObject() bool { return len(v) > 0 && v[0] == '{' }
func (v value) isNull() bool   { return string(v) == "null" }
func (v value) isTrue() bool   { return string(v) == "true" }
func (v value) clone() value   { return bytes.Clone(v) }

// inside returns the text between the brackets of an object or array.
func (v value) inside(opening byte) []byte {
	if len(v) < 2 || v[0] != opening {
		return nil
	}
	return trimSpace(v[1 : len(v)-1])
}

// next cuts the first value off b and the separator that follows it.
func next(b []byte) (v value, rest []byte) {
	end := valueEnd(b)
	v, rest = value(b[:end]), trimSpace(b[end:])
	if len(rest) > 0 {
		rest = trimSpace(rest[1:])
	}
	return v, rest
}

// fields walks an object: names (still quoted) and values.
func (v value) fields() iter.Seq2[value, value] {
	return func(yield func(name, field value) bool) {
		for rest := v.inside('{'); len(rest) > 0; {
			end := stringEnd(rest)
			name := value(rest[:end])
			rest = trimSpace(rest[end:])
			if len(rest) == 0 {
				return
			}
			var field value
			field, rest = next(trimSpace(rest[1:])) // after the colon
			if !yield(name, field) {
				return
			}
		}
	}
}

// elements walks an array.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		for rest := v.inside('['); len(rest) > 0; {
			var e value
			e, rest = next(rest)
			if !yield(e) {
				return
			}
		}
	}
}

// get returns a field of an object; of several with one name the last, as
// everywhere with JSON. A name written with escapes does not match: nobody
// escapes the letters that our names are made of.
func (v value) get(name string) value {
	var found value
	for quoted, field := range v.fields() {
		if string(quoted[1:len(quoted)-1]) == name {
			found = field
		}
	}
	return found
}

// text returns a string of at most limit bytes.
func (v value) text(limit int) (string, bool) {
	const longestEscape = 6 // \u0041, for a single byte
	if len(v) < 2 || v[0] != '"' || len(v)-2 > longestEscape*limit {
		return "", false
	}
	if bytes.IndexByte(v, '\\') < 0 {
		s := v[1 : len(v)-1]
		if len(s) > limit {
			return "", false
		}
		return string(s), true
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil || len(s) > limit {
		return "", false
	}
	return s, true
}

// str returns a string of at most MaxString bytes, otherwise "".
func (v value) str() string {
	s, _ := v.text(MaxString)
	return s
}

// id returns a peer id, otherwise "". A number is accepted (protocol 1.5).
func (v value) id() PeerID {
	if s, ok := v.text(MaxID); ok {
		return PeerID(s)
	}
	if !v.isNumber() || len(v) > MaxID {
		return ""
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		return ""
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if f == math.Trunc(f) {
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			s = strconv.FormatInt(n, 10) // exact beyond 2^53
		}
	}
	if len(s) > MaxID {
		return ""
	}
	return PeerID(s)
}

func (v value) isNumber() bool {
	return len(v) > 0 && (v[0] == '-' || '0' <= v[0] && v[0] <= '9')
}

// number returns a number or a string that holds one (protocol 1.5). What
// exceeds a float64 comes as an infinity.
func (v value) number() (float64, bool) {
	token := v
	if s, ok := v.text(MaxID); ok {
		token = value(s)
		if !json.Valid(token) {
			return 0, false
		}
		token = trimSpace(token)
	}
	if !token.isNumber() {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(token), 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange)
}

// clamped returns a number from least to most; least when there is none.
func (v value) clamped(least, most float64) float64 {
	f, ok := v.number()
	if !ok {
		return least
	}
	return min(max(f, least), most)
}

// integer returns a rounded number if it is from least to most.
func (v value) integer(least, most int64) (int64, bool) {
	f, ok := v.number()
	f = math.Round(f)
	if !ok || f < float64(least) || f > float64(most) {
		return 0, false
	}
	return int64(f), true
}

// maxRate is the highest rate that is believed (protocol 10, case 82).
const maxRate = 10e9

// clampedRate returns a rate, with 0 for none and the maximum for anything
// above it: how servers read what peers say of themselves.
func (v value) clampedRate() BitRate { return BitRate(v.clamped(0, maxRate)) }

// rate returns a rate that is there and plausible: how peers read what servers
// say of others.
func (v value) rate() (BitRate, bool) {
	f, ok := v.number()
	if !ok || f < 0 || f > maxRate {
		return 0, false
	}
	return BitRate(f), true
}

// seq returns a sequence number, 0 when absent.
func (v value) seq() uint64 {
	n, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
