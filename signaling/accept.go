package signaling

// Accept admits a peer to the channel and names it. Server to peer, protocol
// 4.2.
//
//	{"action":"accept","peer_id":"k3J9fQ2a","report_span":60,"substreams":3,
//	 "speed_test":"http://host/speed","planned":true}
type Accept struct {
	// PeerID is "" when the server sent none or an invalid one. Such an accept
	// admits nobody.
	PeerID     PeerID
	SpeedTest  string // URL for an uplink measurement, "" for none
	ReportSpan int    // seconds between reports, 5 to 3600; 0 when absent or invalid
	Substreams int    // how many the stream is split into, 1 to 32; 0 when absent or invalid
	// Planned says that the server moves peers to where they serve best, so that
	// none is to climb by itself. It is an extension of hlspeer.
	Planned bool
}

// Action is "accept".
func (Accept) Action() string { return "accept" }

func (m Accept) appendFields(o *object) {
	o.id("peer_id", m.PeerID)
	o.optional("speed_test", m.SpeedTest)
	if m.ReportSpan > 0 {
		o.int("report_span", int64(m.ReportSpan))
	}
	if m.Substreams > 0 {
		o.int("substreams", int64(m.Substreams))
	}
	if m.Planned {
		o.bool("planned", true)
	}
}

func parseAccept(v value) Accept {
	m := Accept{PeerID: v.get("peer_id").id(), SpeedTest: v.get("speed_test").str()}
	if n, ok := v.get("report_span").integer(5, 3600); ok {
		m.ReportSpan = int(n)
	}
	if n, ok := v.get("substreams").integer(1, maxSubstreams); ok {
		m.Substreams = int(n)
	}
	m.Planned = v.get("planned").isTrue()
	return m
}
