//go:build e2e

package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"

	"hlspeer/signaling"
)

const crowdChannel = "http://example.com/crowd/live.m3u8"

// A crowd is a channel of peers that only say that they are linked.
type crowd struct {
	t       *testing.T
	tracker string
	random  *rand.Rand
	levels  [][]*extra
	wg      sync.WaitGroup
}

// An extra is one of them.
type extra struct {
	conn    *websocket.Conn
	id      signaling.PeerID
	parents []*extra
}

// crowdLevels are a thousand peers; the sizes of levels are those of a mesh in
// which everybody gives about as much as it takes.
var crowdLevels = []int{14, 86, 290, 380, 230}

// assemble has a crowd join a tracker, three parents each, and some of them four.
func assemble(t *testing.T, tracker string, sizes []int) *crowd {
	t.Helper()
	c := &crowd{t: t, tracker: tracker, random: rand.New(rand.NewPCG(1, 2)), levels: make([][]*extra, len(sizes))}
	t.Cleanup(c.wg.Wait)
	for level, size := range sizes {
		for range size {
			c.levels[level] = append(c.levels[level], c.join(level))
		}
	}
	for _, e := range c.levels[0] {
		e.say(signaling.Statistics{Source: 10_000})
	}
	for level := range sizes[1:] {
		for i, e := range c.levels[level+1] {
			c.adopt(level+1, e, 4-min(1, i%7))
		}
	}
	return c
}

func (c *crowd) join(level int) *extra {
	c.t.Helper()
	address := "ws" + strings.TrimPrefix(c.tracker, "http") + "/ws?key=free&mode=live&room=" + url.QueryEscape(crowdChannel)
	conn, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	e := &extra{conn: conn}
	e.say(signaling.Enter{
		Channel: crowdChannel, UplinkBW: signaling.BitRate(200e6 / float64(int(1)<<(2*level)) * (0.5 + c.random.Float64())), StreamRate: 1e6,
		ISP: []string{"Telenet", "Northline", "Kabel West", "Orbit"}[c.random.IntN(4)], Province: []string{"Harz", "Weser", "Elbe", "Spree"}[c.random.IntN(4)],
	})
	_, text, err := conn.ReadMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	m, err := signaling.ParseServer(text)
	accept, ok := m.(signaling.Accept)
	if !ok {
		c.t.Fatalf("%v %s", err, text)
	}
	e.id = accept.PeerID
	c.wg.Go(func() { // what it is told is nothing to it
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	})
	return e
}

func (e *extra) say(m signaling.Message) {
	_ = e.conn.WriteMessage(websocket.TextMessage, signaling.AppendPeer(nil, m, signaling.Envelope{}))
}

// adopt links a peer to some of the level above.
func (c *crowd) adopt(level int, e *extra, parents int) {
	above := c.levels[level-1]
	near := c.random.IntN(len(above))
	for i := 0; parents > 0; i++ {
		p := above[(near+i)%len(above)] // neighbours, as in a mesh that keeps providers together
		if slices.Contains(e.parents, p) {
			continue
		}
		e.parents = append(e.parents, p)
		e.say(signaling.DCOpened{DCID: signaling.NewDCID(e.id, p.id), Substreams: 1, StreamRate: 250_000})
		parents--
	}
	source := 200 + c.random.Int64N(1500)*c.random.Int64N(6)
	e.say(signaling.Statistics{Source: source, P2P: 10_000 - source})
}

// churn makes changes at a pace until stop: links that end and begin elsewhere, and
// now and then a peer that is replaced.
func (c *crowd) churn(perSecond int, stop <-chan struct{}) (changes int) {
	tick := time.NewTicker(time.Second / time.Duration(perSecond) * 2)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return changes
		case <-tick.C:
		}
		level := 1 + c.random.IntN(len(c.levels)-1)
		at := c.random.IntN(len(c.levels[level]))
		e := c.levels[level][at]
		last := level == len(c.levels)-1
		if i%20 == 0 && last {
			e.conn.Close()
			e = c.join(level)
			c.levels[level][at] = e
			c.adopt(level, e, 3)
			changes += 8 // three links, the peer, and the same again
			continue
		}
		if len(e.parents) > 1 {
			p := e.parents[0]
			e.parents = e.parents[1:]
			e.say(signaling.DCClosed{DCID: signaling.NewDCID(e.id, p.id), Substreams: 1})
		}
		c.adopt(level, e, 1)
		changes += 2
	}
}

// frames counts how long frames take, in the page.
const frames = `
	window.frameTimes = [];
	(function next(before) {
		requestAnimationFrame((now) => {
			if (before) window.frameTimes.push(now - before);
			next(now);
		});
	})(0)`

