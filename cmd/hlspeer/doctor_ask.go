package main

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hlspeer/hls"
	"hlspeer/peer"
)

// examined is all that the doctor has heard. A nil error with nothing means that it
// was not asked.
type examined struct {
	now time.Time // by our clock, when the peer answered

	peerBase string
	status   *peer.Status // nil: no peer answers
	peerErr  error
	ready    error // of the peer's /readyz
	segments []peer.ChannelSegments
	segErr   error
	metrics  map[string]float64 // by name and labels, as /metrics writes them

	trackers []trackerFacts
	source   *sourceFacts
}

// trackerFacts are what a tracker says.
type trackerFacts struct {
	base  string
	rooms map[string]roomFacts // by engine and name
	err   error                // it does not answer as a tracker
	quiet bool                 // it does not tell this machine
	skew  *time.Duration       // of its clock against ours
}

type roomFacts struct {
	peers, links int
	offload      *float64
}

// sourceFacts are what the source says to us.
type sourceFacts struct {
	url  string // without query
	err  error
	took time.Duration
	list *hls.Playlist
	skew *time.Duration
}

// examine asks all that there is to ask.
func (o *doctorOptions) examine(ctx context.Context, s peerSource) examined {
	x := examined{peerBase: s.base}
	status, err := s.status(ctx, o.channel)
	x.now, x.peerErr = time.Now(), err
	if err == nil {
		x.status = &status
		x.segments, x.segErr = s.segments(ctx, o.channel)
		if _, err := s.ask(ctx, "/readyz", 1<<20); err != nil {
			x.ready = err
		}
		if text, err := s.ask(ctx, "/metrics", maxStatus); err == nil {
			x.metrics = metricsOf(string(text))
		}
	}
	bases := []string{}
	switch {
	case o.tracker != "":
		bases = append(bases, strings.TrimSuffix(o.tracker, "/"))
	case x.status != nil:
		for _, t := range x.status.Trackers {
			if strings.HasPrefix(t, "http") && len(bases) < 4 {
				bases = append(bases, strings.TrimSuffix(t, "/"))
			}
		}
	}
	for _, base := range bases {
		x.trackers = append(x.trackers, askTracker(ctx, base, o.patience))
	}
	if o.url != "" {
		x.source = askSource(ctx, o.url, o.patience)
	}
	return x
}

// askTracker asks which channels there are.
func askTracker(ctx context.Context, base string, patience time.Duration) trackerFacts {
	t := trackerFacts{base: base, rooms: map[string]roomFacts{}}
	s := newMeshSource(base, "", "", patience)
	skew, code, err := clockOf(ctx, base+"/api/v1/channels?nodes=0&channel=-", patience)
	t.skew = skew
	switch {
	case err != nil:
		t.err = s.unreachable(err)
		return t
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		t.quiet = true
		return t
	}
	list, err := s.channels(ctx)
	if t.err = err; err != nil {
		return t
	}
	for _, c := range list.Channels {
		t.rooms[c.Engine+" "+c.Name] = roomFacts{c.Peers, c.Links, c.Offload}
	}
	return t
}

// clockOf asks an address and compares its clock with ours; nil: it does not tell.
func clockOf(ctx context.Context, address string, patience time.Duration) (*time.Duration, int, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, 0, err
	}
	resp.Body.Close()
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return nil, resp.StatusCode, nil
	}
	// A Date has whole seconds, and was written between the two.
	middle := began.Add(time.Since(began) / 2)
	skew := theirs.Add(500 * time.Millisecond).Sub(middle)
	return &skew, resp.StatusCode, nil
}

// askSource reads the playlist as a peer would.
func askSource(ctx context.Context, raw string, patience time.Duration) *sourceFacts {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f := &sourceFacts{}
	u, err := url.Parse(raw)
	if err != nil {
		f.err = errors.New("the URL cannot be read")
		return f
	}
	f.url = hls.Redact(u)
	origin := hls.NewOrigin(peer.DefaultConfig().Origin)
	defer origin.Close()
	began := time.Now()
	f.list, f.err = origin.Playlist(ctx, u, nil)
	f.took = time.Since(began)
	if f.err == nil {
		f.skew, _, _ = clockOf(ctx, raw, patience)
	}
	return f
}

// metricsOf reads what /metrics answers: values by name and labels.
func metricsOf(text string) map[string]float64 {
	out := map[string]float64{}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		i := strings.LastIndexByte(line, ' ')
		if i < 0 || line[0] == '#' || !strings.HasPrefix(line, "hlspeer_") {
			continue
		}
		if v, err := strconv.ParseFloat(line[i+1:], 64); err == nil {
			out[line[:i]] = v
		}
	}
	return out
}
