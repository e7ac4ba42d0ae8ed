package lab

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hlspeer/peer"
)

// admin asks peer i's admin address.
func (st *stage) admin(i int, path string, answer any) {
	st.t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	r.RemoteAddr = "pipe"
	st.members[i].agent.Admin().ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), answer); err != nil {
		st.t.Fatal(err)
	}
}

// TestStepsOfAnAgent: an agent whose parent stops in the middle of a segment tells of
// both attempts, while they go on and afterwards, and of what the link carried.
func TestStepsOfAnAgent(t *testing.T) {
	t.Parallel()
	const from = 10
	p := &pacer{}
	var armed atomic.Bool
	var struck atomic.Int64
	p.pause = func(sn int64, i int) time.Duration {
		if armed.Load() && i == from && struck.CompareAndSwap(0, sn) {
			return -1
		}
		return tickTock
	}
	parented(t, p, func(st *stage) {
		time.Sleep(30 * time.Second)
		var status peer.Status
		st.admin(0, "/api/v1/status", &status)
		track := status.Channels[0].Tracks[0]
		if track.Standing != "joined" || len(track.Parents) != 1 || track.Substreams == 0 || track.Unfed != 0 {
			t.Fatalf("%+v", track)
		}
		if l := track.Parents[0]; l.Received < track.Bytes.P2P || l.Sent != 0 || l.Misses != 0 {
			t.Errorf("%+v, but %d bytes came from peers", l, track.Bytes.P2P)
		}
		armed.Store(true)
		var flying *peer.Provenance
		var seg []peer.ChannelSegments
		for range 200 {
			time.Sleep(50 * time.Millisecond)
			seg = nil
			st.admin(0, "/api/v1/segments", &seg)
			for _, s := range seg[0].InFlight {
				if int64(s.SN) == struck.Load() && flying == nil {
					flying = &s
				}
			}
		}
		if flying == nil || len(flying.Attempts) == 0 || flying.Attempts[0].Outcome != peer.Running || flying.P2P == 0 {
			t.Errorf("in flight: %+v", flying)
		}
		s := st.stories(0)[struck.Load()]
		if n := len(s.Attempts); n < 2 || n != s.Tries {
			t.Fatalf("%+v", s)
		}
		first, last := s.Attempts[0], s.Attempts[len(s.Attempts)-1]
		if first.Source != "p2p" || first.Bytes != s.P2P || first.First == nil || first.InHand < 1 || first.Outcome == peer.Complete {
			t.Errorf("first %+v", first)
		}
		if last.Source != "http" || last.Bytes != s.HTTP || last.Offset != s.P2P || last.First == nil || last.Ended == nil {
			t.Errorf("last %+v", last)
		}
		if line := `hlspeer_p2p_fallbacks_total{channel="live",reason="timed out"} `; s.Why != "timed out" || !strings.Contains(st.metrics(0), line) {
			t.Errorf("why %q, metrics\n%s", s.Why, st.metrics(0))
		}
	})
}
