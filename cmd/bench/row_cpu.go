package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

func cpuRow() row {
	return row{"cpu", "processor time of a peer that passes segments on, link in and link out, on loopback", cpu}
}

func cpu(ctx context.Context, b *bench, s *sheet) error {
	variants := []string{variantLink, variantTuned}
	perGB, rate := map[string][]float64{}, map[string][]float64{}
	for round := range b.times(3) {
		for i := range variants {
			v := variants[(i+round)%len(variants)]
			r, err := b.relay(ctx, v)
			if err != nil {
				return fmt.Errorf("%s: %w", v, err)
			}
			perGB[v] = append(perGB[v], r.perGB())
			rate[v] = append(rate[v], r.rate(0))
		}
	}
	s.head = []string{"relay", "CPU s/GB", "MB/s"}
	for _, v := range variants {
		s.lines = append(s.lines, []string{v, span(perGB[v]), span(rate[v])})
		s.value("relay-"+v+"-cpu-s-per-gb", median(perGB[v]))
		s.value("relay-"+v+"-mb-per-s", median(rate[v]))
	}
	s.add(figure{
		key: "cpu_per_gb_vs_pion", what: "processor time per GB passed on, link / pion-tuned", goal: 1.15, atMost: true,
		rounds: ratios(perGB[variantLink], perGB[variantTuned]),
		ours:   number(median(perGB[variantLink])) + " s", theirs: number(median(perGB[variantTuned])) + " s",
	})
	return nil
}

// relay measures one relay between a sender and a receiver. The processor time
// is that of the relay alone.
func (b *bench) relay(ctx context.Context, variant string) (r result, err error) {
	var all []*process
	defer func() {
		for _, p := range all {
			p.close()
		}
	}()
	for _, role := range []string{roleReceiver, roleRelay, roleSender} {
		p, err := b.spawn(ctx, role, nil)
		if err != nil {
			return r, err
		}
		all = append(all, p)
	}
	receiver, relay, sender := all[0], all[1], all[2]
	connect(relay, flowUp, sender, 0)
	connect(relay, flowDown, receiver, 0)
	timed, cancel := context.WithTimeout(ctx, openTime+5*time.Second)
	defer cancel()
	for _, p := range all {
		if err := p.tell(kindFlows, flows{Variants: []string{variant}, Host: loopbackHost, Loopback: true}); err != nil {
			return r, err
		}
	}
	for _, p := range all {
		err = errors.Join(err, p.expect(timed, kindFlows, nil))
	}
	if err != nil {
		return r, err
	}
	return measure(ctx, receiver, relay, measurement{Warm: warmUp, Span: b.span})
}
