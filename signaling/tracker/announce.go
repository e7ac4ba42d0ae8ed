package tracker

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"hlspeer/signaling"
)

// maxUplink is the highest uplink that is believed, bit/s (protocol 10, case 82).
const maxUplink = 10e9

// A refusal is why a request of a swarm's peer has failed.
type refusal struct {
	status int
	result string // label of the metric
	cause  error
	wait   time.Duration // before the next try; 0 not said
}

func (f refusal) Error() string { return f.cause.Error() }

func bad(cause error) error {
	return refusal{status: http.StatusBadRequest, result: "bad", cause: cause}
}

func tooMany(cause error, wait time.Duration) error {
	return refusal{status: http.StatusTooManyRequests, result: "limited", cause: cause, wait: wait}
}

func unavailable(cause error) error {
	return refusal{status: http.StatusServiceUnavailable, result: "busy", cause: cause, wait: 10 * time.Second}
}

// peersReply answers get_peers, announceReply answers announce (protocol 5.1).
// Intervals are in seconds.
type peersReply struct {
	Peers []peerReply `json:"peers"`
}

type peerReply struct {
	ID signaling.PeerID `json:"id"`
}

type announceReply struct {
	PeerID signaling.PeerID `json:"peer_id"`
	// The browser's client of old wants the second name and makes requests without
	// a pause when it is missing (protocol 16.3).
	ReportSpan        int `json:"report_span"`
	ReportInterval    int `json:"report_interval"`
	HeartbeatInterval int `json:"heartbeat_interval"`
	peersReply
}

func reply(ids []signaling.PeerID) peersReply {
	r := peersReply{Peers: make([]peerReply, len(ids))}
	for i, id := range ids {
		r.Peers[i].ID = id
	}
	return r
}

// An endpoint is one of the paths of BitTorrent mode.
type endpoint struct {
	name    string
	methods []string
	serve   func(s *Server, remote string, p parameters) (answer any, err error)
}

var endpoints = map[string]endpoint{
	"announce":  {"announce", []string{http.MethodGet, http.MethodPost}, (*Server).announce},
	"get_peers": {"get_peers", []string{http.MethodGet, http.MethodPost}, (*Server).getPeers},
	"heartbeat": {"heartbeat", []string{http.MethodGet, http.MethodPost}, (*Server).heartbeat},
	"stats":     {"stats", []string{http.MethodPost}, (*Server).stats},
}

// announcing serves the endpoints, with any number of slashes around them, and
// leaves everything else to next. It never redirects, which would turn a POST into
// a GET (protocol 16.4).
func (s *Server) announcing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, ok := endpoints[strings.Trim(r.URL.Path, "/")]
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		answer, err := s.answer(w, r, e)
		result, status := "ok", http.StatusOK
		if err != nil {
			var why refusal
			if !errors.As(err, &why) {
				why = refusal{status: http.StatusInternalServerError, result: "bad", cause: err}
			}
			result, status = why.result, why.status
			answer = errorReply{why.Error()}
			if why.wait > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(int((why.wait+time.Second-1)/time.Second)))
			}
		}
		s.meters.requests.WithLabelValues(e.name, result).Inc()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer) // to a client that may have gone
	})
}

type errorReply struct {
	Error string `json:"error"`
}

// answer serves a request, unless there is a reason not to.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, e endpoint) (any, error) {
	if !slices.Contains(e.methods, r.Method) {
		w.Header().Set("Allow", strings.Join(e.methods, ", "))
		return nil, refusal{status: http.StatusMethodNotAllowed, result: "bad", cause: errors.New("wrong method")}
	}
	if !s.origins.allows(r.Header.Get("Origin")) {
		return nil, refusal{status: http.StatusForbidden, result: "refused", cause: errOrigin}
	}
	if wait := s.requests.take(network(r.RemoteAddr), time.Now()); wait > 0 {
		return nil, tooMany(errors.New("there are too many requests from your address"), wait)
	}
	p, err := readParameters(w, r)
	switch {
	case errors.Is(err, errLongQuery):
		return nil, refusal{status: http.StatusRequestURITooLong, result: "bad", cause: err}
	case errors.Is(err, errLongBody):
		return nil, refusal{status: http.StatusRequestEntityTooLarge, result: "bad", cause: err}
	case errors.Is(err, errSlowBody):
		return nil, refusal{status: http.StatusRequestTimeout, result: "bad", cause: err}
	case err != nil:
		return nil, bad(err)
	}
	if _, ok := s.life.enter(); !ok {
		return nil, unavailable(errNotRunning)
	}
	defer s.life.work.Done()
	return e.serve(s, r.RemoteAddr, p)
}

// announce is /announce: it admits a peer to a swarm.
func (s *Server) announce(remote string, p parameters) (any, error) {
	a := p.announcement(remote, s.locate(remote))
	if err := s.config.admits(p.text("key", signaling.MaxString), wish{a.channel, a.infoHash}, time.Now()); err != nil {
		s.meters.ignore(ignoredKey, 1)
		return nil, refusal{status: http.StatusForbidden, result: "refused", cause: err}
	}
	switch {
	case a.infoHash == "":
		return nil, bad(errNoInfoHash)
	}
	id, ids, err := s.swarms.announce(time.Now(), a)
	switch {
	case errors.Is(err, errManyAnnounced):
		return nil, tooMany(err, s.swarms.within)
	case err != nil:
		return nil, unavailable(err)
	}
	s.log.Debug("peer announced", "peer_id", id)
	return announceReply{
		PeerID: id, ReportSpan: s.config.ReportSpan, ReportInterval: s.config.ReportSpan,
		HeartbeatInterval: s.config.HeartbeatInterval, peersReply: reply(ids),
	}, nil
}

// getPeers is /get_peers.
func (s *Server) getPeers(_ string, p parameters) (answer any, err error) {
	err = member(p, func(infoHash string, id signaling.PeerID) error {
		ids, err := s.swarms.peersFor(time.Now(), infoHash, id)
		answer = reply(ids)
		return err
	})
	return answer, err
}

// heartbeat is /heartbeat.
func (s *Server) heartbeat(_ string, p parameters) (any, error) {
	return struct{}{}, member(p, func(infoHash string, id signaling.PeerID) error {
		return s.swarms.heartbeat(time.Now(), infoHash, id)
	})
}

// stats is /stats.
func (s *Server) stats(_ string, p parameters) (any, error) {
	return struct{}{}, member(p, func(infoHash string, id signaling.PeerID) error {
		return s.swarms.report(time.Now(), infoHash, id, p.report())
	})
}

var (
	errNoInfoHash = errors.New("info_hash is missing or too long")
	errNoPeerID   = errors.New("peer_id is missing or too long")
)

// member does something for a peer that has announced itself.
func member(p parameters, do func(infoHash string, id signaling.PeerID) error) error {
	infoHash, id := p.infoHash(), p.peerID()
	switch {
	case infoHash == "":
		return bad(errNoInfoHash)
	case id == "":
		return bad(errNoPeerID)
	}
	if err := do(infoHash, id); err != nil {
		return refusal{status: http.StatusNotFound, result: "unknown", cause: err}
	}
	return nil
}
