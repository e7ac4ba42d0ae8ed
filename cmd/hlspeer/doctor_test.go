package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hlspeer/hls"
	"hlspeer/peer"
	"hlspeer/peer/lab"
)

// recordedExam is what the doctor hears of a peer that has been recorded, just after
// its newest segment.
func recordedExam(t *testing.T, name string) *examined {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "peer", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var record struct {
		Status   peer.Status
		Segments []peer.ChannelSegments
	}
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	x := &examined{peerBase: "http://127.0.0.1:8091", status: &record.Status, segments: record.Segments}
	for _, c := range record.Segments {
		for _, s := range c.Segments {
			if s.Began.After(x.now) {
				x.now = s.Began
			}
		}
	}
	record.Status.Now, record.Status.Upload = x.now, 4_000_000
	record.Status.Channels[0].Tracks[0].Live = true
	return x
}

// alone takes away what comes from peers.
func alone(x *examined, noPeer string) *peer.TrackStatus {
	t := &x.status.Channels[0].Tracks[0]
	t.Parents, t.Children, t.Neighbours, t.Standby, t.Connects = nil, nil, nil, nil, &peer.ConnectStatus{}
	for i := range x.segments[0].Segments {
		s := &x.segments[0].Segments[i]
		s.HTTP, s.P2P, s.From, s.Source, s.Asked, s.NoPeer, s.Attempts = s.HTTP+s.P2P, 0, "", "http", false, noPeer, nil
	}
	return t
}

