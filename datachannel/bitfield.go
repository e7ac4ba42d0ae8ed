package datachannel

import (
	"bytes"
	"iter"
	"slices"
)

const eventBitfield = "BITFIELD"

// MaxBitfield is how many entries of a BITFIELD are kept, or written.
const MaxBitfield = 8192

// Bitfield says which segments the sender holds, all of them: a list, not a mask.
// It is the first message on a link between peers of a swarm (both directions,
// protocol 5.2):
//
//	{"event":"BITFIELD","field":[0,1,2]}
//
// It also says that the sender knows PIECE_NOT_FOUND and not LACK, see [Lack].
// Of a list too long for one message the highest numbers are written, the newest
// that fit, in rising order.
type Bitfield struct {
	SNs []SN // in any order; nil if the sender holds none
}

// Event implements [Message].
func (Bitfield) Event() string { return eventBitfield }

func (m Bitfield) appendFields(dst []byte) []byte {
	dst = append(appendKey(dst, "field"), '[')
	for i, sn := range m.written() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendNumber(dst, int64(sn))
	}
	return append(dst, ']')
}

// bitfieldRoom is how many bytes the list may take with a comma behind each
// entry. One byte less than MaxText is written in all: older pion closes a channel
// on 64 KiB (protocol 2.6).
const bitfieldRoom = MaxText - 1 - len(`{"event":"BITFIELD","field":[]}`) + len(`,`)

// written is the part of the list that goes out.
func (m Bitfield) written() []SN {
	if room, valid := m.measure(); valid && room <= bitfieldRoom && len(m.SNs) <= MaxBitfield {
		return m.SNs
	}
	sorted := slices.Clone(m.SNs)
	slices.Sort(sorted)
	first, room := len(sorted), bitfieldRoom
	for first > 0 && len(sorted)-first < MaxBitfield && sorted[first-1] >= 0 {
		if room -= digits(sorted[first-1]) + 1; room < 0 {
			break
		}
		first--
	}
	return sorted[first:]
}

// measure is the room that the whole list takes, and whether all of it are
// sequence numbers.
func (m Bitfield) measure() (room int, valid bool) {
	for _, sn := range m.SNs {
		if sn < 0 {
			return 0, false
		}
		room += digits(sn) + 1
	}
	return room, true
}

// digits is how many characters a sequence number takes.
func digits(sn SN) int {
	n := 1
	for ; sn >= 10; sn /= 10 {
		n++
	}
	return n
}

// parseBitfield skips entries that are no sequence numbers, and drops what is
// above the limit.
func parseBitfield(f *fields) (Message, string) {
	if f.Field.absent() {
		return Bitfield{}, ""
	}
	if f.Field[0] != '[' {
		return nil, "field is not an array"
	}
	var sns []SN
	for entry := range f.Field.entries() {
		sn := entry.sn()
		if sn == NoSN {
			continue
		}
		if sns == nil {
			sns = make([]SN, 0, min(bytes.Count(f.Field, []byte(","))+1, MaxBitfield))
		}
		if sns = append(sns, sn); len(sns) == MaxBitfield {
			break
		}
	}
	return Bitfield{SNs: sns}, ""
}

// entries are the undecoded entries of an array, one after another, so that a
// long list is never held in pieces. An empty array gives one empty value.
func (v value) entries() iter.Seq[value] {
	return func(yield func(value) bool) {
		depth, quoted, begin := 0, false, 1
		for i := 0; i < len(v); i++ {
			switch c := v[i]; {
			case quoted && c == '\\':
				i++
			case c == '"':
				quoted = !quoted
			case quoted:
			case depth == 1 && (c == ',' || c == ']'):
				if !yield(bytes.TrimSpace(v[begin:i])) {
					return
				}
				begin = i + 1
			case c == '[' || c == '{':
				depth++
			case c == ']' || c == '}':
				depth--
			}
		}
	}
}
