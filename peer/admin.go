package peer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hlspeer/hls"
	"hlspeer/signaling/access"
)

var errNotReady = errors.New("not ready")

// freshFor is how old the source's last answer may be for a ready agent.
const freshFor = 30 * time.Second

var (
	errNoAdmin = errors.New("this is open on the peer's own machine only: to look from elsewhere, start the peer with --admin-token-file FILE " +
		"and come with the token in it, as Authorization: Bearer TOKEN or as ?token=TOKEN")
	errAdminToken = errors.New("this needs the peer's admin token, as Authorization: Bearer TOKEN or as ?token=TOKEN")
)

// Admin is the handler for the operator: health, metrics, status. It answers
// requests of this machine, unless a web page of another site makes them or they
// come by a name of its own, and others only with [Config.AdminToken]. Whether the
// agent lives and is ready it tells everybody.
func (a *Agent) Admin() http.Handler {
	gate := access.Gate{
		Token: a.kit.cfg.AdminToken, Closed: errNoAdmin, Wrong: errAdminToken,
		Refused: a.kit.metrics.refused.WithLabelValues(refusedAdmin).Inc,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { a.readyz(w, gate, r) })
	inside := http.NewServeMux()
	mux.HandleFunc("/", gate.Guard(inside.ServeHTTP))
	inside.Handle("GET /metrics", promhttp.HandlerFor(a.kit.metrics.reg, promhttp.HandlerOpts{}))
	inside.HandleFunc("GET /api/v1/status", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, a.Status()) })
	inside.HandleFunc("GET /api/v1/segments", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, a.Segments()) })
	inside.HandleFunc("GET /api/v1/events", a.watchEvents)
	inside.HandleFunc("GET /api/v1/plan", a.plans)
	return mux
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

// readyz says why the agent is not ready only to who may look.
func (a *Agent) readyz(w http.ResponseWriter, gate access.Gate, r *http.Request) {
	if err := a.Ready(); err != nil {
		gate.Refused = nil // it is answered
		if _, closed := gate.Permit(r); closed != nil {
			err = errNotReady
		}
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
