package datachannel

const eventRequest = "REQUEST"

// Request asks the parent for one segment (child to parent, protocol 3.1):
//
//	{"event":"REQUEST","url":"seg42.ts","sn":42,"br":2500000}
//
// Between peers of a swarm (protocol 5.2):
//
//	{"event":"REQUEST","sn":42,"urgent":true}
type Request struct {
	URL     string // as written in the playlist; "" if only SN is given
	SN      SN     // NoSN if absent
	BitRate int64  // bit/s of the stream, a hint; 0 if absent
	Urgent  bool   // it is about to be played; left out if false
}

// Event implements [Message].
func (Request) Event() string { return eventRequest }

func (m Request) appendFields(dst []byte) []byte {
	if m.URL != "" {
		dst = appendString(dst, "url", m.URL)
	}
	dst = appendSN(dst, "sn", m.SN)
	if m.BitRate > 0 {
		dst = appendInt(dst, "br", m.BitRate)
	}
	if m.Urgent {
		dst = append(appendKey(dst, "urgent"), "true"...)
	}
	return dst
}

func parseRequest(f *fields) (Message, string) {
	url, reason := f.URL.url()
	if reason != "" {
		return nil, reason
	}
	m := Request{URL: url, SN: f.SN.sn(), Urgent: f.Urgent.boolean()}
	m.BitRate, _ = f.BitRate.integer(0, maxInteger)
	if m.URL == "" && m.SN == NoSN {
		return nil, "neither url nor sn"
	}
	return m, ""
}
