package signaling

import (
	"net/url"
	"strings"
)

// schedulerURL adds the parameters of protocol 2.1 to a scheduler's address.
func schedulerURL(base, key, room, mode string) string {
	return base + separator(base) + "key=" + escapeComponent(key) +
		"&room=" + escapeComponent(room) + "&mode=" + escapeComponent(mode)
}

// relayURL adds the registration of protocol 2.2 to a relay's address.
func relayURL(base string, id PeerID) string {
	return base + separator(base) + "id=" + escapeComponent(string(id))
}

func separator(base string) string {
	if strings.Contains(base, "?") {
		return "&"
	}
	return "?"
}

// escapeComponent escapes like encodeURIComponent of a browser, which servers
// of this protocol were written for: url.QueryEscape turns a space into a plus.
func escapeComponent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte("-_.!~*'()", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// hostOf returns what may be logged of an address.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