// TestE2EPageCrowd: a thousand peers with three thousand links, twenty changes a
// second.
func TestE2EPageCrowd(t *testing.T) {
	tracker := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--log-level", "error")
	at := tracker.address("tracker")
	c := assemble(t, at, crowdLevels)
	p := openPage(t, pageURL(at, crowdChannel), 1440, 900)
	p.expect("#summary", "1,000 peers", 30*time.Second)
	p.rest()
	t.Logf("the page: %s", p.text("#summary"))
	p.shoot("crowd-light")

	some := c.levels[3][100].id
	p.look(some)
	p.shoot("crowd-pointed")
	p.click("#theme")
	p.click("#theme")
	p.point(5, 5)
	p.shoot("crowd-dark")
	p.look(some)
	p.shoot("crowd-dark-pointed")
	p.point(5, 5)
	p.click("#tab-list")
	p.expect("#list", string(some), 5*time.Second)
	p.shoot("crowd-dark-list")
	p.click("#theme")
	p.click("#tab-mesh")
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	p.rest()
	p.shoot("crowd-phone")
	p.do(chromedp.EmulateViewport(1440, 900))

	feed := watchTopology(t, at, crowdChannel)
	stop, ended := make(chan struct{}), make(chan int)
	go func() { ended <- c.churn(20, stop) }()
	time.Sleep(2 * time.Second)
	feed.mu.Lock()
	changes, bytes := feed.changes, feed.bytes
	feed.mu.Unlock()
	p.do(chromedp.Evaluate[chromedp.Void](frames))
	const lasts = 15 * time.Second
	time.Sleep(lasts)
	times := eval[[]float64](p, "window.frameTimes")
	p.shoot("crowd-churn")
	feed.mu.Lock()
	changes, bytes = feed.changes-changes, feed.bytes-bytes
	feed.mu.Unlock()
	t.Logf("%.1f changes a second, %d bytes each", float64(changes)/lasts.Seconds(), bytes/max(1, changes))
	logFrames(t, "light, 1440x900, churn", times)
	if median := times[len(times)/2]; median > 100 {
		t.Errorf("a frame takes %.0f ms", median)
	}

	const pause = 10 * time.Second
	few := tracker.cpu()
	time.Sleep(pause)
	few = tracker.cpu() - few
	audience := c.seat(98) // with the page and the feed a hundred
	time.Sleep(2 * time.Second)
	many, heard := tracker.cpu(), audience.heard.Load()
	time.Sleep(pause)
	many, heard = tracker.cpu()-many, audience.heard.Load()-heard
	close(stop)
	<-ended
	audience.leave()
	t.Logf("the tracker takes %.1f %% of a core with 2 viewers, %.1f %% with 100, each of which gets %.1f kB/s",
		100*few.Seconds()/pause.Seconds(), 100*many.Seconds()/pause.Seconds(), float64(heard)/98/1000/pause.Seconds())
}

// A gallery is many who watch the crowd as the page does.
type gallery struct {
	heard atomic.Int64 // bytes
	leave func()
}

func (c *crowd) seat(viewers int) *gallery {
	c.t.Helper()
	g := &gallery{}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	g.leave = sync.OnceFunc(func() {
		close(stop)
		wg.Wait()
	})
	c.t.Cleanup(g.leave)
	for i := range viewers {
		conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(c.tracker, "http")+"/topology?room="+url.QueryEscape(crowdChannel), nil)
		if err != nil {
			c.t.Fatal(err)
		}
		wg.Go(func() {
			for {
				_, text, err := conn.ReadMessage()
				if err != nil {
					return
				}
				g.heard.Add(int64(len(text)))
			}
		})
		wg.Go(func() {
			defer conn.Close()
			first := time.After(5 * time.Second * time.Duration(i) / time.Duration(viewers)) // not all at once
			tick := time.NewTicker(5 * time.Second)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-first:
					tick.Reset(5 * time.Second)
				case <-tick.C:
				}
				if conn.WriteMessage(websocket.TextMessage, signaling.Append(nil, signaling.GetStats{})) != nil {
					return
				}
			}
		})
	}
	return g
}

// cpu is what the process has taken so far.
func (p *process) cpu() time.Duration {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		p.t.Fatal(err)
	}
	return time.Duration(user+system) * time.Second / 100
}

// logFrames sorts them.
func logFrames(t *testing.T, what string, times []float64) {
	t.Helper()
	if len(times) == 0 {
		t.Fatalf("%s: no frames", what)
	}
	sum := 0.0
	for _, v := range times {
		sum += v
	}
	slices.Sort(times)
	t.Logf("%s: %d frames, mean %.1f ms, median %.1f, p95 %.1f, p99 %.1f, worst %.1f", what, len(times), sum/float64(len(times)),
		times[len(times)/2], times[len(times)*95/100], times[len(times)*99/100], times[len(times)-1])
}
