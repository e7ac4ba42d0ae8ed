package datachannel

const eventPolluted = "POLLUTED"

// Polluted says that a segment which the receiver has sent differs from the HTTP
// source's (either direction; an extension). It goes only to who has said by
// [Caps] that it listens. Who gets it may have been deceived itself, and looks
// closer at what its own parents send for a while:
//
//	{"event":"POLLUTED","sn":42,"url":"seg42.ts"}
type Polluted struct {
	SN  SN     // 0 or above
	URL string // as the segment was asked for; may be empty
}

// Event implements [Message].
func (Polluted) Event() string { return eventPolluted }

func (m Polluted) appendFields(dst []byte) []byte {
	dst = appendSN(dst, "sn", m.SN)
	if m.URL != "" {
		dst = appendString(dst, "url", m.URL)
	}
	return dst
}

func parsePolluted(f *fields) (Message, string) {
	url, reason := f.URL.url()
	sn := f.SN.sn()
	if reason == "" && sn == NoSN {
		reason = "no sn"
	}
	return Polluted{SN: sn, URL: url}, reason
}
