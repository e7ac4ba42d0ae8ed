package tracker

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Labels of messages that have no action of ours. What peers make up never
// becomes a label.
const (
	actionUnknown   = "unknown"
	actionMalformed = "malformed"
)

// meters counts for /metrics.
type meters struct {
	registry    *prometheus.Registry
	messages    *prometheus.CounterVec // of peers
	watching    *prometheus.CounterVec // messages of viewers
	ignored     *prometheus.CounterVec
	requests    *prometheus.CounterVec // of swarms' peers, by endpoint and result
	source, p2p atomic.Int64           // KB, as reported
}

// newMeters registers the metrics in r, or in a registry of its own.
func newMeters(r *prometheus.Registry, h *hub, w *swarms) (*meters, error) {
	if r == nil {
		r = prometheus.NewRegistry()
		r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	m := &meters{registry: r}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m.messages = counter("hlspeer_tracker_messages_total", "Messages from (in) and to (out) peers.", "action", "direction")
	m.watching = counter("hlspeer_tracker_viewer_messages_total", "Messages from (in) and to (out) topology viewers.", "action", "direction")
	m.ignored = counter("hlspeer_tracker_ignored_total", "What peers said that made no sense, or too often.", "reason")
	m.requests = counter("hlspeer_tracker_requests_total", "Requests of the peers of swarms: ok, or why not.", "endpoint", "result")
	for _, action := range []string{actionUnknown, actionMalformed} {
		m.messages.WithLabelValues(action, "in")
		m.watching.WithLabelValues(action, "in")
	}
	for name := range endpoints {
		m.requests.WithLabelValues(name, "ok")
	}
	for why := range reasons {
		m.ignore(why, 0) // so that all are there from the start
	}
	gauge := func(name, help string, f func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f)
	}
	var faults []error
	for _, c := range []prometheus.Collector{
		m.messages, m.watching, m.ignored, m.requests,
		gauge("hlspeer_tracker_peers", "Peers in all channels.", func() float64 {
			peers, _ := h.size()
			more, _ := w.size()
			return float64(peers + more)
		}),
		gauge("hlspeer_tracker_channels", "Channels.", func() float64 {
			_, rooms := h.size()
			_, swarms := w.size()
			return float64(rooms + swarms)
		}),
		gauge("hlspeer_tracker_swarm_peers", "Peers in all swarms.", func() float64 {
			peers, _ := w.size()
			return float64(peers)
		}),
		gauge("hlspeer_tracker_swarms", "Channels that are swarms.", func() float64 {
			_, swarms := w.size()
			return float64(swarms)
		}),
		gauge("hlspeer_tracker_viewers", "Viewers of the topology feed.", func() float64 { return float64(h.viewers()) }),
		gauge("hlspeer_tracker_doubted_peers",
			"Peers of whose uplink less is believed than they claim.", func() float64 { return float64(h.doubted()) }),
		gauge("hlspeer_tracker_offload_ratio",
			"Share of P2P in what peers have reported since the start; NaN before the first report.", m.offload),
	} {
		if err := r.Register(c); err != nil {
			faults = append(faults, fmt.Errorf("registering a metric: %w", err))
		}
	}
	return m, errors.Join(faults...)
}

func (m *meters) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *meters) ignore(why reason, n int) { m.ignored.WithLabelValues(why.String()).Add(float64(n)) }

// report adds what peers have fetched, in KB.
func (m *meters) report(source, p2p int64) {
	m.source.Add(source)
	m.p2p.Add(p2p)
}

func (m *meters) offload() float64 {
	source, p2p := float64(m.source.Load()), float64(m.p2p.Load())
	if source+p2p == 0 {
		return math.NaN()
	}
	return p2p / (source + p2p)
}
