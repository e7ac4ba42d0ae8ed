package lab

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

// shown is what those who watch the topology see of the channel.
func (st *stage) shown() (peers, links int) {
	st.t.Helper()
	d := websocket.Dialer{NetDialContext: st.net.dialer()}
	ctx, cancel := context.WithTimeout(st.t.Context(), 10*time.Second)
	defer cancel()
	at := "ws" + st.TrackerURL()[len("http"):] + "/topology?room=" + url.QueryEscape(st.SourceURL())
	conn, _, err := d.DialContext(ctx, at, nil)
	if err != nil {
		st.t.Fatal(err)
	}
	defer conn.Close()
	_, text, err := conn.ReadMessage()
	if err != nil {
		st.t.Fatal(err)
	}
	m, err := signaling.ParseFeed(text)
	topology, ok := m.(signaling.Topology)
	if err != nil || !ok {
		st.t.Fatalf("%T, %v", m, err)
	}
	for _, n := range topology.Nodes {
		links += len(n.Parents)
	}
	return len(topology.Nodes), links
}

// TestFilmOnTheFeed: those who watch the topology see the peers of a film, and
// whom each is linked with.
func TestFilmOnTheFeed(t *testing.T) {
	t.Parallel()
	c := film(4, nil)
	c.JoinEvery = 3 * time.Second
	play(t, c, func(st *stage) {
		time.Sleep(30 * time.Second)
		if peers, links := st.shown(); peers != 4 || links != 6 {
			t.Errorf("%d peers with %d links, want 4 with 6", peers, links)
		}
	})
}

// TestFilmOnAnotherFeed: a tracker that has not heard of the peers, but lets them
// keep their ids and thereby their links, is soon told of these.
func TestFilmOnAnotherFeed(t *testing.T) {
	t.Parallel()
	guarded(t, film(4, nil), func(st *stage, g *gate) {
		rare := tracker.DefaultConfig()
		rare.ReportSpan = 600 // s
		stop := st.openAs(g, rare)
		defer func() { stop() }()
		time.Sleep(30 * time.Second)
		if peers, links := st.shown(); peers != 4 || links != 6 {
			t.Errorf("%d peers with %d links, want 4 with 6", peers, links)
		}
		g.close()
		stop()
		stop = st.openAs(g, rare)
		g.open()
		peers, links := 0, 0
		for range 120 {
			if peers, links = st.shown(); peers == 4 && links == 6 {
				return
			}
			time.Sleep(time.Second)
		}
		t.Errorf("of another tracker: %d peers with %d links, want 4 with 6", peers, links)
	})
}
