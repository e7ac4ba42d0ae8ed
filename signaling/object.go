package signaling

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// An object writes JSON to the end of a buffer. Field names are written as they
// come; its users name them.
type object struct{ buf []byte }

// comma separates from what stands before. A value never ends with an opening
// bracket, so the last byte tells.
func (o *object) comma() {
	if last := o.buf[len(o.buf)-1]; last != '{' && last != '[' {
		o.buf = append(o.buf, ',')
	}
}

func (o *object) name(name string) {
	o.comma()
	o.buf = appendString(o.buf, name)
	o.buf = append(o.buf, ':')
}

// begin opens an object or array as a field; end closes it.
func (o *object) begin(name string, opening byte) {
	o.name(name)
	o.buf = append(o.buf, opening)
}

func (o *object) end(closing byte) { o.buf = append(o.buf, closing) }

// element opens an object as an element of an array.
func (o *object) element(opening byte) {
	o.comma()
	o.buf = append(o.buf, opening)
}

func (o *object) idElement(id PeerID) {
	o.comma()
	o.buf = appendString(o.buf, string(id))
}

func (o *object) text(name, s string) {
	o.name(name)
	o.buf = appendString(o.buf, s)
}

// optional writes a string unless it is empty.
func (o *object) optional(name, s string) {
	if s != "" {
		o.text(name, s)
	}
}

func (o *object) id(name string, id PeerID) { o.text(name, string(id)) }

func (o *object) bool(name string, b bool) {
	o.name(name)
	o.buf = strconv.AppendBool(o.buf, b)
}

func (o *object) int(name string, n int64) {
	o.name(name)
	o.buf = strconv.AppendInt(o.buf, n, 10)
}

func (o *object) seq(n uint64) {
	if n > 0 {
		o.name("seq")
		o.buf = strconv.AppendUint(o.buf, n, 10)
	}
}

// rate writes whole bits per second within what the parsers believe.
func (o *object) rate(name string, r BitRate) {
	f := float64(r)
	if math.IsNaN(f) {
		f = 0
	}
	o.int(name, int64(math.Round(min(max(f, 0), maxRate))))
}

// decimal writes a number rounded to some decimals.
func (o *object) decimal(name string, f float64, decimals int) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	scale := math.Pow10(decimals)
	if r := math.Round(f*scale) / scale; !math.IsInf(r, 0) {
		f = r
	}
	o.name(name)
	o.buf = strconv.AppendFloat(o.buf, f, 'f', -1, 64)
}

func (o *object) raw(name string, json []byte) {
	o.name(name)
	o.buf = append(o.buf, json...)
}

// appendString appends s as a JSON string. Bytes that are no UTF-8 become
// U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// sortedIDs returns the keys of m in order, so that output is reproducible.
func sortedIDs[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
