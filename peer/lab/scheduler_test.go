package lab

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// everybody are the peers of a puppet.
var everybody = []string{"p1", "p2", "p3"}

// misled has three peers, which feed each other, and the puppet that leads them
// does what it should not. Nobody's playback is harmed, by HTTP if need be,
// nobody has more links than allowed, and with an honest tracker all is well
// again, after a while.
func misled(t *testing.T, rest time.Duration, do func(p *puppet)) {
	t.Helper()
	t.Parallel()
	var u plugs
	c := SwarmConfig{Peers: len(everybody), Uplinks: []int64{strong}, JoinEvery: time.Second, adjust: u.count}
	led(t, c, func(st *stage, p *puppet) {
		time.Sleep(10 * time.Second)
		p.parents("p2", "p1")
		p.parents("p3", "p2")
		time.Sleep(10 * time.Second)
		if got := st.graph(); !slices.Equal(got["p3"], []string{"p2"}) || !slices.Equal(got["p2"], []string{"p1"}) {
			t.Errorf("the puppet made %v, want a chain", got)
		}
		do(p)
		time.Sleep(30 * time.Second)
		// 8 parents, 16 children, and a link each for a move and a standby.
		if most := u.most.Load(); most > int64(len(everybody)*26) {
			t.Errorf("%d links at once", most)
		}
		st.steady()
		p.gate.close()
		defer st.open(p.gate)()
		p.gate.open()
		time.Sleep(rest)
		st.sharing(20*time.Second, 1)
		st.steady()
		if open := u.open.Load(); open > 6 {
			t.Errorf("%d ends of links, want two for each pair at most", open)
		}
	})
}

// soon is how long peers take to find each other after they have been misled.
const soon = time.Minute

// steady demands that nobody's playback has suffered, not even by an error that
// a player could mend.
func (st *stage) steady() {
	st.t.Helper()
	st.unharmed()
	if n := st.refusals(); n > 0 {
		st.t.Errorf("%d error answers for players, want none", n)
	}
}

// TestHostileScheduler: orders that make no sense.
func TestHostileScheduler(t *testing.T) {
	t.Parallel()
	for name, do := range rowsOf(map[string]func(p *puppet){
		"two below each other": func(p *puppet) {
			p.parents("p1", "p2")
			p.adopt("p1", "p2")
		},
		"three in a ring": func(p *puppet) { p.parents("p1", "p3") },
		"adopt in a ring": func(p *puppet) {
			for range 10 {
				p.adopt("p1", "p3")
				p.adopt("p3", "p2")
				p.adopt("p2", "p1")
				time.Sleep(time.Second)
			}
		},
		"adopt against the stream": func(p *puppet) {
			for range 10 {
				p.adopt("p1", "p2")
				time.Sleep(500 * time.Millisecond)
				p.adopt("p2", "p1")
				time.Sleep(500 * time.Millisecond)
			}
		},
		"everybody below itself": func(p *puppet) {
			for _, id := range everybody {
				p.parents(id, id)
				p.adopt(id, id)
				p.tell(id, fmt.Sprintf(`{"action":"connect","to_peer_id":%q}`, id))
				p.tell(id, fmt.Sprintf(`{"action":"disconnect","to_peers":[%q]}`, id))
			}
		},
		"ten thousand lists": func(p *puppet) {
			for i := range 10_000 {
				for _, id := range everybody {
					p.parents(id, fmt.Sprint("nobody", i))
				}
			}
		},
		"long lists": func(p *puppet) {
			for _, n := range []int{4_000, 100_000} { // the second is more than a socket takes
				list := make([]string, n)
				for i := range list {
					list[i] = fmt.Sprintf(`{"peer_id":"x%d","residual_bw":100000}`, i)
				}
				text := `{"action":"parents","nodes":[` + strings.Join(list, ",") + `]}`
				for range 5 {
					p.tell("p1", text)
					p.tell("p2", text)
				}
			}
		},
		"storms": func(p *puppet) {
			for i := range 1000 {
				for _, id := range everybody {
					other := fmt.Sprint("p", 1+i%3)
					p.adopt(id, fmt.Sprint("nobody", i))
					p.tell(id, fmt.Sprintf(`{"action":"connect","to_peer_id":"nobody%d"}`, i))
					p.tell(id, fmt.Sprintf(`{"action":"connect","to_peer_id":%q}`, other))
					p.tell(id, fmt.Sprintf(`{"action":"disconnect","to_peers":["nobody%d",%q]}`, i, other))
				}
				time.Sleep(10 * time.Millisecond)
			}
		},
		"lifted out of nothing": func(p *puppet) {
			for range 20 {
				for _, id := range everybody {
					p.tell(id, `{"action":"transition","success":true}`)
					p.tell(id, `{"action":"transition"}`)
				}
				time.Sleep(500 * time.Millisecond)
			}
		},
		"absurd names and numbers": func(p *puppet) {
			for _, text := range []string{
				`{"action":"parents","nodes":[{"peer_id":"p1","residual_bw":-1},{"peer_id":"p2","residual_bw":1e308},{"peer_id":"p3","residual_bw":"NaN"}]}`,
				`{"action":"parents","nodes":[{"peer_id":7},{"peer_id":1e99,"residual_bw":1e9},{"peer_id":null},null,3,"p1"]}`,
				`{"action":"parents","nodes":{"peer_id":"p1"}}`, `{"action":"parents"}`,
				`{"action":"adopt","parent_id":7,"residual_bw":-5}`, `{"action":"adopt"}`, `{"action":"adopt","parent_id":""}`,
				`{"action":"connect","to_peer_id":"` + strings.Repeat("x", 10_000) + `"}`, `{"action":"connect"}`,
				`{"action":"disconnect","to_peers":"p1"}`, `{"action":"disconnect","to_peers":[null,1,{},[]]}`,
				`{"action":"accept","peer_id":"p1","substreams":-4,"report_span":1e300}`,
			} {
				for _, id := range everybody {
					p.tell(id, text)
				}
			}
		},
		"no messages": func(p *puppet) {
			for i := range 30 {
				for _, id := range everybody {
					for _, text := range []string{"", "{", "[]", "null", `{"action":7}`, `{"action":"foo"}`, strings.Repeat("[", 1000), "\xff"} {
						p.tell(id, text)
						if i%3 == 0 {
							p.signal(id, text)
						}
					}
				}
				time.Sleep(500 * time.Millisecond)
			}
		},
	}) {
		t.Run(name, func(t *testing.T) { misled(t, soon, do) })
	}
}

