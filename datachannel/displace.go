package datachannel

const eventDisplace = "DISPLACE"

// Displace tells the parent to become the sender's child (climbing peer to its
// parent, protocol 3.7):
//
//	{"event":"DISPLACE","substreams":2}
type Displace struct {
	Substreams int // how many substreams change sides, 1 to 32; absent or invalid reads as 1
}

// Event implements [Message].
func (Displace) Event() string { return eventDisplace }

func (m Displace) appendFields(dst []byte) []byte {
	return appendInt(dst, "substreams", int64(max(m.Substreams, 1)))
}

func parseDisplace(f *fields) (Message, string) {
	return Displace{Substreams: f.Substreams.substreams()}, ""
}

// substreams is a number of substreams; what makes no sense counts as 1.
func (v value) substreams() int {
	n, ok := v.integer(1, maxInteger)
	if !ok {
		return 1
	}
	return int(min(n, MaxSubstreams))
}
