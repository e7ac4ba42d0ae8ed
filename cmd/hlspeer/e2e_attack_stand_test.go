//go:build e2e

package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer/lab"
	"hlspeer/signaling"
)

// A stage of an attack: a source of its own in this process, a tracker, and the
// victim, which is a process.
type scene struct {
	t       *testing.T
	tracker string
	origin  *lab.Origin
	source  string // base URL
	url     string // of the live playlist
	victim  *node
	viewer  *lab.Viewer
	watch   sync.WaitGroup
	digest  bool // the source tells digests

	mu    sync.Mutex
	paths map[string]int // that the source was asked for
}

// outcome is what came of an attack: a row of the table.
type outcome struct{ victim, counted, player string }

// Segments last a second and are all of one size, so that one can stand for another.
const (
	attackSpeed = 2
	attackRate  = 400_000
)

func newScene(t *testing.T, tracker string) *scene {
	t.Helper()
	s := &scene{t: t, tracker: tracker, paths: map[string]int{}}
	s.origin = lab.NewOrigin(lab.OriginConfig{Speed: attackSpeed, BitRate: attackRate})
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	s.source, s.url = srv.URL, srv.URL+"/live.m3u8"
	return s
}

// ServeHTTP implements [http.Handler]: the source.
func (s *scene) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.paths[r.URL.Path]++
	s.mu.Unlock()
	if sn, ok := segmentNumber(r.URL.Path); ok && s.digest {
		sum := sha256.Sum256(s.origin.Segment(lab.RenditionMain, sn))
		w.Header().Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
	}
	s.origin.ServeHTTP(w, r)
}

// strayed are the paths that the source was asked for beside the live channel's.
func (s *scene) strayed() (paths []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.paths {
		if p != "/live.m3u8" && path.Dir(p) != "/" {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	return paths
}

func segmentNumber(name string) (sn int64, ok bool) {
	_, err := fmt.Sscanf(path.Base(name), "seg-%d.ts", &sn)
	return sn, err == nil
}

// truth is the segment that a REQUEST names.
func (s *scene) truth(r datachannel.Request) []byte {
	sn, _ := segmentNumber(r.URL)
	return s.origin.Segment(lab.RenditionMain, sn)
}

func (s *scene) check(sn int64, body []byte) error {
	if !bytes.Equal(body, s.origin.Segment(lab.RenditionMain, sn)) {
		return fmt.Errorf("segment %d is not the source's", sn)
	}
	return nil
}

// begin starts the victim and who watches at it.
func (s *scene) begin(args ...string) {
	s.t.Helper()
	s.victim = startPeer(s.t, "victim", append([]string{s.url, "--tracker", s.tracker}, args...)...)
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(func() { cancel(); s.watch.Wait() })
	s.viewer = watch(ctx, s.t, &s.watch, s.victim.play, s.check)
}

// id waits until the victim is known to the tracker.
func (s *scene) id() (id signaling.PeerID) {
	s.t.Helper()
	await(s.t, "the victim has joined", 20*time.Second, func() bool {
		tr, ok := s.victim.track()
		id = tr.PeerID
		return ok && tr.Standing == "joined"
	})
	return id
}

// watched waits for so many more segments.
func (s *scene) watched(n int) {
	s.t.Helper()
	n += s.viewer.Report().Segments
	await(s.t, fmt.Sprintf("%d segments", n), 60*time.Second, func() bool { return s.viewer.Report().Segments >= n })
}

// seen says how the player fares: with no byte wrong, unless so many segments may
// be, and nothing lost.
func (s *scene) seen(wrong int) string {
	s.t.Helper()
	r := s.viewer.Report()
	if r.Bad > wrong || r.Lost > 0 || r.Retries > 0 {
		s.t.Errorf("player: %d segments, %d of them wrong, %d lost, %d requests failed", r.Segments, r.Bad, r.Lost, r.Retries)
	}
	text := fmt.Sprintf("%d of %d segments right", r.Segments-r.Bad, r.Segments)
	if r.Stalls > 0 {
		text += fmt.Sprintf(", stalled %.1f s", r.StallTime.Seconds())
	}
	return text
}

// counters are those that tell of attacks.
var counters = regexp.MustCompile(`^hlspeer_(ignored_messages_total|audits_total|p2p_fallbacks_total|dropped_links_total|refused_total)\{(.*)\} (\d+)$`)

// uncounted are labels that say nothing here.
var uncounted = regexp.MustCompile(`channel="[^"]*",|result="passed"`)

// counted are the counters that are no longer 0; one of those that want lists has
// to be among them.
func (s *scene) counted(want string) string {
	s.t.Helper()
	var list []string
	for line := range strings.Lines(fetch(s.t, s.victim.admin+"/metrics", -1)) {
		m := counters.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || m[3] == "0" || strings.Contains(m[2], `"passed"`) {
			continue
		}
		_, what, _ := strings.Cut(uncounted.ReplaceAllString(m[2], ""), "=")
		list = append(list, fmt.Sprintf("`%s` %s %s", strings.TrimSuffix(m[1], "_total"), strings.Trim(what, `"`), m[3]))
	}
	text := strings.Join(list, ", ")
	if !slices.ContainsFunc(strings.Split(want, "|"), func(w string) bool { return strings.Contains(text, w) }) {
		s.t.Errorf("%q is not among what is counted: %s", want, text)
	}
	if text == "" {
		return "not counted"
	}
	return text
}
