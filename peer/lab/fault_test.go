package lab

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hlspeer/peer"
)

// trouble is a source that misbehaves between two moments.
type trouble struct {
	mu    sync.Mutex
	fault func(r *http.Request) Fault
}

// set changes what requests meet from now on; nil: prompt and faithful
// answers.
func (f *trouble) set(fault func(r *http.Request) Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

func (f *trouble) faults(r *http.Request) Fault {
	f.mu.Lock()
	fault := f.fault
	f.mu.Unlock()
	if fault == nil {
		return Fault{Delay: 20 * time.Millisecond}
	}
	return fault(r)
}

func isSegment(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ".ts") }

func onSegments(f Fault) func(*http.Request) Fault {
	return func(r *http.Request) Fault {
		if isSegment(r) {
			return f
		}
		return Fault{}
	}
}

// refusals counts the requests for segments that the proxies did not fulfil.
func (st *stage) refusals() (n int) {
	for _, r := range st.rows() {
		n += r.Viewer.Retries
	}
	return n
}

// TestSourceFaults: for some seconds the source misbehaves. Players never get
// an error or a false byte for it, and afterwards all is as before.
func TestSourceFaults(t *testing.T) {
	t.Parallel()
	page := []byte("<!DOCTYPE html><html><body>Sorry, come back later</body></html>")
	for name, tt := range map[string]struct {
		fault func(r *http.Request) Fault
		lasts time.Duration
	}{
		"503 for segments":         {onSegments(Fault{Status: 503}), 3 * time.Second},
		"503 for everything":       {func(*http.Request) Fault { return Fault{Status: 503} }, 3 * time.Second},
		"404 for segments":         {onSegments(Fault{Status: 404}), 3 * time.Second},
		"bodies cut at once":       {onSegments(Fault{Cut: 1}), 3 * time.Second},
		"bodies cut in the middle": {onSegments(Fault{Cut: 20_000}), 3 * time.Second},
		"slow to answer":           {onSegments(Fault{Delay: 1500 * time.Millisecond}), 10 * time.Second},
		"pages for segments":       {onSegments(Fault{Body: page}), 3 * time.Second},
		"long pages for segments":  {onSegments(Fault{Body: []byte(strings.Repeat(string(page), 3000))}), 3 * time.Second},
		"pages for everything":     {func(*http.Request) Fault { return Fault{Body: page} }, 3 * time.Second},
		"empty bodies":             {onSegments(Fault{Body: []byte{}}), 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f trouble
			c := SwarmConfig{Peers: 3, Uplinks: []int64{strong}, JoinEvery: time.Second, Origin: OriginConfig{Faults: f.faults}}
			play(t, c, func(st *stage) {
				time.Sleep(25 * time.Second)
				f.set(tt.fault)
				time.Sleep(tt.lasts)
				f.set(nil)
				time.Sleep(45 * time.Second) // a parent that was late rests for a while
				st.sharing(20*time.Second, 1)
				st.unharmed()
				if n := st.refusals(); n > 0 {
					t.Errorf("%d error answers for players, want none", n)
				}
			})
		})
	}
}

// TestRootHangs: for 3 s the root's requests fall silent in mid-body; the source
// is well for everybody else. Nobody's playback suffers, not the root's either.
func TestRootHangs(t *testing.T) {
	t.Parallel()
	var f trouble
	c := SwarmConfig{
		Peers: 3, Uplinks: []int64{strong}, JoinEvery: time.Second, Origin: OriginConfig{Faults: f.faults},
		adjust: func(i int, c *peer.Config) { c.Origin.UserAgent = fmt.Sprint("peer ", i+1) },
	}
	play(t, c, func(st *stage) {
		time.Sleep(25 * time.Second)
		f.set(func(r *http.Request) Fault {
			if isSegment(r) && r.UserAgent() == "peer 1" {
				return Fault{Cut: 10_000, Hang: true}
			}
			return Fault{Delay: 20 * time.Millisecond}
		})
		time.Sleep(3 * time.Second)
		f.set(nil)
		time.Sleep(45 * time.Second)
		st.sharing(20*time.Second, 1)
		st.unharmed()
	})
}

// TestSourceGone: it is away for half a minute. Nobody can play on, but all
// recover, and what it answers meanwhile is believed by nobody.
func TestSourceGone(t *testing.T) {
	t.Parallel()
	var f trouble
	c := SwarmConfig{Peers: 3, Uplinks: []int64{strong}, JoinEvery: time.Second, Origin: OriginConfig{Faults: f.faults}}
	play(t, c, func(st *stage) {
		time.Sleep(25 * time.Second)
		f.set(func(*http.Request) Fault { return Fault{Body: []byte("<html>back soon</html>")} })
		time.Sleep(30 * time.Second)
		f.set(nil)
		time.Sleep(45 * time.Second)
		st.honest()
		before := st.rows()
		st.sharing(20*time.Second, 1)
		for i, r := range st.rows() {
			if r.Viewer.Stalls > before[i].Viewer.Stalls || r.Viewer.Segments < before[i].Viewer.Segments+9 {
				t.Errorf("peer %d: %+v, 20 s before %+v: want it to play again", r.Peer, r.Viewer, before[i].Viewer)
			}
		}
	})
}