var exams = []struct {
	name string
	from string // record
	edit func(x *examined)
}{
	{"a peer that is fed", "fed", func(*examined) {}},
	{"a parent that stops", "parent_stops", func(*examined) {}},
	{"hostile names", "hostile", func(*examined) {}},
	{"nobody else is there", "fed", func(x *examined) {
		t := alone(x, peer.NoParent)
		x.trackers = []trackerFacts{{base: "http://tracker:7070", rooms: map[string]roomFacts{"fastmesh " + t.Room: {peers: 1}}}}
	}},
	{"no way through NATs", "fed", func(x *examined) {
		at := x.now
		alone(x, peer.NoParent).Connects = &peer.ConnectStatus{Begun: 5, Failed: 4, NoWay: 4, LastFailure: "connection not open in time", LastFailed: &at}
	}},
	{"no way, with STUN", "fed", func(x *examined) {
		x.status.ICEServers = 1
		alone(x, peer.NoParent).Connects = &peer.ConnectStatus{Begun: 1, Failed: 1, NoWay: 1, LastFailure: "connection failed: no way to the peer"}
	}},
	{"the tracker is out of reach", "fed", func(x *examined) {
		t := alone(x, peer.NotJoined)
		t.Tracker, t.Standing = "offline", "outside"
		x.trackers = []trackerFacts{{base: "http://tracker:7070", err: errors.New("http://tracker:7070 cannot be reached: connection refused")}}
	}},
	{"rejected", "fed", func(x *examined) { alone(x, peer.NotJoined).Standing = "rejected" }},
	{"no relay", "fed", func(x *examined) { alone(x, peer.NotJoined).Standing = "entered" }},
	{"no tracker", "fed", func(x *examined) {
		t := alone(x, peer.NotShared)
		t.Engine, t.Tracker = peer.EngineNone, "off"
	}},
	{"a root that feeds two", "fed", func(x *examined) {
		t := alone(x, peer.IsRoot)
		t.Root, t.Children = true, []peer.LinkStatus{{PeerID: "A"}, {PeerID: "B"}}
	}},
	{"half of it late", "fed", func(x *examined) {
		for i := range x.segments[0].Segments {
			if s := &x.segments[0].Segments[i]; i%2 == 0 {
				s.HTTP, s.P2P, s.Source, s.Late, s.Why = 3*s.P2P, 0, "http", true, "timed out"
				s.Attempts = append([]peer.Step{{Source: "p2p", From: "X", Outcome: peer.Superseded, Reason: "timed out"}}, s.Attempts...)
			}
		}
		x.status.Channels[0].Tracks[0].Parents[0].Misses = 4
		x.metrics = metricsOf("# TYPE x counter\nhlspeer_proxy_requests_total{code=\"502\"} 3\nbroken\nhlspeer_x y\n")
		x.status.CacheLimit = 1 << 16
	}},
	{"a source that stands still, and clocks that differ", "fed", func(x *examined) {
		alone(x, peer.NoParent)
		age, skew := 95.0, -time.Hour
		x.status.Channels[0].Tracks[0].PlaylistAge = &age
		x.ready = errors.New("channel live: the playlist is 95 s old")
		x.trackers = []trackerFacts{{base: "http://tracker:7070", quiet: true, skew: &skew}}
		x.status.Upload = 0
	}},
	{"no playlist yet", "fed", func(x *examined) { x.status.Channels[0].Tracks = nil }},
	{"no peer, a film", "fed", func(x *examined) {
		x.status, x.segments, x.peerErr = nil, nil, errors.New("http://127.0.0.1:8091 cannot be reached: connection refused")
		list, _ := hls.Parse([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXTINF:20,\na.ts\n#EXT-X-ENDLIST\n"), &url.URL{Scheme: "http", Host: "h"}, nil)
		x.source = &sourceFacts{url: "http://h/a.m3u8", took: 30 * time.Millisecond, list: list}
	}},
	{"no source", "fed", func(x *examined) {
		x.status, x.segments, x.peerErr = nil, nil, errors.New("http://127.0.0.1:8091/api/v1/status answers 404")
		x.source = &sourceFacts{url: "http://h/a.m3u8", err: errors.New("source answered 403 Forbidden\x1b[2J")}
	}},
}

// TestDoctorVerdicts: what is said of peers in trouble, and of those that do well.
func TestDoctorVerdicts(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, e := range exams {
		x := recordedExam(t, e.from)
		e.edit(x)
		d := diagnose(*x)
		fmt.Fprintf(&all, "## %s (healthy: %v)\n%s\n", e.name, d.Healthy, d.text())
		if len(d.Verdicts) == 0 || strings.ContainsAny(d.text(), "\x1b\u202e") {
			t.Errorf("%s: %q", e.name, d.text())
		}
	}
	golden(t, "peer", "doctor.txt", all.String())
	var out strings.Builder
	if err := writeJSON(&out, diagnose(*recordedExam(t, "fed"))); err != nil {
		t.Fatal(err)
	}
	golden(t, "peer", "doctor.json.txt", out.String())
}

// TestDoctorAsks: it asks peer, tracker and source over HTTP, and its exit code says
// whether P2P works.
func TestDoctorAsks(t *testing.T) {
	t.Parallel()
	src := httptest.NewServer(lab.NewOrigin(lab.OriginConfig{}))
	defer src.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	old := recordedPeer(t, "fed")
	for _, tt := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"--admin", gone.URL, src.URL + "/live.m3u8?token=hush", "--tracker", meshTracker(t, "")}, exitFailed, []string{"no peer of hlspeer is running", "ok       playlist  It is live", "it has 0 channels", "ok       clock"}},
		{[]string{"--admin", gone.URL, src.URL + "/none.m3u8"}, exitFailed, []string{"gives no playlist", "404"}},
		{[]string{"--admin", old, "--tracker", meshTracker(t, "a-page-token")}, exitFailed, []string{"tells this machine nothing", "No segment has come in the last minute"}},
		{[]string{"--admin", old, "--tracker", gone.URL}, exitFailed, []string{"does not say which channels it has"}},
		{[]string{"--admin", "off", "--tracker", "x", "ftp://h"}, exitUsage, []string{"--admin is no address", "--tracker \"x\"", "URL: \"ftp://h\""}},
	} {
		got := execute(t.Context(), append([]string{"doctor"}, tt.args...)...)
		for _, want := range tt.want {
			if got.code != tt.code || !strings.Contains(got.stdout+got.stderr, want) || strings.Contains(got.stdout+got.stderr, "hush") {
				t.Errorf("%q: no %q in %+v", tt.args, want, got)
			}
		}
	}
}
