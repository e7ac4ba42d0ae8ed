package signaling

// UplinkBW reports a measured or newly configured uplink. Peer to server,
// protocol 4.4.
//
//	{"action":"ul_bw","value":8000000}
type UplinkBW struct{ Value BitRate }

// Action is "ul_bw".
func (UplinkBW) Action() string { return "ul_bw" }

func (m UplinkBW) appendFields(o *object) { o.rate("value", m.Value) }

func parseUplinkBW(v value) (Message, error) {
	rate := v.get("value")
	if _, ok := rate.number(); !ok {
		return nil, missing("ul_bw", "value")
	}
	return UplinkBW{Value: rate.clampedRate()}, nil
}
