package peer

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"hlspeer/peer/mesh"
)

// metrics are the agent's counters under the names of the contract. Labels are
// names from the configuration and fixed words, never a URL or a peer id.
type metrics struct {
	reg                *prometheus.Registry
	bytes              *prometheus.CounterVec
	segments           *prometheus.CounterVec
	seconds            *prometheus.HistogramVec
	fallbacks          *prometheus.CounterVec
	up                 *prometheus.CounterVec
	ignored            *prometheus.CounterVec
	dropped            *prometheus.CounterVec
	requests           *prometheus.CounterVec
	speed              *prometheus.CounterVec
	audits, auditBytes *prometheus.CounterVec
	refused            *prometheus.CounterVec

	// How players fare, by group.
	firstByte          *prometheus.HistogramVec
	played, late, lost *prometheus.CounterVec
	stalls, playBytes  *prometheus.CounterVec
}

func newMetrics(reg *prometheus.Registry, a *Agent) *metrics {
	if reg == nil {
		reg = prometheus.NewRegistry()
		reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hlspeer_" + name, Help: help}, labels)
		reg.MustRegister(v)
		return v
	}
	m := &metrics{
		reg:        reg,
		bytes:      counter("segment_bytes_total", "Segment bytes used, by source.", "channel", "source"),
		segments:   counter("segments_total", "Segments, by main source and result.", "channel", "source", "result"),
		fallbacks:  counter("p2p_fallbacks_total", "Segments that the HTTP source had to deliver after a peer was asked.", "channel", "reason"),
		up:         counter("uploaded_bytes_total", "Segment bytes sent to other peers.", "channel"),
		ignored:    counter("ignored_messages_total", "Messages of peers and tracker that made no sense or broke the protocol.", "channel", "reason"),
		dropped:    counter("dropped_links_total", "Links that were closed by decision, by reason.", "channel", "reason"),
		requests:   counter("proxy_requests_total", "Answers of the proxy, by status.", "code"),
		speed:      counter("speed_tests_total", "Measurements of the uplink at a tracker.", "result"),
		audits:     counter("audits_total", "Segments from peers that were compared with the HTTP source, by result.", "channel", "result"),
		auditBytes: counter("audit_bytes_total", "Bytes that the HTTP source sent to compare with what peers send.", "channel"),
		refused:    counter("refused_total", "Addresses and requests that were refused for safety.", "what"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hlspeer_segment_seconds", Help: "From wanting a segment to having it.",
			Buckets: []float64{.02, .05, .1, .2, .5, 1, 2, 5, 10},
		}, []string{"channel", "source"}),
	}
	reg.MustRegister(m.seconds)
	m.compare(counter)
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "hlspeer_cache_bytes", Help: "Memory held by segments.",
	}, func() float64 { return float64(a.kit.budget.Used()) }))
	reg.MustRegister(liveGauges{a})
	m.refused.WithLabelValues(refusedInward)
	m.refused.WithLabelValues(refusedAdmin)
	for _, result := range []string{speedSlower, speedEnough, speedUnclear, speedBusy, speedFailed, speedForeign} {
		m.speed.WithLabelValues(result)
	}
	return m
}

// What is refused for safety.
const (
	refusedInward = "inward address" // of this machine or its network, that a source from outside led to
	refusedAdmin  = "admin request"  // of who may not look
)

// What is known of the reasons for which the source steps in, and for which links
// are closed.
var (
	peersFaults = []mesh.Reason{
		mesh.TimedOut, mesh.Lack, mesh.LinkLost, mesh.Broken, mesh.BadSize, mesh.BadContent, mesh.Silence, mesh.Misses,
		Polluted, Unaudited,
	}
	partings = []mesh.Reason{
		mesh.Replaced, mesh.Ordered, mesh.Misses, mesh.Silence, mesh.LinkLost, mesh.TimedOut, mesh.Full, mesh.Idle, mesh.Behind, mesh.Cycle,
	}
)

