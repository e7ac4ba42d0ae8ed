package lab

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hlspeer/signaling"
)

// TestFilmOnTheFeed: those who watch the topology see the peers of a film, and
// whom each is linked with.
func TestFilmOnTheFeed(t *testing.T) {
	t.Parallel()
	c := film(4, nil)
	c.JoinEvery = 3 * time.Second
	play(t, c, func(st *stage) {
		time.Sleep(30 * time.Second)
		d := websocket.Dialer{NetDialContext: st.net.dialer()}
		ctx, cancel := context.WithTimeout(st.t.Context(), 10*time.Second)
		defer cancel()
		at := "ws" + st.TrackerURL()[len("http"):] + "/topology?room=" + url.QueryEscape(st.SourceURL())
		conn, _, err := d.DialContext(ctx, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, text, err := conn.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		m, err := signaling.ParseFeed(text)
		topology, ok := m.(signaling.Topology)
		if err != nil || !ok {
			t.Fatalf("%T, %v", m, err)
		}
		links := 0
		for _, n := range topology.Nodes {
			links += len(n.Parents)
		}
		if len(topology.Nodes) != 4 || links != 6 {
			t.Errorf("%d peers with %d links, want 4 with 6: %+v", len(topology.Nodes), links, topology)
		}
	})
}
