package lab

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"hlspeer/peer"
)

// TestDeceivedRelay: the first of a chain of three lies, after half a minute in
// which it was honest. The relay below samples little of it by then, but its child
// looks at each segment and tells it, so that the relay looks closer too and bans
// the liar. The relay has been deceived itself, and is not banned.
func TestDeceivedRelay(t *testing.T) {
	t.Parallel()
	var by [3]bans
	c := SwarmConfig{Peers: 3, Uplinks: []int64{strong}, JoinEvery: time.Second, adjust: func(i int, c *peer.Config) {
		switch by[i].by(c); i {
		case 0:
			pollutes(c, 40, false) // about 70 s from now
		case 2:
			c.Verify = peer.VerifyStrict
		}
	}}
	led(t, c, func(st *stage, p *puppet) {
		st.gone = []int{0}
		time.Sleep(10 * time.Second)
		p.parents("p2", "p1")
		p.parents("p3", "p2")
		time.Sleep(50 * time.Second)
		if got := st.graph(); !slices.Equal(got["p3"], []string{"p2"}) || !slices.Equal(got["p2"], []string{"p1"}) {
			t.Errorf("the puppet made %v, want a chain", got)
		}
		time.Sleep(30 * time.Second)
		p.parents("p2", "p1") // it was left for what it missed, and may come again
		time.Sleep(30 * time.Second)
		rows := st.rows()
		for _, r := range rows {
			t.Logf("peer %d: %d of %d segments wrong, %d from peers, audits %+v", r.Peer, r.Viewer.Wrong, r.Viewer.Segments, r.Counts.P2P, r.Counts.Audits)
		}
		if wrong := rows[1].Viewer.Wrong; wrong > 0 {
			t.Errorf("the last in the chain saw %d wrong segments, and samples all", wrong)
		}
		if wrong := rows[0].Viewer.Wrong; wrong > 3 {
			t.Errorf("the relay saw %d wrong segments, want 3 at most", wrong)
		}
		if got := by[1].list(); !slices.Equal(got, []string{"p1"}) {
			t.Errorf("the relay has banned %v, want the liar", got)
		}
		if got := by[2].list(); len(got) > 0 {
			t.Errorf("the last in the chain has banned %v", got)
		}
		st.unharmedBut(true)
	})
}

// TestAuditsInAnOutage: the source answers no samples any more, at once or never.
// Peers that know each other believe each other meanwhile, and share on; in strict
// mode nobody is believed, and all play by HTTP.
func TestAuditsInAnOutage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  Fault
		verify peer.Verify
		shares bool
	}{
		"503":         {Fault{Status: http.StatusServiceUnavailable}, peer.VerifyAudit, true},
		"404":         {Fault{Status: http.StatusNotFound}, peer.VerifyAudit, true},
		"silent":      {Fault{Hang: true}, peer.VerifyAudit, true},
		"slow":        {Fault{Delay: 700 * time.Millisecond}, peer.VerifyAudit, true},
		"slow strict": {Fault{Delay: 300 * time.Millisecond}, peer.VerifyStrict, true},
		"503 strict":  {Fault{Status: http.StatusServiceUnavailable}, peer.VerifyStrict, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := time.Now() // of the bubble, once it has begun
			config := SwarmConfig{Peers: 3, Uplinks: []int64{strong}, JoinEvery: time.Second}
			config.adjust = func(i int, p *peer.Config) {
				if out = time.Now().Add(40 * time.Second); i > 0 {
					p.Verify = c.verify
				}
			}
			config.Origin.Faults = func(r *http.Request) Fault {
				if sampling(r) && time.Now().After(out) {
					return c.fault
				}
				return Fault{}
			}
			play(t, config, func(st *stage) {
				time.Sleep(41 * time.Second)
				before, audits := st.rows(), st.audits()
				time.Sleep(100 * time.Second)
				after := st.audits()
				t.Logf("audits before %+v, in all %+v", audits, after)
				if c.shares {
					st.sharedSince(before, 1)
				} else if p2p := st.rows()[2].Counts.P2P - before[2].Counts.P2P; p2p > 3 {
					t.Errorf("%d segments from peers, want none", p2p)
				}
				if refuses := c.fault.Delay == 0; refuses && after.Skipped == 0 || after.Failed > 0 || audits.Passed == 0 {
					t.Error("want audits that could not be done, and none that failed")
				}
				st.unharmed()
			})
		})
	}
}

// TestAuditOfParts: a parent is so slow that the source brings the end of segments,
// and samples take longer than that. What the parent has brought is looked at all the
// same, if only when all is there: so no false byte is seen, and true ones are used.
func TestAuditOfParts(t *testing.T) {
	t.Parallel()
	for name, honest := range map[string]bool{"honest": true, "forger": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := SwarmConfig{Peers: 2, Uplinks: []int64{1_300_000}, JoinEvery: time.Second, Origin: OriginConfig{BitRate: 1_000_000}}
			c.adjust = func(i int, p *peer.Config) {
				if i == 0 {
					p.Link.Net = &bottleneck{Net: p.Link.Net, rate: 700_000}
					if !honest {
						pollutes(p, 0, false)
					}
				}
			}
			c.Origin.Faults = func(r *http.Request) Fault {
				if sampling(r) {
					return Fault{Delay: 500 * time.Millisecond}
				}
				return Fault{}
			}
			play(t, c, func(st *stage) {
				time.Sleep(90 * time.Second)
				if st.gone = []int{0}; honest {
					st.gone = nil
				}
				st.unharmed()
				parts, seen := 0, map[string]int{}
				for _, ch := range st.members[1].agent.Segments() {
					for _, p := range ch.Segments {
						if p.Audit == nil {
							continue
						}
						if seen[p.Audit.Result]++; p.Audit.Failed > 0 {
							seen["failed once"]++
						}
						if p.P2P > 0 && p.HTTP > 0 || p.Why == string(peer.Polluted) {
							parts++
						}
					}
				}
				if t.Logf("%d in parts, audits %v", parts, seen); parts == 0 || honest != (seen["passed"] > 0) || honest == (seen["failed once"] > 0) {
					t.Errorf("%d segments in parts, audits %v", parts, seen)
				}
			})
		})
	}
}
