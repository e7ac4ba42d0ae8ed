package mesh

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestCrowd: beyond 256 segments the one that plays last is given up.
func TestCrowd(t *testing.T) {
	t.Parallel()
	f := NewFastmesh(DefaultConfig())
	for i := range maxWanted {
		f.Step(0, Wanted{SN: SN(i), Duration: time.Second, PlayAt: time.Duration(i) * time.Second})
	}
	do, _ := f.Step(0, Wanted{SN: 1000, Duration: time.Second, PlayAt: time.Hour})
	if want := []Action{GiveUp{SN: 1000, Reason: Full}}; !slices.Equal(do, want) {
		t.Errorf("the last one: %v, want %v", do, want)
	}
	do, _ = f.Step(0, Wanted{SN: -5, Duration: time.Second, PlayAt: time.Second, Waiting: true})
	if want := []Action{GiveUp{SN: maxWanted - 1, Reason: Full}, AskOrigin{SN: -5}}; !slices.Equal(do, want) {
		t.Errorf("an urgent one: %v, want %v", do, want)
	}
	if n := len(f.Snapshot().Wanted); n != maxWanted {
		t.Errorf("%d wanted, want %d", n, maxWanted)
	}
}

// TestOddTimes: neither absurd play times nor a clock that goes back disturb.
func TestOddTimes(t *testing.T) {
	t.Parallel()
	c := newChecker(DefaultConfig())
	for _, now := range []time.Duration{-time.Hour, 0, time.Hour, time.Minute, Never, 0} {
		for sn, at := range []time.Duration{0, -Never, Never, time.Second} {
			for _, ev := range []Event{
				Wanted{SN: SN(sn), Duration: at, PlayAt: at},
				Failed{SN: SN(sn), Reason: Broken},
				Tick{},
			} {
				if err := c.step(now, ev); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestTriedIsBounded: parents come and go while the HTTP source fails.
func TestTriedIsBounded(t *testing.T) {
	t.Parallel()
	c := newChecker(DefaultConfig())
	now := time.Duration(0)
	step := func(ev Event) {
		if err := c.step(now, ev); err != nil {
			t.Fatal(err)
		}
	}
	for _, ev := range []Event{
		Rated{Stream: 1e6},
		Entered{Self: "M"},
		RelayUp{},
		Wanted{SN: 1, Duration: time.Second, PlayAt: time.Hour},
	} {
		step(ev)
	}
	for i := range 2 * maxSubstreams {
		peer := PeerID(fmt.Sprint("parent ", i))
		now += 5 * time.Second
		step(Parents{Nodes: []Candidate{{peer, 1e6}}})
		step(LinkUp{Peer: peer})
		step(Failed{SN: 1, Reason: Broken})
		step(Lacked{SN: 1, From: peer})
		step(LinkDown{Peer: peer})
		if n := len(c.brain.segments[0].tried); n == 0 || n > maxSubstreams {
			t.Fatalf("%d parents noted as tried", n)
		}
	}
}
