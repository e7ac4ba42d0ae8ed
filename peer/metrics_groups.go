package peer

import "github.com/prometheus/client_golang/prometheus"

// compare makes the metrics of both groups.
func (m *metrics) compare(counter func(name, help string, labels ...string) *prometheus.CounterVec) {
	m.played = counter("player_segments_total", "Segments that came while a player watched, by group.", "channel", "group")
	m.late = counter("player_late_total", "Of those, that came after the playhead.", "channel", "group")
	m.lost = counter("player_lost_total", "Segments that did not come at all while a player watched, by group.", "channel", "group")
	m.stalls = counter("player_stalls_total", "Segments that a player waited for longer than they last, by group.", "channel", "group")
	m.playBytes = counter("player_bytes_total", "Bytes of segments that came while a player watched, by group and source.", "channel", "group", "source")
	m.firstByte = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "hlspeer_player_first_byte_seconds", Help: "From a player's request for a segment to its first byte, by group.",
		Buckets: []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10},
	}, []string{"channel", "group"})
	m.reg.MustRegister(m.firstByte)
}

func (m *metrics) beginGroups(channel string) {
	for _, g := range groups {
		for _, v := range []*prometheus.CounterVec{m.played, m.late, m.lost, m.stalls} {
			v.WithLabelValues(channel, string(g))
		}
		m.firstByte.WithLabelValues(channel, string(g))
		for _, source := range []string{"http", "p2p"} {
			m.playBytes.WithLabelValues(channel, string(g), source)
		}
	}
}

// compared counts a segment that came, or did not, while a player watched.
func (m *metrics) compared(channel string, g Group, p Provenance) {
	if p.Failed != "" {
		m.lost.WithLabelValues(channel, string(g)).Inc()
		return
	}
	m.played.WithLabelValues(channel, string(g)).Inc()
	m.playBytes.WithLabelValues(channel, string(g), "http").Add(float64(p.HTTP))
	m.playBytes.WithLabelValues(channel, string(g), "p2p").Add(float64(p.P2P))
	if p.Late {
		m.late.WithLabelValues(channel, string(g)).Inc()
	}
}
