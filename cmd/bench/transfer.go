package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hlspeer/peer/lab/wan"
)

// path is what lies between a sender and a receiver. The zero value is this
// machine's loopback.
type path struct {
	wan  bool
	rtt  time.Duration
	loss float64 // each way
	rate int64   // bit/s, from the sender to the receiver
}

// ends are a sender and a receiver, and the network between them.
type ends struct {
	network  *wan.Network // nil on loopback
	sender   *process
	receiver *process
}

// openEnds starts both processes with the same flows open between them.
func (b *bench) openEnds(ctx context.Context, p path, seed uint64, variants []string) (*ends, error) {
	e := &ends{}
	f := flows{Variants: variants, Host: loopbackHost, Loopback: !p.wan}
	var from, to *place
	if p.wan {
		n, err := wan.New()
		if err != nil {
			return nil, err
		}
		e.network = n
		shape := wan.Shape{Delay: p.rtt / 2, Loss: p.loss}
		back := wan.NodeConfig{Up: shape, Seed: seed + 1000}
		shape.Rate = p.rate
		from, to = &place{n, wan.NodeConfig{Up: shape, Seed: seed}}, &place{n, back}
	}
	err := e.start(ctx, b, from, to, f)
	if err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *ends) start(ctx context.Context, b *bench, from, to *place, f flows) (err error) {
	if e.sender, err = b.spawn(ctx, roleSender, from); err != nil {
		return err
	}
	if e.receiver, err = b.spawn(ctx, roleReceiver, to); err != nil {
		return err
	}
	if e.sender.node != nil {
		f.Host = e.sender.node.Addr().String()
	}
	for i := range f.Variants {
		connect(e.sender, i, e.receiver, i)
	}
	for _, p := range []*process{e.sender, e.receiver} {
		if err := p.tell(kindFlows, f); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, openTime+5*time.Second)
	defer cancel()
	return errors.Join(e.sender.expect(ctx, kindFlows, nil), e.receiver.expect(ctx, kindFlows, nil))
}

func (e *ends) close() {
	for _, p := range []*process{e.receiver, e.sender} {
		if p != nil {
			p.close()
		}
	}
	if e.network != nil {
		_ = e.network.Close() // of processes that have ended
	}
}

// result is a reading with the processor time of the processes in question.
type result struct {
	reading
	cpu float64 // seconds
}

// rate is that after the warm-up, MB/s.
func (r *result) rate(flow int) float64 { return float64(r.Flows[flow].Bytes) / 1e6 / r.Seconds }

// first is the rate of the first segments of a connection, MB/s.
func (r *result) first(flow int) float64 {
	return float64(r.Flows[flow].FirstBytes) / 1e6 / r.Flows[flow].FirstSeconds
}

// perGB is processor seconds per GB, of all flows together.
func (r *result) perGB() float64 {
	var bytes int64
	for _, f := range r.Flows {
		bytes += f.Bytes
	}
	if bytes == 0 {
		return 0
	}
	return r.cpu / float64(bytes) * 1e9
}

// measure lets a receiver ask for segments for a while. The processor time is
// that of the other process.
func measure(ctx context.Context, receiver, other *process, m measurement) (r result, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.Warm+m.Span+10*time.Second)
	defer cancel()
	var before, after float64
	if err := receiver.tell(kindMeasure, m); err != nil {
		return r, err
	}
	if err := receiver.expect(ctx, kindBegan, nil); err != nil {
		return r, err
	}
	if err := other.ask(ctx, kindUsage, nil, &before); err != nil {
		return r, err
	}
	if err := receiver.expect(ctx, kindMeasure, &r.reading); err != nil {
		return r, err
	}
	if err := other.ask(ctx, kindUsage, nil, &after); err != nil {
		return r, err
	}
	r.cpu = after - before
	return r, nil
}

// transfer is one measurement of flows between two new processes.
func (b *bench) transfer(ctx context.Context, p path, round int, m measurement, variants ...string) (result, error) {
	e, err := b.openEnds(ctx, p, uint64(round), variants)
	if err != nil {
		return result{}, fmt.Errorf("%v: %w", variants, err)
	}
	defer e.close()
	r, err := measure(ctx, e.receiver, e.sender, m)
	if err != nil {
		return result{}, fmt.Errorf("%v: %w", variants, err)
	}
	r.cpu += r.CPU
	return r, nil
}
