package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hlspeer/peer"
	"hlspeer/peer/lab/wan"
)

const (
	failoverRate   = 20_000_000 // bit/s, of the parent's line
	failoverTrials = 3
	failoverPacket = 16 << 10
	failoverAfter  = 5 * time.Second // what the player has in store is over then
)

func failoverRow() row {
	return row{"failover", "the only parent is killed in the middle of a segment; 40 ms round trip, 20 Mbit/s", failover}
}

// loss is what the death of a parent cost.
type loss struct {
	stalls float64 // of the player
	excess float64 // bytes that the source sent beyond those that were missing
	took   float64 // seconds from the first request for the segment to the last byte
	usual  float64 // the same for segments before
	p2p    int64   // bytes of the segment that had come from the parent
}

// failover lets several parents die at once, each on a network of its own.
func failover(ctx context.Context, b *bench, s *sheet) error {
	n := b.times(failoverTrials)
	losses, errs := make([]loss, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { losses[i], errs[i] = b.bereave(ctx, uint64(i)) })
	}
	wg.Wait()
	if err := firstOf(errs); err != nil {
		return err
	}
	stalls := figure{key: "failover_stalls", what: "stalls of the player", atMost: true}
	excess := figure{key: "failover_excess_bytes", what: "bytes from the source beyond the missing ones", goal: failoverPacket, atMost: true}
	delay := figure{key: "failover_delay_s", what: "seconds that the segment came later than others"}
	s.head = []string{"trial", "had come from the parent, bytes", "complete after, s", "usually, s", "source sent too much, bytes", "stalls"}
	for i, l := range losses {
		stalls.rounds = append(stalls.rounds, l.stalls)
		excess.rounds = append(excess.rounds, l.excess)
		delay.rounds = append(delay.rounds, l.took-l.usual)
		s.lines = append(s.lines, []string{
			fmt.Sprint(i + 1), fmt.Sprint(l.p2p), number(l.took), number(l.usual), fmt.Sprintf("%.0f", l.excess), number(l.stalls),
		})
	}
	s.figures = append(s.figures, stalls, excess, delay)
	return nil
}

// family is a source, a parent and its child, each on a node.
type family struct {
	network              *wan.Network
	stage, parent, child *process
}

// bereave kills the parent once.
func (b *bench) bereave(ctx context.Context, seed uint64) (l loss, err error) {
	f := family{}
	if f.network, err = wan.New(); err != nil {
		return l, err
	}
	defer f.close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := f.form(ctx, b, seed); err != nil {
		return l, err
	}
	before, err := f.settle(ctx)
	if err != nil {
		return l, err
	}
	if err := f.half(ctx); err != nil {
		return l, err
	}
	_ = f.parent.cmd.Process.Kill() // it is alive: it has just sent something
	if err := sleep(ctx, failoverAfter); err != nil {
		return l, err
	}
	var after tale
	if err := f.child.ask(ctx, kindStory, nil, &after); err != nil {
		return l, err
	}
	var served []helping
	if err := f.stage.ask(ctx, kindServed, nil, &served); err != nil {
		return l, err
	}
	return f.judge(before, after, served)
}

// form starts all three, the child last.
func (f *family) form(ctx context.Context, b *bench, seed uint64) (err error) {
	half := wan.Shape{Delay: 10 * ms} // of 20 ms from node to node
	plain := wan.NodeConfig{Up: half, Down: half, Seed: seed}
	if f.stage, err = b.spawn(ctx, roleStage, &place{f.network, plain}); err != nil {
		return err
	}
	var at scene
	if err := f.stage.ask(ctx, kindOpen, scene{Host: f.stage.node.Addr().String()}, &at); err != nil {
		return err
	}
	narrow := plain
	narrow.Up.Rate = failoverRate
	if f.parent, err = b.spawn(ctx, roleActor, &place{f.network, narrow}); err != nil {
		return err
	}
	at.Host, at.Upload = f.parent.node.Addr().String(), failoverRate
	if err := f.parent.ask(ctx, kindOpen, at, nil); err != nil {
		return err
	}
	if err := sleep(ctx, 2500*time.Millisecond); err != nil { // the tracker mistrusts newcomers
		return err
	}
	if f.child, err = b.spawn(ctx, roleActor, &place{f.network, plain}); err != nil {
		return err
	}
	at.Host, at.Upload = f.child.node.Addr().String(), 0
	return f.child.ask(ctx, kindOpen, at, nil)
}

// settle waits until three segments have come from the parent in a row.
func (f *family) settle(ctx context.Context) (t tale, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, settleTime, errors.New("the child does not take from its parent"))
	defer cancel()
	for {
		if err := f.child.ask(ctx, kindStory, nil, &t); err != nil {
			return t, err
		}
		if n := len(t.Stories); n > 3 && !slices.ContainsFunc(t.Stories[n-3:], func(p peer.Provenance) bool { return p.Source != "p2p" }) {
			return t, nil
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return t, err
		}
	}
}

// half waits until about half of a segment has left the parent.
func (f *family) half(ctx context.Context) error {
	const step = 20 * time.Millisecond
	base, quiet := f.parent.node.Up().Bytes, 0
	for last := base; ; {
		if err := sleep(ctx, step); err != nil {
			return err
		}
		now := f.parent.node.Up().Bytes
		if now-last < 4<<10 {
			quiet++
		} else {
			quiet = 0
		}
		if quiet > 10 { // nothing is under way
			base = now
		}
		if last = now; quiet == 0 && now-base > segmentSize/2 && now-base < segmentSize*3/4 {
			return nil
		}
	}
}

// judge looks for the segment that was under way.
func (f *family) judge(before, after tale, served []helping) (l loss, err error) {
	var usual []float64
	for _, p := range before.Stories {
		if p.Source == "p2p" {
			usual = append(usual, p.Took)
		}
	}
	l.usual, l.stalls = median(usual), float64(after.Stalls-before.Stalls)
	child := f.child.node.Addr().String()
	for _, p := range after.Stories {
		if p.Source != "mixed" && p.Wasted == 0 {
			continue
		}
		l.took, l.p2p = p.Took, p.P2P+p.Wasted
		size := p.HTTP + p.P2P
		for _, h := range served {
			if h.Client == child && strings.HasSuffix(h.Path, fmt.Sprintf("/seg-%d.ts", p.SN)) {
				l.excess = float64(h.Bytes - (size - l.p2p))
			}
		}
		return l, nil
	}
	return l, errors.New("no segment came from both the parent and the source")
}

func (f *family) close() {
	for _, p := range []*process{f.child, f.parent, f.stage} {
		if p != nil {
			p.close()
		}
	}
	_ = f.network.Close() // of processes that have ended
}

// sleep waits, or says why it cannot.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
