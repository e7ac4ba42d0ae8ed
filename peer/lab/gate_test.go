package lab

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"hlspeer/signaling/tracker"
)

// gate stands before the tracker of a stage: it can be shut, which cuts off
// who is inside, and what is behind it can be exchanged.
type gate struct {
	net.Listener
	inside atomic.Pointer[http.Handler]

	mu    sync.Mutex
	shut  bool
	conns map[net.Conn]struct{}
}

// guard puts a gate before the tracker of s. Call it before s runs.
func guard(s *Swarm) *gate {
	g := &gate{Listener: s.meeting, conns: map[net.Conn]struct{}{}}
	g.behind(http.NotFoundHandler())
	s.meet = func(ctx context.Context) error {
		return serve(ctx, g, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			(*g.inside.Load()).ServeHTTP(w, r)
		}))
	}
	return g
}

func (g *gate) behind(h http.Handler) { g.inside.Store(&h) }

// run puts a new tracker behind the gate, which knows nothing. stop ends it.
func (g *gate) run(c tracker.Config) (stop func(), err error) {
	if c.ReportSpan == tracker.DefaultConfig().ReportSpan {
		c.ReportSpan = 5
	}
	t, err := tracker.New(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = t.Run(ctx) // only fails when called twice
	}()
	<-t.Ready()
	g.behind(t.Handler())
	return func() { cancel(); <-ended }, nil
}

// close cuts all connections and refuses new ones.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for c := range g.conns {
		_ = c.Close()
	}
	clear(g.conns)
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}

func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g.admit(c) {
			return &visitor{c, g}, nil
		}
		_ = c.Close()
	}
}

func (g *gate) admit(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.shut {
		g.conns[c] = struct{}{}
	}
	return !g.shut
}

// visitor is a connection through the gate.
type visitor struct {
	net.Conn
	gate *gate
}

func (v *visitor) Close() error {
	v.gate.mu.Lock()
	delete(v.gate.conns, v.Conn)
	v.gate.mu.Unlock()
	return v.Conn.Close()
}

// report is a part of what the tracker says at /api/v1/channels.
type report struct {
	Channels []struct {
		Nodes []reportNode `json:"nodes"`
	} `json:"channels"`
}

type reportNode struct {
	ID       string  `json:"id"`
	Level    int     `json:"level"`
	Root     bool    `json:"root"`
	UplinkBW float64 `json:"uplink_bw"`
	Slots    int     `json:"slots"`
	Used     int     `json:"used"`
	SourceKB int64   `json:"source_kb"`
	P2PKB    int64   `json:"p2p_kb"`
	Parents  []struct {
		ID         string `json:"id"`
		Substreams int    `json:"substreams"`
	} `json:"parents"`
}

// nodes are the peers that the tracker knows.
func (s *Swarm) nodes(t *testing.T) (all []reportNode) {
	t.Helper()
	client := httpClient(s.net)
	defer client.CloseIdleConnections()
	resp, err := client.Get(s.TrackerURL() + "/api/v1/channels")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var r report
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		t.Fatal(err)
	}
	for _, ch := range r.Channels {
		all = append(all, ch.Nodes...)
	}
	return all
}

// known is what the tracker believes: who is fed by whom.
func (s *Swarm) known(t *testing.T) map[string][]string {
	t.Helper()
	parents := map[string][]string{}
	for _, n := range s.nodes(t) {
		parents[n.ID] = []string{}
		for _, p := range n.Parents {
			parents[n.ID] = append(parents[n.ID], p.ID)
		}
		slices.Sort(parents[n.ID])
	}
	return parents
}

// graph is the same as the peers themselves see it.
func (st *stage) graph() map[string][]string {
	parents := map[string][]string{}
	for _, r := range st.present() {
		list := []string{}
		for _, p := range r.Parents {
			list = append(list, string(p.PeerID))
		}
		slices.Sort(list)
		parents[string(r.PeerID)] = list
	}
	return parents
}
