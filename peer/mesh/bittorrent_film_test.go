package mesh

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestFilm lets ten peers play a film of 30 segments of 2 s each, together, and
// counts what the HTTP source has to give: 1.0 is the whole film once, 10.0 is
// what it gives without P2P. Nobody may wait longer than with the HTTP source
// alone.
func TestFilm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		most   float64 // copies
		uplink BitRate
		begin  func(i int, r *rand.Rand) (at time.Duration, sn SN)
	}{
		{"all at once", 2.5, 10e6, func(int, *rand.Rand) (time.Duration, SN) { return 0, 0 }},
		{"one every second", 1.8, 10e6, func(i int, _ *rand.Rand) (time.Duration, SN) { return time.Duration(i) * time.Second, 0 }},
		{"one every 5 s", 1.7, 10e6, func(i int, _ *rand.Rand) (time.Duration, SN) { return time.Duration(i) * 5 * time.Second, 0 }},
		{"one every 5 s, thin uplinks", 3.5, 2.5e6, func(i int, _ *rand.Rand) (time.Duration, SN) {
			return time.Duration(i) * 5 * time.Second, 0
		}},
		{"one every 20 s", 1.7, 10e6, func(i int, _ *rand.Rand) (time.Duration, SN) { return time.Duration(i) * 20 * time.Second, 0 }},
		{"anywhere", 1.8, 10e6, func(_ int, r *rand.Rand) (time.Duration, SN) {
			return time.Duration(r.IntN(20000)) * time.Millisecond, SN(r.IntN(25))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sum, wasted float64
			var drops int
			var stalled time.Duration
			const runs = 5
			for seed := range uint64(runs) {
				f := newFilm(t, seed, tt.uplink)
				for i := range 10 {
					at, sn := tt.begin(i, f.random)
					f.call(at, func() { f.join(PeerID(fmt.Sprintf("P%d", i)), sn) })
				}
				f.run(10 * time.Minute)
				sum += f.copies()
				wasted += float64(f.wasted) / float64(f.size)
				drops += f.drops
				for _, p := range f.peers {
					stalled += p.stalled
					if p.next < f.length {
						t.Errorf("%s stopped at segment %d", p.id, p.next)
					}
					if p.first > f.httpTime+100*time.Millisecond {
						t.Errorf("%s began to play after %v", p.id, p.first)
					}
				}
			}
			t.Logf("%s: %.2f copies from the HTTP source, %.0f segments sent for nothing, %d links dropped", tt.name, sum/runs, wasted/runs, drops)
			if sum/runs > tt.most {
				t.Errorf("%.2f copies from the HTTP source, want %.1f at most", sum/runs, tt.most)
			}
			if stalled > 0 {
				t.Errorf("players stood still for %v", stalled)
			}
		})
	}
}

// TestFilmInTrouble: three of ten peers fail the others in some way. Nobody
// stands still for that.
func TestFilmInTrouble(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		most  float64 // copies, without those for the three
		fault fault
	}{
		{"they leave", 3, leaves},
		{"they say that they hold all, and lack all", 3, lacks},
		{"they say that they hold all, and never answer", 3, mute},
		{"they send false segments", 3, falsifies},
		{"they say nothing", 3, terse},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFilm(t, 1, 10e6)
			for i := range 10 {
				f.call(time.Duration(i)*3*time.Second, func() {
					p := f.join(PeerID(fmt.Sprintf("P%d", i)), 0)
					if i%4 == 1 {
						p.fault = tt.fault
					}
				})
			}
			f.run(10 * time.Minute)
			for _, p := range f.peers {
				if !p.gone && (p.next < f.length || p.stalled > 0) {
					t.Errorf("%s came to segment %d and stood still for %v", p.id, p.next, p.stalled)
				}
			}
			t.Logf("%s: %.2f copies from the HTTP source, %d links dropped", tt.name, f.copies(), f.drops)
			if f.copies() > tt.most {
				t.Errorf("%.2f copies from the HTTP source, want %.1f at most", f.copies(), tt.most)
			}
		})
	}
}

// TestLiveSwarm: ten peers follow a live channel, some seconds behind its edge.
func TestLiveSwarm(t *testing.T) {
	t.Parallel()
	f := newFilm(t, 1, 10e6)
	f.length = 100
	for i := range 10 {
		f.call(time.Duration(i)*200*time.Millisecond, func() {
			p := f.enter(PeerID(fmt.Sprintf("P%d", i)), 0)
			p.lag = 10 * time.Second
			for sn := range f.length {
				p.call(time.Duration(sn)*f.segment+time.Duration(f.random.IntN(1000))*time.Millisecond, func() {
					p.step(Listed{First: max(0, sn-9), Last: sn, Duration: f.segment, Live: true})
				})
			}
		})
	}
	f.run(5 * time.Minute)
	late := 0
	for _, p := range f.peers {
		late += p.late
		if len(p.here) < int(f.length)-2 {
			t.Errorf("%s has %d segments", p.id, len(p.here))
		}
	}
	t.Logf("%.2f copies from the HTTP source, %d segments came late, %d links dropped", f.copies(), late, f.drops)
	if f.copies() > 1.5 || late > 0 {
		t.Errorf("%.2f copies from the HTTP source, want 1.5 at most", f.copies())
	}
}
