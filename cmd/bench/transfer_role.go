package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	roleSender   = "sender"
	roleReceiver = "receiver"

	kindFlows   = "flows"   // what to open, answered when all are open
	kindMeasure = "measure" // answered with a reading
	kindBegan   = "began"   // the warm-up is over
	kindUsage   = "usage"   // answered with processor seconds
)

// flows is what a sender and a receiver have between them.
type flows struct {
	Variants []string
	Host     string // of the sender
	Loopback bool
}

// measurement says how long to measure.
type measurement struct {
	Warm time.Duration // at most, before
	Full bool          // all of Warm, even if each flow has had a segment before
	Span time.Duration
	// First is how many segments count as the first ones of a connection.
	First int
}

// reading is what a receiver has measured.
type reading struct {
	Flows   []flowReading
	Seconds float64
	CPU     float64 // seconds, of the receiver
}

type flowReading struct {
	Bytes    int64
	Segments []float64 // seconds of each
	// Waited is how long the segment has been under way that was not complete at
	// the end.
	Waited float64
	// The first segments of the connection, or as much as there was of them.
	FirstBytes   int64
	FirstSeconds float64
}

// end is an end of flow i.
func (f flows) end(w *wire, i int) end {
	return end{line: line{w, i}, host: f.Host, loopback: f.Loopback}
}

// each opens all flows at once.
func (f flows) each(open func(i int, variant string) error) error {
	errs := make([]error, len(f.Variants))
	var wg sync.WaitGroup
	for i, v := range f.Variants {
		wg.Go(func() { errs[i] = open(i, v) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// playSender opens flows and answers what is asked on them.
func playSender(ctx context.Context, w *wire) error {
	var f flows
	if err := w.next(ctx, kindFlows, &f); err != nil {
		return err
	}
	err := f.each(func(i int, v string) error { return openSender(ctx, v, f.end(w, i)) })
	if err != nil {
		return err
	}
	if err := w.tell(kindFlows, nil); err != nil {
		return err
	}
	return tellUsage(ctx, w)
}

// tellUsage answers questions for processor time until ctx ends.
func tellUsage(ctx context.Context, w *wire) error {
	for {
		if err := w.next(ctx, kindUsage, nil); err != nil {
			return err
		}
		if err := w.tell(kindUsage, cpuSeconds()); err != nil {
			return err
		}
	}
}

// playReceiver opens flows and asks for segments on all of them.
func playReceiver(ctx context.Context, w *wire) error {
	var f flows
	if err := w.next(ctx, kindFlows, &f); err != nil {
		return err
	}
	ends := make([]*receiving, len(f.Variants))
	err := f.each(func(i int, v string) error {
		t := newTally()
		a, err := openReceiver(ctx, v, f.end(w, i), t)
		ends[i] = &receiving{tally: t, from: a, first: make(chan struct{})}
		return err
	})
	if err != nil {
		return err
	}
	if err := w.tell(kindFlows, nil); err != nil {
		return err
	}
	var m measurement
	if err := w.next(ctx, kindMeasure, &m); err != nil {
		return err
	}
	r, err := m.run(ctx, w, ends)
	if err != nil {
		return err
	}
	return w.tell(kindMeasure, r)
}

// receiving is a receiver's end of a flow.
type receiving struct {
	tally *tally
	from  asker
	first chan struct{} // closed after the first segment

	mu    sync.Mutex
	asked time.Time // the segment under way
	times []segmentTime
}

type segmentTime struct{ asked, came time.Time }

// run asks for one segment after another until ctx ends.
func (r *receiving) run(ctx context.Context) error {
	for n := 0; ; n++ {
		asked := time.Now()
		r.mu.Lock()
		r.asked = asked
		r.mu.Unlock()
		if err := r.tally.fetch(ctx, r.from); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		r.mu.Lock()
		r.times = append(r.times, segmentTime{asked, time.Now()})
		r.mu.Unlock()
		if n == 0 {
			close(r.first)
		}
	}
}

// since is what has come after a moment at which there were base bytes.
func (r *receiving) since(began time.Time, base int64, first int) flowReading {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := flowReading{Bytes: r.tally.got.Load() - base, Waited: time.Since(r.asked).Seconds()}
	for _, s := range r.times {
		if !s.asked.Before(began) {
			f.Segments = append(f.Segments, s.came.Sub(s.asked).Seconds())
		}
	}
	f.FirstBytes, f.FirstSeconds = r.tally.got.Load(), time.Since(r.begin()).Seconds()
	if first > 0 && len(r.times) >= first {
		f.FirstBytes, f.FirstSeconds = int64(first)*segmentSize, r.times[first-1].came.Sub(r.begin()).Seconds()
	}
	return f
}

// begin is when the first segment was asked for.
func (r *receiving) begin() time.Time {
	if len(r.times) > 0 {
		return r.times[0].asked
	}
	return r.asked
}

// run measures all flows at once.
func (m measurement) run(ctx context.Context, w *wire, ends []*receiving) (reading, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, e := range ends {
		go func() {
			if err := e.run(ctx); err != nil {
				cancel(err)
			}
		}()
	}
	warm := time.NewTimer(m.Warm)
	defer warm.Stop()
	for _, e := range ends {
		first := e.first
		if m.Full {
			first = nil
		}
		select {
		case <-first:
		case <-warm.C:
			warm.Reset(0) // for the others
		case <-ctx.Done():
			return reading{}, context.Cause(ctx)
		}
	}
	began, cpu := time.Now().Add(-time.Millisecond), cpuSeconds() // a segment asked for at once counts
	base := make([]int64, len(ends))
	for i, e := range ends {
		base[i] = e.tally.got.Load()
	}
	if err := w.tell(kindBegan, nil); err != nil {
		return reading{}, err
	}
	select {
	case <-time.After(m.Span):
	case <-ctx.Done():
		return reading{}, context.Cause(ctx)
	}
	r := reading{Seconds: time.Since(began).Seconds(), CPU: cpuSeconds() - cpu}
	for i, e := range ends {
		r.Flows = append(r.Flows, e.since(began, base[i], m.First))
	}
	return r, nil
}

// quantile of segment times in seconds. Without a complete segment, it is how
// long the one under way has been waited for.
func (f flowReading) quantile(q float64) float64 {
	if len(f.Segments) == 0 {
		return f.Waited
	}
	s := slices.Sorted(slices.Values(f.Segments))
	return s[min(len(s)-1, int(q*float64(len(s))))]
}

func (f flowReading) worst() float64 {
	return max(f.quantile(1), f.Waited)
}
