package datachannel

import (
	"fmt"
	"testing"
	"time"
)

const mbit = 1e6 / 8 // bytes per second

func testFlow() flow { return flow{most: int(DefaultConfig().HighWater)} }

// TestFlowFillsPath wants what the path carries, without a long queue, on paths
// of all kinds, and however many packets are lost by chance.
func TestFlowFillsPath(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{1, 10, 50, 200} {
		for _, rtt := range []time.Duration{time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond} {
			for _, loss := range []float64{0, 0.01, 0.03} {
				t.Run(fmt.Sprintf("%v Mbit per s, %v, %v of 100 lost", rate, rtt, 100*loss), func(t *testing.T) {
					t.Parallel()
					m := newModel(rate*mbit, rtt, 100*time.Millisecond, loss)
					s := m.sender()
					m.run(3 * time.Second)
					share := s.during(20*time.Second) / m.rate
					// Beyond the largest window a path is not to be filled.
					carries := min(1, float64(s.flow.most)/(m.rate*rtt.Seconds()))
					t.Logf("%.3f of the path, queue %v, under way %d KiB", share, m.meanQueue(), s.most>>10)
					least, longest := 0.9, 35*time.Millisecond
					if rate == 1 { // a message takes 130 ms there, more than the queue has place for
						least, longest = 0.85, 70*time.Millisecond
					}
					if share < least*carries {
						t.Errorf("%.3f of the path, want %.2f of %.3f", share, least, carries)
					}
					if m.meanQueue() > longest {
						t.Errorf("packets waited for %v, want %v at most", m.meanQueue(), longest)
					}
					if s.most > s.flow.most {
						t.Errorf("%d bytes under way, want %d at most", s.most, s.flow.most)
					}
				})
			}
		}
	}
}

// TestFlowShares wants senders on one path to share it, also with one that fills
// the queue until packets are lost, as TCP does.
func TestFlowShares(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{10, 50} {
		for _, queue := range []time.Duration{50 * time.Millisecond, 200 * time.Millisecond} {
			t.Run(fmt.Sprintf("three alike, %v Mbit per s, queue %v", rate, queue), func(t *testing.T) {
				t.Parallel()
				m := newModel(rate*mbit, 40*time.Millisecond, queue, 0)
				var all [3]*sender
				for i := range all {
					all[i] = m.sender()
					m.run(3 * time.Second)
				}
				m.run(30 * time.Second)
				var before [len(all)]int
				for i, s := range all {
					before[i] = s.got
				}
				m.run(30 * time.Second)
				for i, s := range all {
					share := float64(s.got-before[i]) / 30 / m.rate
					t.Logf("%.3f", share)
					if share < 0.5/float64(len(all)) {
						t.Errorf("number %d got %.3f of the path, want half of a fair share", i+1, share)
					}
				}
			})
			t.Run(fmt.Sprintf("with one that halves at loss, %v Mbit per s, queue %v", rate, queue), func(t *testing.T) {
				t.Parallel()
				m := newModel(rate*mbit, 40*time.Millisecond, queue, 0)
				other := m.halver()
				m.run(5 * time.Second)
				s := m.sender()
				m.run(15 * time.Second)
				before := other.got
				ours := s.during(40*time.Second) / m.rate
				theirs := float64(other.got-before) / 40 / m.rate
				t.Logf("ours %.3f, the other's %.3f", ours, theirs)
				if theirs < 1./3 || ours < 0.1 {
					t.Errorf("ours %.3f of the path, the other's %.3f: want the other to keep a third, and 0.1 for us", ours, theirs)
				}
			})
		}
	}
}

// TestFlowFollowsPath changes the path under a sender.
func TestFlowFollowsPath(t *testing.T) {
	t.Parallel()
	tests := map[string]func(m *model){
		"narrower": func(m *model) { m.rate = 10 * mbit },
		"wider":    func(m *model) { m.rate = 150 * mbit },
		"longer":   func(m *model) { m.delay = 60 * time.Millisecond },
		"shorter":  func(m *model) { m.delay = 2 * time.Millisecond },
		"lossy":    func(m *model) { m.loss = 0.05 },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newModel(50*mbit, 20*time.Millisecond, 100*time.Millisecond, 0)
			s := m.sender()
			m.run(5 * time.Second)
			change(m)
			m.run(12 * time.Second) // the shortest round trip is measured anew in time
			m.queued, m.packets = 0, 0
			share := s.during(10*time.Second) / m.rate
			t.Logf("%.3f of the path, queue %v", share, m.meanQueue())
			if share < 0.9 || m.meanQueue() > 35*time.Millisecond {
				t.Errorf("%.3f of the path with a queue of %v, want 0.9 with 35 ms", share, m.meanQueue())
			}
		})
	}
}

