//go:build e2e

package main_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

const (
	// playFor is how much of a stream is played, and through how much of it a
	// player goes on that meets a fault: one comes every 10 s, shows 6 s
	// later, and something has to be played after that.
	playFor, playThrough = 10 * time.Second, 20 * time.Second
	afterFault           = 8 * time.Second

	patience = 20 * time.Second // beyond what is played
	rate     = 25               // frames a second, of the film
	enough   = 0.85             // of them
	together = 6                // players at once; two cores bear more
)

// Runs are how a stream is played, and what its URL at the source begins with.
// That of a player at the source is direct and its name.
const (
	meshed, absent, hanging = "mesh", "404", "hang"
	direct                  = "direct-"
)

// matrix is real players against real streams.
type matrix struct {
	t       *testing.T
	src     *source
	first   *node
	second  *node // where the players play
	viewers []*lab.Viewer
	columns []column
	began   time.Time

	mu    sync.Mutex
	tries []*try
}

// column is a stream as the follower serves it.
type column struct {
	title string
	run   string
	form  form
	play  string // at the follower
}

// faulty says that the source has a fault.
func (c column) faulty() bool { return c.run != meshed }

// A try is one playing.
type try struct {
	player string
	column column
	direct bool
	playback
	began time.Time
	took  time.Duration
	wrong []string // why it is not as it should be
}

// TestE2EMatrix: every player plays every stream, at the source and at a peer
// that takes it from another peer. All frames are decoded and nothing is
// complained of, also when the source fails.
func TestE2EMatrix(t *testing.T) {
	m := newMatrix(t)
	players := nativePlayers()
	defer func() { t.Logf("in %v:\n\n%s", time.Since(m.began).Round(time.Second), m.table(players)) }()
	m.play(players)
	m.shared()
}

// newMatrix starts streams and peers.
func newMatrix(t *testing.T) *matrix {
	m := &matrix{t: t, began: time.Now()}
	m.src = startSource(t, map[string]*fault{
		absent:  newFault(3*time.Second, http.NotFound),
		hanging: newFault(4*time.Second, hang),
	})
	path := filepath.Join(t.TempDir(), "film.mp4")
	// It lasts longer than the test, so that its clock never jumps.
	if err := film(path, "-f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i testsrc2=size=192x108:rate=25 "+
		"-f lavfi -i sine=frequency=440:sample_rate=48000 -f lavfi -i sine=frequency=880:sample_rate=48000 "+
		"-map 0:v -map 1:v -map 2:a -map 3:a -t 480 -c:v libx264 -preset ultrafast -b:v:0 300k -maxrate:v:0 300k -bufsize:v:0 300k "+
		"-b:v:1 120k -maxrate:v:1 120k -bufsize:v:1 120k -g 50 -keyint_min 50 -sc_threshold 0 -pix_fmt yuv420p -c:a aac -b:a 64k"); err != nil {
		t.Fatal(err)
	}
	for _, f := range forms {
		from := "-i " + path
		if f.live {
			from = "-re " + from
		}
		m.src.make(t, f, from)
	}
	for i, title := range []string{"live TS", "VOD", "live fMP4", "AES-128", "renditions"} {
		m.columns = append(m.columns, column{title: title, run: meshed, form: forms[i]})
	}
	m.columns = append(m.columns, column{title: "404 for 3 s", run: absent, form: liveTS}, column{title: "hangs", run: hanging, form: liveTS})
	for _, f := range forms {
		m.src.started(t, f)
	}
	m.startPeers()
	return m
}

// startPeers starts two, of which the second gets from the first what is live.
func (m *matrix) startPeers() {
	t := m.t
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0").address("tracker")
	args := []string{"--tracker", at, "--upload", "40Mbps"}
	for _, c := range m.columns {
		args = append(args, m.src.url(c.run, c.form))
	}
	m.first = startPeer(t, "first", append(args, "--user-agent", "first")...)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	for i, c := range m.columns {
		if c.form.maps != "" { // renditions are shared by those who play them
			for dir, url := range renditions(t, m.src.url(c.run, c.form), m.first.plays[i]) {
				m.viewers = append(m.viewers, watch(ctx, t, &wg, url, m.src.check(c.form.name+"/"+dir)))
			}
		}
	}
	m.second = startPeer(t, "second", append(args, "--user-agent", "second")...)
	for i := range m.columns {
		m.columns[i].play = m.second.plays[i]
	}
	for i, c := range m.columns {
		await(t, c.title+" has a parent", 30*time.Second, func() bool {
			tracks := m.second.status().Channels[i].Tracks
			return !c.form.live || c.form.maps != "" || len(tracks) > 0 && len(tracks[0].Parents) > 0
		})
	}
}

// A URI of a master playlist.
var masterURI = regexp.MustCompile(`(?m)URI="([^"]+)"|^([^#\s]+)`)

