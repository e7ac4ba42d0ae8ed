package peer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hlspeer/hls"
)

// freshFor is how old the source's last answer may be for a ready agent.
const freshFor = 30 * time.Second

// Admin is the handler for the operator: health, metrics, status. It answers
// only requests whose Host is a loopback name or an address, so that no web
// page can read it through a name of its own.
func (a *Agent) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.kit.metrics.reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /api/v1/status", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, a.Status()) })
	mux.HandleFunc("GET /api/v1/segments", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, a.Segments()) })
	mux.HandleFunc("GET /api/v1/events", a.watchEvents)
	mux.HandleFunc("GET /api/v1/plan", a.plans)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !localName(r.Host) {
			http.Error(w, "this address is for local names only", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func localName(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	return host == "localhost" || net.ParseIP(host) != nil
}

// Ready is nil while each channel's source answers and its playlist is fresh;
// otherwise it names every fault.
func (a *Agent) Ready() error {
	var faults []error
	for _, ch := range a.serving() {
		age, ok := ch.list.age()
		switch {
		case !ok:
			faults = append(faults, fmt.Errorf("channel %s: the source has not given its playlist yet", ch.name))
		case ch.list.moving() && age > freshFor:
			faults = append(faults, fmt.Errorf("channel %s: the playlist is %.0f s old", ch.name, age.Seconds()))
		}
	}
	return errors.Join(faults...)
}

func (a *Agent) readyz(w http.ResponseWriter, _ *http.Request) {
	if err := a.Ready(); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "ok\n")
}

// ChannelSegments are the stories of a channel's newest segments.
type ChannelSegments struct {
	Name     string       `json:"name"`
	Room     string       `json:"room"`
	First    *hls.SN      `json:"first"`     // oldest listed; null before the first playlist
	Edge     *hls.SN      `json:"edge"`      // newest listed
	Segments []Provenance `json:"segments"`  // that have ended, oldest first
	InFlight []Provenance `json:"in_flight"` // so far, by sn
}

// Segments tells where the newest segments came from.
func (a *Agent) Segments() []ChannelSegments {
	out := []ChannelSegments{}
	for _, ch := range a.serving() {
		for _, t := range ch.running() {
			out = append(out, t.segments())
		}
	}
	return out
}

// segments asks the loop, or looks for itself once that has ended.
func (t *track) segments() (s ChannelSegments) {
	look := func() {
		s = ChannelSegments{Name: t.name, Room: redact(t.room), Segments: t.ledger.list(), InFlight: t.flying()}
		if first, edge, ok := t.win.bounds(); ok {
			s.First, s.Edge = &first, &edge
		}
	}
	if !t.query(look) {
		look()
	}
	return s
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	_ = enc.Encode(v) // the client has gone: nothing is left to be done
}
