package lab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"hlspeer/peer"
	"hlspeer/signaling"
)

// Old clients in browsers have habits of their own (protocol 14 and 16). Here
// they are played by a bare peer.

// TestOldChild: one REQUEST at a time, with the url alone. If one is not
// answered, with PIECE or LACK, within a segment's duration and 5 s, such a
// child never asks again; so each is, whatever the source does (protocol 16.12).
func TestOldChild(t *testing.T) {
	t.Parallel()
	for name, fault := range rowsOf(map[string]func(r *http.Request) Fault{
		"prompt source":      nil,
		"slow to answer":     onSegments(Fault{Delay: 3 * time.Second}),
		"not there yet":      onSegments(Fault{Status: http.StatusNotFound}),
		"broken source":      onSegments(Fault{Status: http.StatusBadGateway}),
		"silent source":      onSegments(Fault{Hang: true}),
		"silent in mid-body": onSegments(Fault{Cut: 30_000, Hang: true}),
	}) {
		for _, speed := range []float64{.5, 1, 2, 4} {
			t.Run(fmt.Sprint(name, " ", speed), func(t *testing.T) {
				t.Parallel()
				var f trouble
				c := SwarmConfig{Peers: 1, Origin: OriginConfig{Faults: f.faults, Speed: speed}}
				old(t, c, func(st *stage, b *bare) {
					e := b.dial(st.id(0), "a5f0", &webrtc.DataChannelInit{Protocol: new(string)})
					f.set(fault)
					limit := min(5*time.Second, st.origin.Duration())
					for range 12 {
						for _, ahead := range []int64{1, 0} {
							url := segmentName(st.origin.edge() + ahead)
							if e.ask(url, limit+2*delay) == "" {
								t.Errorf("no answer to a REQUEST for %s within %v", url, limit)
								return
							}
						}
						time.Sleep(st.origin.Duration() / 3)
					}
				})
			})
		}
	}
}

// TestFleetingChildren come and are gone at once (H-01, H-11), or stay for
// minutes and ask for nothing (H-08). Neither is held against them.
func TestFleetingChildren(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 2, Uplinks: []int64{strong}, JoinEvery: time.Second}
	old(t, c, func(st *stage, b *bare) {
		for range 20 {
			b.dial(st.id(0), "", nil).hangUp()
		}
		e := b.dial(st.id(0), "", nil)
		time.Sleep(5 * time.Minute)
		if answer := e.ask(segmentName(st.origin.edge()), 2*time.Second); answer != "PIECE" {
			t.Errorf("answer %q, want PIECE", answer)
		}
		st.sharing(20*time.Second, 1)
		st.steady()
	})
}

// TestOldParent: what old clients are like as the only parent there is.
func TestOldParent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		piece func(e *end, url string, sn int64, body []byte)
		p2p   bool // segments come from it
	}{
		"large packets": {func(e *end, url string, sn int64, body []byte) { e.piece(url, sn, body, 64<<10) }, true},
		"small packets": {func(e *end, url string, sn int64, body []byte) { e.piece(url, sn, body, 1000) }, true},
		"empty pieces":  {func(e *end, url string, sn int64, _ []byte) { e.piece(url, sn, nil, 1000) }, false},
		"no answers":    {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o *Origin
			b := &bare{uplink: 100e6}
			b.hear = func(e *end, text string) {
				if url, sn, ok := requested(text); ok {
					tt.piece(e, url, sn, o.Segment(RenditionMain, sn))
				}
			}
			b.mute = tt.piece == nil
			c := SwarmConfig{Peers: 2, JoinEvery: 500 * time.Millisecond, adjust: func(_ int, c *peer.Config) { c.Upload = 0 }}
			prepared(t, c, func(st *stage) { b.settle(st); o = st.origin }, func(st *stage) {
				defer b.join(st)()
				time.Sleep(time.Minute)
				st.steady()
				for _, r := range st.rows() {
					if got := r.Counts.P2P > r.Counts.HTTP; got != tt.p2p {
						t.Errorf("peer %d: %d segments from peers, %d by HTTP", r.Peer, r.Counts.P2P, r.Counts.HTTP)
					}
				}
				if b.offers.Load() == 0 {
					t.Error("nobody came to the parent")
				}
			})
		})
	}
}

// requested is the segment that a text asks for, if it is a REQUEST.
func requested(text string) (url string, sn int64, ok bool) {
	var m struct{ Event, URL string }
	if json.Unmarshal([]byte(text), &m) != nil || m.Event != "REQUEST" {
		return "", 0, false
	}
	sn, ok = parseSegmentName(path.Base(m.URL))
	return m.URL, sn, ok
}

// piece sends a body as old clients do.
func (e *end) piece(url string, sn int64, body []byte, packet int) {
	e.say(fmt.Sprintf(`{"event":"PIECE","attachments":%d,"url":%q,"sn":%d,"size":%d}`, (len(body)+packet-1)/packet, url, sn, len(body)))
	for len(body) > 0 {
		n := min(packet, len(body))
		e.throw(body[:n])
		body = body[n:]
	}
}

// old directs a swarm that has played for a while, with a bare peer in it.
func old(t *testing.T, c SwarmConfig, act func(st *stage, b *bare)) {
	t.Helper()
	b := &bare{}
	prepared(t, c, b.settle, func(st *stage) {
		time.Sleep(20 * time.Second)
		defer b.join(st)()
		time.Sleep(time.Second)
		act(st, b)
	})
}

// id is what the tracker calls peer i.
func (st *stage) id(i int) signaling.PeerID { return signaling.PeerID(st.Rows()[i].PeerID) }