// TestFlowInSegments sends a segment now and then: what was learned of the path
// must outlive the pauses, and these must not pass for a slow path.
func TestFlowInSegments(t *testing.T) {
	t.Parallel()
	m := newModel(20*mbit, 40*time.Millisecond, 100*time.Millisecond, 0.01)
	s := m.sender()
	const size = 1 << 20
	ideal := time.Duration(size/m.rate*float64(time.Second)) + 40*time.Millisecond
	for i := range 20 {
		begun := m.now
		s.left, s.done = size, time.Time{}
		m.after(0, func() { s.writeOn(false) })
		m.run(2 * time.Second)
		if s.done.IsZero() {
			t.Fatalf("segment %d has not arrived", i)
		}
		took := s.done.Sub(begun)
		// The last packets may be lost, twice even, in this model without haste.
		if i > 0 && took > ideal*5/4+80*time.Millisecond {
			t.Errorf("segment %d took %v, ideal %v", i, took, ideal)
		}
		m.run(time.Duration(i) * time.Second)
	}
}

// TestFlowInShortSegments sends segments that leave within less than a round trip
// of a fast path. What arrives in that time does not tell how fast it is; they
// must not be slowed down to it.
func TestFlowInShortSegments(t *testing.T) {
	t.Parallel()
	m := newModel(800*mbit, 40*time.Millisecond, 100*time.Millisecond, 0)
	s := m.sender()
	s.left = 0
	const size = 2 << 20
	for i := range 20 {
		begun := m.now
		s.left, s.done = size, time.Time{}
		m.after(0, func() { s.writeOn(false) })
		m.run(time.Second)
		took := s.done.Sub(begun)
		t.Logf("segment %d took %v", i, took)
		if ideal := 61 * time.Millisecond; s.done.IsZero() || i > 3 && took > ideal*5/4 {
			t.Errorf("segment %d took %v, want %v", i, took, ideal)
		}
	}
}

// TestFlowAfterSmallTalk writes control messages with long pauses between them.
// That nobody looked when they arrived says nothing of the path.
func TestFlowAfterSmallTalk(t *testing.T) {
	t.Parallel()
	f, now := testFlow(), time.Unix(0, 0)
	for range 100 {
		f.acknowledged(now, 0, false)
		f.wrote(now, 100)
		now = now.Add(10 * time.Second)
	}
	if len(f.sent) > 1 {
		t.Errorf("%d messages are remembered, want 1", len(f.sent))
	}
	for f.underWay() <= firstWindow-16<<10 {
		if ok, _, wait := f.mayWrite(now, 16<<10); !ok {
			t.Fatalf("after %d bytes: wait for %v", f.underWay(), wait)
		}
		f.wrote(now, 16<<10)
	}
}

// FuzzFlow feeds a flow with acknowledgements that no channel gives: it must
// neither panic nor let more under way than it may, nor stop for good.
func FuzzFlow(f *testing.F) {
	f.Add([]byte{1, 2, 3, 255, 0, 0, 9}, uint16(1200))
	f.Fuzz(func(t *testing.T, steps []byte, size uint16) {
		fl := testFlow()
		now := time.Unix(0, 0)
		for _, b := range steps {
			now = now.Add(time.Duration(b) * time.Millisecond * time.Duration(b))
			fl.acknowledged(now, uint64(b)*uint64(size)/3, b%2 == 0)
			if ok, _, wait := fl.mayWrite(now, int(size)); ok {
				fl.wrote(now, int(size))
			} else if wait > time.Hour {
				t.Fatalf("to wait for %v", wait)
			}
			if fl.underWay() > fl.most+int(size) {
				t.Fatalf("%d bytes under way", fl.underWay())
			}
		}
		fl.acknowledged(now, 0, true)
		now = now.Add(time.Hour)
		if ok, _, _ := fl.mayWrite(now, int(size)); !ok {
			t.Fatal("nothing is under way, and nothing may leave")
		}
	})
}
