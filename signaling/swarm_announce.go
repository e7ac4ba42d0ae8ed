package signaling

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var errNoAnnouncedID = errors.New("tracker: answer without a peer id")

// announce gets an id (protocol 5.1), and tells of it and of the peers that came
// with it.
func (m *membership) announce(ctx context.Context) error {
	s := m.swarm
	base := s.settings.Announces[m.index]
	enter := s.settings.Enter()
	enter.Resume = cmp.Or(s.former, enter.Resume)
	answer, err := s.request(ctx, http.MethodGet, endpointURL(base, "announce", announceQuery(s.settings, enter)), nil)
	if err != nil {
		return err
	}
	id := answer.get("peer_id").id()
	if id == "" {
		return errNoAnnouncedID
	}
	m.id, m.since, m.heartbeat = id, time.Now(), heartbeatInterval
	if n, ok := answer.get("heartbeat_interval").integer(1, 3600); ok {
		m.heartbeat = time.Duration(n) * time.Second
	}
	accept := Accept{PeerID: id}
	for _, name := range []string{"report_interval", "report_span"} { // the latter wins
		if n, ok := answer.get(name).integer(5, 3600); ok {
			accept.ReportSpan = int(n)
		}
	}
	s.log.Debug("announced", "host", hostOf(base))
	s.former = id
	s.setOnline(true)
	s.emit(ctx, Accepted{Accept: accept, Scheduler: base})
	s.emit(ctx, m.peers(answer))
	return nil
}

// peers reads a list of peers, without those that are none or ourselves.
func (m *membership) peers(answer value) Peers {
	known := map[PeerID]bool{"": true, m.id: true}
	var p Peers
	for e := range answer.get("peers").elements() {
		id := e.get("id").id()
		if known[id] {
			continue
		}
		known[id] = true
		if p.IDs = append(p.IDs, id); len(p.IDs) == MaxEntries {
			break
		}
	}
	return p
}

// announceQuery returns the parameters of an announce. Those of the protocol come
// first, as old clients wrote them, then extensions of hlspeer.
func announceQuery(c SwarmConfig, e Enter) string {
	var b strings.Builder
	b.WriteString("key=" + escapeComponent(c.Key) + "&info_hash=" + infoHash(c.Room))
	channel, _, _ := strings.Cut(c.Room, "?")
	uplink := ""
	if e.UplinkBW > 0 {
		uplink = strconv.FormatFloat(float64(min(e.UplinkBW, maxRate)), 'f', 0, 64)
	}
	for _, p := range [][2]string{
		{"browser", e.Browser},
		{"device", e.Device},
		{"os", e.OS},
		{"channel", channel},
		{"ul_bw", uplink},
		{"ISP", e.ISP},
		{"province", e.Province},
		{"peer_id", string(e.Resume)},
	} {
		if p[1] != "" {
			b.WriteString("&" + p[0] + "=" + escapeComponent(p[1]))
		}
	}
	return b.String()
}

// infoHash names a channel to a BitTorrent tracker: the SHA-1 in lower-case
// hexadecimal digits (protocol 5.1).
func infoHash(room string) string {
	sum := sha1.Sum([]byte(room))
	return hex.EncodeToString(sum[:])
}

// endpointURL adds the name of an endpoint to the path of an announce URL, with a
// trailing slash if the path has one, and a query.
func endpointURL(base, endpoint, query string) string {
	base, own, _ := strings.Cut(base, "?")
	slash := ""
	if strings.HasSuffix(base, "/") {
		slash = "/"
	}
	if own != "" {
		query = own + "&" + query
	}
	return strings.TrimRight(base, "/") + "/" + endpoint + slash + "?" + query
}
