//go:build e2e

package main_test

import (
	"context"
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

// Runs are how a stream is played, and what its URL at the source begins with.
// That of a player at the source is direct and its name.
const (
	meshed, absent, hanging = "mesh", "404", "hang"
	direct                  = "direct-"
)

// together is how many play at once. Two cores bear more.
const together = 8

// matrix is real players against real streams.
type matrix struct {
	t       *testing.T
	src     *source
	first   *node
	second  *node // where the players play
	viewers []*lab.Viewer
	columns []column
	began   time.Time
	played  time.Duration // all tries together

	mu    sync.Mutex
	tries []*try
}

// column is a stream as the follower serves it.
type column struct {
	title  string
	run    string
	form   form
	slower time.Duration // how many times as long as the usual ones its segments are
	play   string        // at the follower
	long   *column       // the same in longer segments
}

// For Chromium's own player: it gives up live streams of short segments, also
// at the source.
const choosy = "video"

func newColumn(title, run string, f form) column {
	c := column{title: title, run: run, form: f, slower: 1}
	if f.live {
		c.long = &column{title: title, run: run, form: f.longer(), slower: 3}
	}
	return c
}

// of is what a player plays of the column.
func (c column) of(p player) column {
	if p.name != choosy || c.long == nil {
		return c
	}
	return *c.long
}

// faulty says that the source has a fault.
func (c column) faulty() bool { return c.run != meshed }

// TestE2EMatrix: every player plays every stream, at the source and at a peer
// that takes it from another peer. All frames are decoded and nothing is
// complained of, also when the source fails.
func TestE2EMatrix(t *testing.T) {
	m := newMatrix(t)
	players := append(nativePlayers(), browserPlayers()...)
	defer func() { t.Logf("in %v:\n\n%s", time.Since(m.began).Round(time.Second), m.table(players)) }()
	m.play(players)
	m.shared()
}

// newMatrix starts streams and peers.
func newMatrix(t *testing.T) *matrix {
	m := &matrix{t: t, began: time.Now()}
	m.src = startSource(t, map[string]*fault{
		absent:  newFault(3*time.Second, http.NotFound),
		hanging: newFault(3*time.Second, hang),
	})
	path := filepath.Join(t.TempDir(), "film.mp4")
	if err := longFilm(path); err != nil {
		t.Fatal(err)
	}
	all := slices.Clone(forms)
	for _, f := range forms {
		if f.live {
			all = append(all, f.longer())
		}
	}
	for _, f := range all {
		from := "-i " + path
		if f.live {
			from = "-re " + from
		}
		m.src.make(t, f, from)
	}
	for i, title := range []string{"live TS", "VOD", "live fMP4", "AES-128", "renditions"} {
		m.columns = append(m.columns, newColumn(title, meshed, forms[i]))
	}
	m.columns = append(m.columns, newColumn("404 for 3 s", absent, liveTS), newColumn("hangs for 3 s", hanging, liveTS))
	for _, f := range all {
		m.src.started(t, f)
	}
	m.startPeers()
	return m
}

// startPeers starts two, of which the second can get everything from the first.
func (m *matrix) startPeers() {
	t := m.t
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0").address("tracker")
	args := []string{"--tracker", at, "--upload", "40Mbps"}
	all := slices.Clone(m.columns)
	for _, c := range m.columns {
		if c.long != nil {
			all = append(all, *c.long)
		}
	}
	for _, c := range all {
		args = append(args, m.src.url(c.run, c.form))
	}
	m.first = startPeer(t, "first", append(args, "--user-agent", "first")...)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	for i, c := range m.columns {
		switch { // what players ask for is shared by those who play it
		case c.form.maps != "":
			for dir, url := range renditions(t, m.src.url(c.run, c.form), m.first.plays[i]) {
				m.viewers = append(m.viewers, watch(ctx, t, &wg, url, m.src.check(c.form.name+"/"+dir)))
			}
		case !c.form.live:
			m.load(m.first.plays[i], m.src.check(c.form.name))
		}
	}
	await(t, "the first peer has joined its channels", 30*time.Second, func() bool {
		for i, ch := range m.first.status().Channels {
			joined := len(ch.Tracks) > 0 && ch.Tracks[0].PeerID != ""
			if !joined && all[i].form.maps == "" { // of renditions only those that are played join
				return false
			}
		}
		return true
	})
	m.second = startPeer(t, "second", append(args, "--user-agent", "second")...)
	longs := m.second.plays[len(m.columns):]
	for i := range m.columns {
		m.columns[i].play = m.second.plays[i]
		if long := m.columns[i].long; long != nil {
			long.play, longs = longs[0], longs[1:]
		}
	}
	for i, c := range m.columns {
		await(t, c.title+" has a parent", 30*time.Second, func() bool {
			tracks := m.second.status().Channels[i].Tracks
			return !c.form.live || c.form.maps != "" || len(tracks) > 0 && len(tracks[0].Parents) > 0
		})
	}
}

// load has a peer fetch a whole film: players read it ahead as they like, and what
// the other peer has by then would be chance.
func (m *matrix) load(play string, check func(sn int64, body []byte) error) {
	sn := int64(0)
	for line := range strings.Lines(fetch(m.t, play, -1)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if err := check(sn, []byte(fetch(m.t, resolve(m.t, play, line), -1))); err != nil {
			m.t.Error(err)
		}
		sn++
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
			all = append(all, job{p, c.of(p)})
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	jobs, began := make(chan job), time.Now()
	defer func() { m.played = time.Since(began) }()
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

// shared checks that most came to the follower from the other peer, and that what
// that one got is true.
func (m *matrix) shared() {
	for _, c := range m.columns {
		http, p2p := m.bytes(c)
		m.t.Logf("%s: %.0f kB by HTTP, %.0f kB from the other peer", c.title, http/1e3, p2p/1e3)
		if !c.faulty() && p2p <= http {
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
