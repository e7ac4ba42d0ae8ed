package peer

import (
	"testing"
	"time"
)

func TestPlayheadLive(t *testing.T) {
	const T = 2 * time.Second
	var p playhead
	p.follow(T)
	if got := p.playAt(10 * T); got != 12*T {
		t.Errorf("nobody watches: plays at %v, want two segments after it is listed", got)
	}
	// A player begins at the third segment from the end, which is listed 2 T ago.
	p.demand(8*T, 10*T, T, true)
	if got := p.playAt(8 * T); got != 10*T {
		t.Errorf("the first segment plays at %v, want at once", got)
	}
	if got := p.playAt(11 * T); got != 13*T {
		t.Errorf("a new segment plays at %v, want %v", got, 13*T)
	}
	// It then asks for each new segment as soon as it is listed, which says nothing new.
	for i := time.Duration(11); i < 50; i++ {
		p.demand(i*T, i*T, T, true)
		if got := p.playAt(i * T); got != (i+2)*T {
			t.Fatalf("segment %d plays at %v, want %v", i, got, (i+2)*T)
		}
	}
	// One that starts far back does not make us lazy.
	p.demand(50*T, 100*T, T, true)
	if p.lag > startBehind*T {
		t.Errorf("lag %v, want at most %v", p.lag, startBehind*T)
	}
	if !p.watched(101*T, time.Minute) || p.watched(200*T, time.Minute) {
		t.Error("watched is wrong")
	}
}

func TestPlayheadOnDemand(t *testing.T) {
	const T = 4 * time.Second
	var p playhead
	p.demand(0, 0, T, false)
	if got := p.playAt(5 * T); got != 5*T {
		t.Errorf("plays at %v, want %v", got, 5*T)
	}
	p.demand(100*T, T, T, false) // a seek forward
	if got := p.playAt(100 * T); got != T {
		t.Errorf("after a seek: plays at %v, want at once, %v", got, T)
	}
	p.demand(101*T, T+1, T, false) // fetching ahead
	if got := p.playAt(101 * T); got != 2*T {
		t.Errorf("fetching ahead moved the playhead: %v, want %v", got, 2*T)
	}
	p.demand(107*T, 2*T, T, false) // a short way forward
	if got := p.playAt(107 * T); got != 2*T {
		t.Errorf("after a short seek: plays at %v, want at once, %v", got, 2*T)
	}
	p.demand(10*T, 3*T, T, false) // a seek back
	if got := p.playAt(10 * T); got != 3*T {
		t.Errorf("after a seek back: plays at %v, want %v", got, 3*T)
	}
}

// TestPlayheads: of players at different places each goes on where it was.
func TestPlayheads(t *testing.T) {
	const T = 2 * time.Second
	var p playhead
	p.demand(0, 0, T, false)
	p.demand(100*T, 5*T, T, false)
	for i := time.Duration(1); i < 5; i++ {
		p.demand(i*T, 5*T+i, T, false) // the first fills its buffer
		if got := p.playAt(i * T); got < i*T || got > 6*T+i*T {
			t.Errorf("segment %d of the first player plays at %v", i, got)
		}
		p.demand((100+i)*T, 5*T+i, T, false)
		if got := p.playAt((100 + i) * T); got != (5+i)*T {
			t.Errorf("segment %d of the second player plays at %v, want %v", i, got, (5+i)*T)
		}
	}
	if got := p.playAt(50 * T); got >= 100*T {
		t.Errorf("what only the first player will come to plays at %v", got)
	}
	for i := range time.Duration(3 * maxHeads) {
		p.demand(1000*i*T, 10*T, T, false)
	}
	if len(p.heads) != maxHeads {
		t.Errorf("%d heads, want %d", len(p.heads), maxHeads)
	}
}
