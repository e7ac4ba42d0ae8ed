package signaling

// Statistics reports what a peer has fetched since its last report. Peer to
// server, protocol 4.8.
//
//	{"action":"statistics","level":1.25,"source":2048,"p2p":8192,
//	 "ul_srs":{"B":300000},"plr":0}
type Statistics struct {
	Level float64 // mean quality level of the segments started, 0 to 1000, two decimals on the wire

	// Source and P2P are KB of 1024 bytes from the HTTP source and from peers
	// since the last report, not totals.
	Source, P2P int64

	// UplinkRates is what goes to each child. Optional: nil leaves it out.
	UplinkRates map[PeerID]BitRate
	LossRate    float64 // estimated packet loss, 0 to 1

	// Neighbours are whom a peer of a swarm is linked with, for those who watch it.
	// Only [Swarm] sends them, and at most 64; nil: not said.
	Neighbours []PeerID
}

// Action is "statistics".
func (Statistics) Action() string { return "statistics" }

func (m Statistics) appendFields(o *object) {
	o.decimal("level", m.Level, 2)
	o.int("source", m.Source)
	o.int("p2p", m.P2P)
	if len(m.UplinkRates) > 0 {
		o.begin("ul_srs", '{')
		for _, id := range sortedIDs(m.UplinkRates) {
			o.rate(string(id), m.UplinkRates[id])
		}
		o.end('}')
	}
	o.decimal("plr", m.LossRate, 4)
}

const (
	maxLevel   = 1000
	maxTraffic = 1 << 40 // KB in one report: keeps sums of lies from overflowing
)

func parseStatistics(v value) Statistics {
	m := Statistics{
		Level:    v.get("level").clamped(0, maxLevel),
		Source:   parseTraffic(v.get("source")),
		P2P:      parseTraffic(v.get("p2p")),
		LossRate: v.get("plr").clamped(0, 1),
	}
	for key, rate := range v.get("ul_srs").fields() {
		id := key.id()
		if id == "" {
			continue
		}
		if len(m.UplinkRates) == MaxEntries {
			break
		}
		if m.UplinkRates == nil {
			m.UplinkRates = make(map[PeerID]BitRate)
		}
		m.UplinkRates[id] = rate.clampedRate()
	}
	return m
}

// parseTraffic reads an amount of KB.
func parseTraffic(v value) int64 {
	return int64(v.clamped(0, maxTraffic) + 0.5)
}
