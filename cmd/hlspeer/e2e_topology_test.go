//go:build e2e

package main_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hlspeer/signaling"
)

// topology is what a viewer of a tracker's feed knows of a channel. It reads in
// the background and checks that nothing is missing.
type topology struct {
	t     *testing.T
	conn  *websocket.Conn
	began time.Time

	mu      sync.Mutex
	names   map[signaling.PeerID]string
	parents map[signaling.PeerID]map[signaling.PeerID]int // of each peer that is there: substreams
	seq     uint64
	changes int
	bytes   int
	totals  chan signaling.Totals
}

// watchTopology follows a channel at a tracker.
func watchTopology(t *testing.T, tracker, channel string) *topology {
	t.Helper()
	address := "ws" + strings.TrimPrefix(tracker, "http") + "/topology?room=" + url.QueryEscape(channel)
	conn, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &topology{
		t: t, conn: conn, began: time.Now(), names: map[signaling.PeerID]string{}, totals: make(chan signaling.Totals, 1),
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		v.read()
	}()
	t.Cleanup(func() {
		conn.Close()
		<-ended
	})
	return v
}

func (v *topology) read() {
	for {
		_, text, err := v.conn.ReadMessage()
		if err != nil {
			return
		}
		m, err := signaling.ParseFeed(text)
		if err != nil {
			v.t.Errorf("feed: %v: %s", err, text)
			continue
		}
		if totals, ok := m.(signaling.Totals); ok {
			v.totals <- totals
			continue
		}
		v.mu.Lock()
		if err := v.apply(m); err != nil {
			v.t.Errorf("feed: %v: %s", err, text)
		}
		v.bytes += len(text)
		v.mu.Unlock()
	}
}

// apply wants v.mu held.
func (v *topology) apply(m signaling.Message) error {
	v.seq++
	v.changes++
	var seq uint64
	switch m := m.(type) {
	case signaling.Topology:
		seq, v.seq = m.Seq, m.Seq
		v.parents = map[signaling.PeerID]map[signaling.PeerID]int{}
		for _, n := range m.Nodes {
			v.parents[n.ID] = map[signaling.PeerID]int{}
			for _, p := range n.Parents {
				v.parents[n.ID][p.ID] = p.Substreams
			}
		}
	case signaling.NodeJoin:
		seq = m.Seq
		v.parents[m.Node.ID] = map[signaling.PeerID]int{}
	case signaling.NodeLeave:
		seq = m.Seq
		delete(v.parents, m.ID)
	case signaling.EdgeUp:
		seq = m.Seq
		if v.parents[m.To] == nil || v.parents[m.From] == nil {
			return fmt.Errorf("link of a peer that is not there")
		}
		v.parents[m.To][m.From] = m.Substreams
		v.tell("%s receives %d substreams from %s", v.name(m.To), m.Substreams, v.name(m.From))
	case signaling.EdgeDown:
		seq = m.Seq
		delete(v.parents[m.To], m.From)
		v.tell("%s receives from %s no more", v.name(m.To), v.name(m.From))
	}
	if seq != v.seq {
		return fmt.Errorf("number %d, want %d", seq, v.seq)
	}
	return nil
}

func (v *topology) tell(format string, args ...any) {
	v.t.Logf("%5.1fs "+format, append([]any{time.Since(v.began).Seconds()}, args...)...)
}

func (v *topology) name(id signaling.PeerID) string {
	if name := v.names[id]; name != "" {
		return name
	}
	return string(id)
}

// call gives a peer the name under which it is told of.
func (v *topology) call(id signaling.PeerID, name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.names[id] = name
}

// levels is how many links each peer is away from the source on the longest
// way, by name.
func (v *topology) levels() map[string]int {
	v.mu.Lock()
	defer v.mu.Unlock()
	levels := map[string]int{}
	var level func(id signaling.PeerID, depth int) int
	level = func(id signaling.PeerID, depth int) int {
		n := 0
		for parent := range v.parents[id] {
			if depth > len(v.parents) {
				v.t.Errorf("a cycle at %s", v.name(id))
				return n
			}
			n = max(n, 1+level(parent, depth+1))
		}
		return n
	}
	for id := range v.parents {
		levels[v.name(id)] = level(id, 0)
	}
	return levels
}

// lowest is the largest level.
func (v *topology) lowest() int {
	return slices.Max(append(slices.Collect(maps.Values(v.levels())), 0))
}

// traffic asks for the totals.
func (v *topology) traffic() signaling.Totals {
	v.t.Helper()
	if err := v.conn.WriteMessage(websocket.TextMessage, signaling.Append(nil, signaling.GetStats{})); err != nil {
		v.t.Fatal(err)
	}
	select {
	case totals := <-v.totals:
		return totals
	case <-time.After(10 * time.Second):
		v.t.Fatal("no statistics")
		return signaling.Totals{}
	}
}
