package datachannel

const eventTransition = "TRANSITION"

// Bounds of numbers that are passed on without a meaning here.
const (
	maxUplink = 1e15    // bit/s
	maxHops   = 1 << 16 // hops
)

// Transition asks the ancestors whether the requester may climb above them
// (child to parent, passed on upwards, protocol 3.8):
//
//	{"event":"TRANSITION","ul_bw":4194304,"TTL":2,"source_TTL":2,"from_peer_id":"B"}
type Transition struct {
	UplinkBW  float64 // the requester's whole uplink, bit/s, may be fractional
	TTL       int     // hops left
	SourceTTL int     // hops at the start
	From      PeerID  // the requester
}

// Event implements [Message].
func (Transition) Event() string { return eventTransition }

func (m Transition) appendFields(dst []byte) []byte {
	dst = appendFloat(dst, "ul_bw", m.UplinkBW)
	dst = appendInt(dst, "TTL", int64(m.TTL))
	dst = appendInt(dst, "source_TTL", int64(m.SourceTTL))
	return appendString(dst, "from_peer_id", string(m.From))
}

func parseTransition(f *fields) (Message, string) {
	uplink, ok := f.UplinkBW.float()
	if !ok || uplink < 0 || uplink > maxUplink {
		return nil, "ul_bw is not a bandwidth"
	}
	ttl, ok := f.TTL.integer(-maxHops, maxHops)
	if !ok {
		return nil, "TTL is not a number of hops"
	}
	source, ok := f.SourceTTL.integer(-maxHops, maxHops)
	if !ok {
		return nil, "source_TTL is not a number of hops"
	}
	from, ok := f.From.id()
	if !ok {
		return nil, "from_peer_id is not an id"
	}
	return Transition{UplinkBW: uplink, TTL: int(ttl), SourceTTL: int(source), From: from}, ""
}