// begin has what will be counted of a channel be there from the start, as 0: what
// appears later has no rate at first, and cannot be told from what is missing.
func (m *metrics) begin(channel string) {
	for _, source := range []string{"http", "p2p"} {
		m.bytes.WithLabelValues(channel, source)
		m.seconds.WithLabelValues(channel, source)
		for _, result := range []string{"ok", "failed"} {
			m.segments.WithLabelValues(channel, source, result)
		}
	}
	for _, why := range peersFaults {
		m.fallbacks.WithLabelValues(channel, string(why))
	}
	for _, why := range partings {
		m.dropped.WithLabelValues(channel, string(why))
	}
	m.beginGroups(channel)
	m.ignored.WithLabelValues(channel, linkClosed)
	m.up.WithLabelValues(channel)
	m.auditBytes.WithLabelValues(channel)
	for _, result := range []string{auditPassed, auditFailed, auditSkipped} {
		m.audits.WithLabelValues(channel, result)
	}
}

// settled counts a finished segment.
func (m *metrics) settled(channel string, p Provenance) {
	source := "http"
	if p.P2P > p.HTTP {
		source = "p2p"
	}
	if p.Failed != "" {
		m.segments.WithLabelValues(channel, source, "failed").Inc()
		return
	}
	m.segments.WithLabelValues(channel, source, "ok").Inc()
	m.seconds.WithLabelValues(channel, source).Observe(p.Took)
	m.bytes.WithLabelValues(channel, "http").Add(float64(p.HTTP))
	m.bytes.WithLabelValues(channel, "p2p").Add(float64(p.P2P))
	if p.HTTP > 0 && p.Why != "" && p.Asked {
		m.fallbacks.WithLabelValues(channel, p.Why).Inc()
	}
}

func (m *metrics) uploaded(channel string, n int64) {
	m.up.WithLabelValues(channel).Add(float64(n))
}

// linkClosed is the reason that stands for messages so many or so gross that
// the link was closed; the others are those of mesh and datachannel.
const linkClosed = "link closed"

// ignored counts a message that was not heeded. It may be called from any
// goroutine.
func (t *track) ignored(reason string) {
	t.kit.metrics.ignored.WithLabelValues(t.name, reason).Inc()
}

func (m *metrics) proxied(code int) {
	m.requests.WithLabelValues(strconv.Itoa(code)).Inc()
}

func (m *metrics) speedTested(result string) { m.speed.WithLabelValues(result).Inc() }

// liveGauges reads what changes by itself from the running tracks.
type liveGauges struct{ a *Agent }

func (liveGauges) desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("hlspeer_"+name, help, []string{"channel"}, nil)
}

// Describe sends nothing: the gauges come and go with the tracks.
func (liveGauges) Describe(chan<- *prometheus.Desc) {}

// Collect sums over the tracks of each channel; the level is the largest.
func (g liveGauges) Collect(out chan<- prometheus.Metric) {
	for _, ch := range g.a.Status().Channels {
		var parents, children, neighbours, level, connected float64
		known := false
		for _, t := range ch.Tracks {
			parents += float64(len(t.Parents))
			children += float64(len(t.Children))
			neighbours += float64(len(t.Neighbours))
			if t.Level != nil {
				level, known = max(level, float64(*t.Level)), true
			}
			if t.Tracker == "online" {
				connected = 1
			}
		}
		gauge := func(name, help string, v float64) {
			out <- prometheus.MustNewConstMetric(g.desc(name, help), prometheus.GaugeValue, v, ch.Name)
		}
		gauge("parents", "Open links as a child.", parents)
		gauge("children", "Open links as a parent.", children)
		gauge("neighbours", "Open links in a swarm.", neighbours)
		gauge("tracker_connected", "1 while the tracker knows the peer.", connected)
		if known {
			gauge("level", "Hops from the source to here, worst of the newest segments.", level)
		}
	}
}
