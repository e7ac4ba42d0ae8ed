package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"hlspeer/signaling"
)

const (
	// speedTestPath is where peers measure their uplink (protocol 4.4).
	speedTestPath = "/speed_test"
	// maxSpeedTest is the most that a test may send, bytes: 1 MiB and some slack.
	maxSpeedTest = 1<<20 + 4<<10
	// speedTestTime is how long a test may take.
	speedTestTime = 10 * time.Second
	// leastProof is how much a test must have brought to say anything of a peer.
	leastProof = 256 << 10
	// maxSpeedTests go on at once: more of them would measure each other.
	maxSpeedTests = 16
)

// speedReport is what a test is answered with.
type speedReport struct {
	Bytes    int64             `json:"bytes"`
	Seconds  float64           `json:"seconds"` // from the headers to the last byte
	UplinkBW signaling.BitRate `json:"ul_bw"`   // bit/s; 0 when it was too short to tell
}

// serveSpeedTest is POST /speed_test: it swallows what is sent and says how fast
// that came.
func (s *Server) serveSpeedTest(w http.ResponseWriter, r *http.Request) {
	select {
	case s.testing <- struct{}{}:
		defer func() { <-s.testing }()
	default:
		w.Header().Set("Retry-After", "10")
		refuse(w, http.StatusServiceUnavailable, errors.New("there are too many speed tests at the moment"))
		return
	}
	release, ok := s.addresses.take(r.RemoteAddr)
	if !ok {
		refuse(w, http.StatusTooManyRequests, errManySockets)
		return
	}
	defer release()
	began := time.Now()
	// Whoever cannot set a deadline has a server with limits of its own.
	_ = http.NewResponseController(w).SetReadDeadline(began.Add(speedTestTime))
	n, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxSpeedTest))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		refuse(w, http.StatusRequestEntityTooLarge, errors.New("a speed test is 1 MiB"))
		return
	}
	if err != nil {
		refuse(w, http.StatusRequestTimeout, errors.New("the speed test did not end in time"))
		return
	}
	report := speedReport{Bytes: n, Seconds: time.Since(began).Seconds()}
	if report.Seconds > 0 {
		report.UplinkBW = signaling.BitRate(float64(8*n) / report.Seconds)
	}
	if n >= leastProof && report.UplinkBW > 0 {
		s.measured(r.Context(), signaling.PeerID(r.URL.Query().Get("peer_id")), report.UplinkBW)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(report) // to a client that may have gone
}

// measured tells a peer's room what its uplink has carried. What we have seen
// ourselves needs no other proof (T5).
func (s *Server) measured(ctx context.Context, id signaling.PeerID, uplink signaling.BitRate) {
	if room, ok := s.hub.roomOf(id); ok {
		s.hub.post(ctx, room, post{event: Measured{id, uplink}})
	}
}

// speedTestURL returns where a peer that has made this request can measure its
// uplink; "" when that is off.
func (s *Server) speedTestURL(r *http.Request) string {
	if !s.config.SpeedTest || r.Host == "" {
		return ""
	}
	u := url.URL{Scheme: "http", Host: r.Host, Path: speedTestPath}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return u.String()
}
