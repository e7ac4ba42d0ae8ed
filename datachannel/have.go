package datachannel

const eventHave = "HAVE"

// Have says that the sender has got a segment (either direction between peers of
// a swarm, protocol 5.2):
//
//	{"event":"HAVE","sn":42}
type Have struct {
	SN SN // 0 or above
}

// Event implements [Message].
func (Have) Event() string { return eventHave }

func (m Have) appendFields(dst []byte) []byte { return appendSN(dst, "sn", m.SN) }

func parseHave(f *fields) (Message, string) {
	sn := f.SN.sn()
	if sn == NoSN {
		return nil, "no sn"
	}
	return Have{SN: sn}, ""
}
