package hls

import (
	"bytes"
	"iter"
	"unicode"
)

// lineKind says what a line of a playlist is.
type lineKind uint8

const (
	tagLine     lineKind = iota // #EXT...
	segmentLine                 // a URI that belongs to an EXTINF
	variantLine                 // a URI that belongs to an EXT-X-STREAM-INF
	orphanLine                  // a URI that belongs to nothing; players skip it
)

// line is one line of a playlist without the blanks around it. Blank lines and
// comments are not shown.
type line struct {
	kind lineKind
	at   int    // where text begins in the playlist
	text []byte // the whole line
	name string // of a tag: what stands before the colon
	args []byte // of a tag: what stands behind the colon
}

// attr finds an attribute of a tag line.
func (l line) attr(name string) (value []byte, ok bool) {
	start, end, ok := findAttr(l.args, name)
	return l.args[start:end], ok
}

// value is an attribute of a tag line as text; "" where there is none.
func (l line) value(name string) string {
	value, _ := l.attr(name)
	return string(value)
}

var bom = []byte("\xef\xbb\xbf")

// lines walks over text and says what each line is.
func lines(text []byte) iter.Seq[line] {
	return func(yield func(line) bool) {
		var inf, variant bool // an EXTINF, an EXT-X-STREAM-INF waits for its URI
		next := 0
		if bytes.HasPrefix(text, bom) {
			next = len(bom)
		}
		for next < len(text) {
			raw := text[next:]
			if i := bytes.IndexByte(raw, '\n'); i >= 0 {
				raw = raw[:i]
			}
			left := bytes.TrimLeftFunc(raw, unicode.IsSpace)
			l := line{at: next + len(raw) - len(left), text: bytes.TrimRightFunc(left, unicode.IsSpace)}
			next += len(raw) + 1
			switch {
			case len(l.text) == 0:
				continue
			case bytes.HasPrefix(l.text, []byte("#EXT")):
				name, args, _ := bytes.Cut(l.text, []byte(":"))
				l.name, l.args = string(name), args
				inf = inf || l.name == "#EXTINF"
				variant = variant || l.name == "#EXT-X-STREAM-INF"
			case l.text[0] == '#':
				continue
			case inf:
				l.kind, inf = segmentLine, false
			case variant:
				l.kind, variant = variantLine, false
			default:
				l.kind = orphanLine
			}
			if !yield(l) {
				return
			}
		}
	}
}

// findAttr finds the value of an attribute in an attribute list, without its
// quotes. A quoted value may hold commas and equal signs.
func findAttr(list []byte, name string) (start, end int, ok bool) {
	for i := 0; i < len(list); {
		if list[i] == ',' || list[i] == ' ' || list[i] == '\t' {
			i++
			continue
		}
		eq := bytes.IndexAny(list[i:], "=,")
		if eq < 0 {
			return 0, 0, false
		}
		key := bytes.TrimSpace(list[i : i+eq])
		i += eq
		if list[i] == ',' { // a name without a value
			continue
		}
		start, end, i = attrValue(list, i+1)
		if string(key) == name {
			return start, end, true
		}
	}
	return 0, 0, false
}

// attrValue is the extent of the value that begins at i, and where to go on. A
// quote that is never closed reaches to the end of the list.
func attrValue(list []byte, i int) (start, end, next int) {
	if i < len(list) && list[i] == '"' {
		if n := bytes.IndexByte(list[i+1:], '"'); n >= 0 {
			return i + 1, i + 1 + n, i + n + 2
		}
		return i + 1, len(list), len(list)
	}
	if n := bytes.IndexByte(list[i:], ','); n >= 0 {
		return i, i + n, i + n
	}
	return i, len(list), len(list)
}