// renditions are the URLs at which a peer serves those of a master playlist, by
// their directories at the source.
func renditions(t *testing.T, atSource, atPeer string) map[string]string {
	t.Helper()
	uris := func(url string) (all []string) {
		for _, m := range masterURI.FindAllStringSubmatch(fetch(t, url, -1), -1) {
			all = append(all, m[1]+m[2])
		}
		return all
	}
	theirs, ours := uris(atSource), uris(atPeer)
	if len(theirs) != 4 || len(ours) != 4 {
		t.Fatalf("renditions %q at the source, %q at the peer, want 4", theirs, ours)
	}
	urls := map[string]string{}
	for i := range theirs {
		urls[filepath.Dir(theirs[i])] = resolve(t, atPeer, ours[i])
	}
	return urls
}

// play has players play everything, several at once and in any order.
func (m *matrix) play(players []player) {
	type job struct {
		player player
		column column
	}
	var all []job
	for _, c := range m.columns {
		for _, p := range players {
			all = append(all, job{p, c})
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	jobs := make(chan job)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(jobs)
	for range together {
		wg.Go(func() {
			for j := range jobs {
				m.t.Run(j.player.name+"/"+j.column.title, func(t *testing.T) { m.both(t, j.player, j.column) })
			}
		})
	}
	for _, j := range all {
		jobs <- j
	}
}

// both plays a stream at the follower and at the source, one after the other; of
// a source with a fault there is nothing to compare with.
func (m *matrix) both(t *testing.T, p player, c column) {
	if c.faulty() {
		m.try(t, p, c, false)
		return
	}
	firstDirect := rand.IntN(2) == 0
	m.try(t, p, c, firstDirect)
	m.try(t, p, c, !firstDirect)
}

func (m *matrix) try(t *testing.T, p player, c column, atSource bool) {
	x := &try{player: p.name, column: c, direct: atSource, began: time.Now()}
	url, want := c.play, playFor
	if atSource {
		url = m.src.url(direct+p.name, c.form)
	}
	if c.faulty() {
		want = playThrough
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), want+patience, errors.New("it takes too long"))
	defer cancel()
	x.playback = p.play(ctx, t, url, want)
	x.took = time.Since(x.began)
	x.judge(want)
	if f := m.src.faults[c.run]; f != nil && f.between(x.began, x.began.Add(x.took-afterFault)) == 0 {
		x.wrong = append(x.wrong, "it met no fault")
	}
	t.Logf("direct=%v: first frame after %v, %d frames, media %v in %v", atSource, x.firstFrame.Round(time.Millisecond), x.frames, x.media, x.took)
	for _, w := range x.wrong {
		t.Errorf("direct=%v: %s", atSource, w)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tries = append(m.tries, x)
}

// judge says what is wrong with a playback.
func (x *try) judge(want time.Duration) {
	if x.firstFrame == 0 {
		x.wrong = append(x.wrong, "no frame")
	}
	if n := int(enough * want.Seconds() * rate); x.frames < n {
		x.wrong = append(x.wrong, fmt.Sprintf("%d frames decoded, want %d or more", x.frames, n))
	}
	if least := time.Duration(enough * float64(want)); x.media < least {
		x.wrong = append(x.wrong, fmt.Sprintf("%v of media played, want %v or more", x.media, least))
	}
	x.wrong = append(x.wrong, x.faults...)
}

// shared checks that what is live came to the follower from the other peer, and
// that what that one got is true.
func (m *matrix) shared() {
	for _, c := range m.columns {
		http, p2p := m.bytes(c)
		m.t.Logf("%s: %.0f kB by HTTP, %.0f kB from the other peer", c.title, http/1e3, p2p/1e3)
		if c.form.live && !c.faulty() && p2p <= http {
			m.t.Errorf("%s: most did not come from the other peer", c.title)
		}
	}
	for _, v := range m.viewers {
		if r := v.Report(); r.Bad > 0 || r.Lost > 0 || r.Segments == 0 {
			m.t.Errorf("a viewer of a rendition at the first peer: %+v", r)
		}
	}
}

// bytes is what the follower has got of a channel, from where.
func (m *matrix) bytes(c column) (http, p2p float64) {
	name := strings.Split(c.play, "/")[3]
	series := `hlspeer_segment_bytes_total{channel="` + name + `",source="`
	return m.second.metric(series + `http"}`), m.second.metric(series + `p2p"}`)
}

// of are the tries that ok says, in the order in which they began.
func (m *matrix) of(ok func(*try) bool) []*try {
	m.mu.Lock()
	defer m.mu.Unlock()
	var some []*try
	for _, x := range m.tries {
		if ok(x) {
			some = append(some, x)
		}
	}
	slices.SortFunc(some, func(a, b *try) int { return a.began.Compare(b.began) })
	return some
}
