package tracker

import (
	"fmt"
	"testing"
	"time"

	"hlspeer/signaling"
)

// fill makes a settled channel of n peers with these uplinks in turn.
func fill(b *testing.B, n int, uplinks []signaling.BitRate) (*Room, time.Duration) {
	b.Helper()
	r := testRoom(1)
	now := time.Duration(0)
	for i := range n {
		now += 100 * time.Millisecond
		id := signaling.PeerID(fmt.Sprintf("peer%08d", i))
		r.Step(now, Joined{Peer: id, Enter: signaling.Enter{UplinkBW: uplinks[i%len(uplinks)]}})
		r.Step(now, RelayUp{id})
		out, _ := r.Step(now, Message{id, signaling.GetParents{}})
		var opened []signaling.DCOpened
		for _, o := range out {
			if m, ok := o.Message.(signaling.Parents); ok && o.To == id {
				for _, c := range m.Nodes {
					opened = append(opened, signaling.DCOpened{
						DCID:       signaling.NewDCID(id, c.PeerID),
						Substreams: int(c.ResidualBW / 625_000), StreamRate: 625_000,
					})
				}
			}
		}
		for _, m := range opened {
			r.Step(now, Message{id, m})
		}
	}
	return r, now
}

// BenchmarkPlace is one get_parents of a newcomer in a channel of 10,000: in
// "mixed" with uplinks as they are, in "open" with everybody a candidate.
func BenchmarkPlace(b *testing.B) {
	mixed := []signaling.BitRate{0, 3e6, 3e6, 3e6, 6e6, 3e6, 0, 6e6, 0, 14e6}
	for name, uplinks := range map[string][]signaling.BitRate{"mixed": mixed, "open": {14e6}} {
		b.Run(name, func(b *testing.B) {
			r, now := fill(b, 10_000, uplinks)
			now += time.Minute
			r.Step(now, Joined{Peer: "asker", Enter: signaling.Enter{UplinkBW: 3e6}})
			r.Step(now, RelayUp{"asker"})
			p := r.peers["asker"]
			for b.Loop() {
				r.Step(now, Message{"asker", signaling.GetParents{}})
				if p.granted != 4 {
					b.Fatalf("granted %d", p.granted)
				}
				r.release(p)
				r.timers, p.asks = timers{}, habit{} // it would be a flood
			}
		})
	}
}

// BenchmarkCompact is one look for what lies too deep in a channel of 10,000,
// and the planning of up to ten moves.
func BenchmarkCompact(b *testing.B) {
	r, now := fill(b, 10_000, []signaling.BitRate{0, 3e6, 3e6, 3e6, 6e6, 3e6, 0, 6e6, 0, 14e6})
	r.Step(now+time.Minute, Tick{})
	moves := 0
	for b.Loop() {
		r.budget.tokens = maxTokens
		r.compact()
		b.StopTimer()
		for _, p := range r.order {
			if p.moving != nil {
				moves++
				r.rollBack(p.moving)
				p.movedAt, p.refusals = 0, 0
			}
		}
		r.timers, r.budget, r.out = timers{}, budget{}, nil
		b.StartTimer()
	}
	b.ReportMetric(float64(moves)/float64(b.N), "moves/op")
}