// TestHostileAccept: who a peer is changes all the time, or makes no sense.
func TestHostileAccept(t *testing.T) {
	t.Parallel()
	for name, do := range rowsOf(map[string]func(p *puppet, id string, i int){
		"new ids":            func(p *puppet, id string, i int) { p.tell(id, accept(fmt.Sprintf(`"%s-%d"`, id, i), 4, 60)) },
		"numbers":            func(p *puppet, id string, i int) { p.tell(id, accept(fmt.Sprint(i*3+int(id[1])), 4, 60)) },
		"the id of another":  func(p *puppet, id string, i int) { p.tell(id, accept(fmt.Sprintf(`"p%d"`, i%3+1), 4, 60)) },
		"substreams":         func(p *puppet, id string, i int) { p.tell(id, accept(fmt.Sprintf(`"%s.%d"`, id, i), i*7-3, i-2)) },
		"the same once more": func(p *puppet, id string, i int) { p.tell(id, accept(fmt.Sprintf("%q", id), i, i)) },
		"no id":              func(p *puppet, id string, _ int) { p.tell(id, `{"action":"accept"}`) },
	}) {
		t.Run(name, func(t *testing.T) {
			misled(t, soon, func(p *puppet) {
				for i := range 40 {
					for _, id := range everybody {
						do(p, id, i)
						p.parents(id, "p1")
					}
					time.Sleep(250 * time.Millisecond)
				}
			})
		})
	}
}

// accept is the message, with whatever numbers.
func accept(id string, substreams, span int) string {
	return fmt.Sprintf(`{"action":"accept","peer_id":%s,"substreams":%d,"report_span":%d}`, id, substreams, span)
}

// TestRejected: a scheduler that wants no peers gets none for ten minutes.
func TestRejected(t *testing.T) {
	t.Parallel()
	for name, do := range rowsOf(map[string]func(p *puppet, id string){
		"by the scheduler": func(p *puppet, id string) { p.tell(id, `{"action":"reject","reason":"full"}`) },
		"by the relay":     func(p *puppet, id string) { p.signal(id, `{"action":"reject"}`) },
	}) {
		t.Run(name, func(t *testing.T) {
			misled(t, 11*time.Minute, func(p *puppet) {
				for _, id := range everybody {
					do(p, id)
				}
			})
		})
	}
}

// TestHostileRelay: signals from nobody, and of no use.
func TestHostileRelay(t *testing.T) {
	t.Parallel()
	for name, data := range rowsOf(map[string]func(p *puppet, i int) string{
		"offers":          func(p *puppet, _ int) string { return p.offer },
		"no descriptions": func(*puppet, int) string { return `{"type":"offer","sdp":"v=0"}` },
		"candidates": func(*puppet, int) string {
			return `{"candidate":{"candidate":"candidate:1 1 udp 1 10.9.9.9 9 typ host","sdpMid":"0","sdpMLineIndex":0}}`
		},
		"nobody is there": func(*puppet, int) string { return "null" },
		"nonsense": func(_ *puppet, i int) string {
			return []string{"{}", `{"sdp":7}`, `"x"`, "[]", `{"type":"answer","sdp":""}`}[i%5]
		},
	}) {
		t.Run(name, func(t *testing.T) {
			misled(t, soon, func(p *puppet) {
				for i := range 1000 {
					for _, id := range everybody {
						from := fmt.Sprint("nobody", i)
						if i%4 == 0 {
							from = everybody[i%3]
						}
						p.signal(id, fmt.Sprintf(`{"action":"signal","from_peer_id":%q,"data":%s}`, from, data(p, i)))
					}
					time.Sleep(10 * time.Millisecond)
				}
			})
		})
	}
}

// TestSlammedDoors: sockets end as soon as they are open.
func TestSlammedDoors(t *testing.T) {
	misled(t, 2*time.Minute, func(p *puppet) {
		for range 200 {
			p.hangUp()
			time.Sleep(200 * time.Millisecond)
		}
	})
}
