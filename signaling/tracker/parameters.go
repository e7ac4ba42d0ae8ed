package tracker

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hlspeer/signaling"
)

const (
	// maxQuery is the longest query that is read, bytes as they come.
	maxQuery = 32 << 10
	// maxBody is the longest body of a request, bytes, and bodyTime how long it
	// may take to come.
	maxBody  = 4 << 10
	bodyTime = 5 * time.Second

	maxInfoHash = 2048 // bytes of an info_hash
	maxConns    = math.MaxUint16
	// maxReport is the most traffic in one report that is looked at, KB.
	maxReport = 1 << 40
)

var (
	errLongQuery = errors.New("the query is too long")
	errLongBody  = errors.New("the body is too long")
	errSlowBody  = errors.New("the body did not come in time")
	errBadBody   = errors.New("the body is neither JSON nor a form")
)

// parameters are what a request of a swarm's peer says, whether in a JSON object
// or a form in its body, or in its query. Of several with one name in a query the
// first counts. The results share no memory with the request.
type parameters struct {
	json  map[string]json.RawMessage
	form  url.Values
	query url.Values
}

// readParameters reads the query and the body. What the body claims to be is not
// looked at: browsers post JSON as text/plain (protocol 16.4).
func readParameters(w http.ResponseWriter, r *http.Request) (parameters, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return parameters{}, errLongQuery
	}
	p := parameters{query: r.URL.Query()}
	if r.Body == nil || r.Body == http.NoBody {
		return p, nil
	}
	// Whoever cannot set a deadline has a server with limits of its own.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return parameters{}, errLongBody
	}
	if err != nil {
		return parameters{}, errSlowBody
	}
	_ = control.SetReadDeadline(time.Time{})
	return p, p.parse(strings.TrimSpace(string(body)))
}

// parse reads a body.
func (p *parameters) parse(body string) (err error) {
	if strings.HasPrefix(body, "{") {
		if json.Unmarshal([]byte(body), &p.json) != nil {
			return errBadBody
		}
		return nil
	}
	if p.form, err = url.ParseQuery(body); err != nil {
		return errBadBody
	}
	return nil
}

// text returns a parameter of at most limit bytes; "" for one that is longer or not
// there. A number in JSON is its digits.
func (p parameters) text(name string, limit int) string {
	for _, s := range []string{jsonText(p.json[name]), p.form.Get(name), p.query.Get(name)} {
		if s != "" && len(s) <= limit {
			return strings.Clone(s)
		}
	}
	return ""
}

// jsonText returns a string or the digits of a number.
func jsonText(value json.RawMessage) string {
	var s string
	var n json.Number
	switch {
	case len(value) == 0:
	case value[0] == '"' && json.Unmarshal(value, &s) == nil:
		return s
	case json.Unmarshal(value, &n) == nil:
		return n.String()
	}
	return ""
}

// words returns a text for people, without what is no UTF-8.
func (p parameters) words(name string, limit int) string {
	return strings.ToValidUTF8(p.text(name, limit), "")
}

// number returns a parameter from 0 to most, which is also what is larger. It is
// false for whatever is no number, or a negative one.
func (p parameters) number(name string, most float64) (float64, bool) {
	f, err := strconv.ParseFloat(p.text(name, signaling.MaxID), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(f) || f < 0 {
		return 0, false
	}
	return min(f, most), true
}

// whole is number, rounded.
func (p parameters) whole(name string, most int64) (int64, bool) {
	f, ok := p.number(name, float64(most))
	return int64(f + 0.5), ok
}

func (p parameters) infoHash() string { return p.text("info_hash", maxInfoHash) }

func (p parameters) peerID() signaling.PeerID {
	return signaling.PeerID(p.text("peer_id", signaling.MaxID))
}

// announcement returns what a peer says to join, from an address that is located.
func (p parameters) announcement(remote string, located Place) announcement {
	a := announcement{
		infoHash: p.infoHash(), channel: p.words("channel", signaling.MaxString), former: p.peerID(),
		remote: remote, uplink: -1, mobile: p.text("device", signaling.MaxID) == "mobile",
	}
	a.place = located.corrected(p.words("ISP", signaling.MaxString), p.words("province", signaling.MaxString)).clipped()
	if f, ok := p.number("ul_bw", maxUplink); ok {
		a.uplink = signaling.BitRate(f)
	}
	return a
}

// report returns what a peer says to have fetched.
func (p parameters) report() swarmReport {
	r := swarmReport{conns: -1}
	r.source, _ = p.whole("source", maxReport)
	r.p2p, _ = p.whole("p2p", maxReport)
	if n, ok := p.whole("conns", maxConns); ok {
		r.conns = int(n)
	}
	r.neighbours = p.neighbours()
	return r
}

// neighbours returns the ids of a list in a JSON body; nil without one. It costs
// no more than the body may be long.
func (p parameters) neighbours() []signaling.PeerID {
	var ids []json.RawMessage
	if json.Unmarshal(p.json["neighbours"], &ids) != nil || ids == nil {
		return nil
	}
	out := []signaling.PeerID{}
	for _, raw := range ids {
		if id := signaling.PeerID(jsonText(raw)); isPeerID(id) && len(out) < maxNeighbours {
			out = append(out, id)
		}
	}
	return out
}
