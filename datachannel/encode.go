package datachannel

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// appendKey writes `,"key":`. Keys are ours and need no escaping.
func appendKey(dst []byte, key string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, key...)
	return append(dst, '"', ':')
}

func appendInt(dst []byte, key string, n int64) []byte {
	return appendNumber(appendKey(dst, key), n)
}

func appendNumber(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// appendFloat writes a number without an exponent. JSON has no NaN and no
// infinity: they become 0.
func appendFloat(dst []byte, key string, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	return strconv.AppendFloat(appendKey(dst, key), f, 'f', -1, 64)
}

func appendString(dst []byte, key, s string) []byte {
	return appendQuoted(appendKey(dst, key), s)
}

// appendSN writes a sequence number unless it is absent.
func appendSN(dst []byte, key string, sn SN) []byte {
	if sn < 0 {
		return dst
	}
	return appendInt(dst, key, int64(sn))
}

// appendQuoted writes s as a JSON string. Only what JSON demands is escaped, so
// that a URL goes out as it came in.
func appendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
