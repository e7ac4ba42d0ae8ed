package datachannel

const eventLost = "LOST"

// Lost says that the sender holds a segment no more (either direction between
// peers of a swarm, protocol 5.2):
//
//	{"event":"LOST","sn":42}
type Lost struct {
	SN SN // 0 or above
}

// Event implements [Message].
func (Lost) Event() string { return eventLost }

func (m Lost) appendFields(dst []byte) []byte { return appendSN(dst, "sn", m.SN) }

func parseLost(f *fields) (Message, string) {
	sn := f.SN.sn()
	if sn == NoSN {
		return nil, "no sn"
	}
	return Lost{SN: sn}, ""
}
