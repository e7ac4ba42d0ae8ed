package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// How long flows compete. Cubic needs seconds to find its share: in the first
// ten it has half of what it has later.
const (
	competeWarm = 6 * time.Second
	competeSpan = 12 * time.Second
)

// rivalry is two flows between the same two nodes, through one bottleneck.
type rivalry struct {
	rate  int64 // bit/s
	flows [2]string
}

func (r rivalry) String() string {
	return fmt.Sprintf("%s and %s, %d Mbit/s", r.flows[0], r.flows[1], r.rate/1e6)
}

// tcpName is a TCP flow with a congestion control of this system.
func tcpName(congestion string) string { return variantTCP + ":" + congestion }

// rivalries are those that this system can have. Each group runs at once: links
// to each other beside slow ones, which leave the machine time.
func rivalries() [2][]rivalry {
	const fast, slow = 50e6, 10e6
	groups := [2][]rivalry{nil, {{fast, [2]string{variantLink, variantLink}}}}
	for _, c := range []string{"bbr", "cubic"} {
		if slices.Contains(congestions(), c) {
			groups[0] = append(groups[0], rivalry{fast, [2]string{tcpName(c), variantLink}})
			groups[1] = append(groups[1], rivalry{slow, [2]string{tcpName(c), variantLink}})
		}
	}
	return groups
}

func competeRow() row {
	return row{"compete", "two flows through one bottleneck, 40 ms round trip", compete}
}

// encounters are the rates of both flows of a rivalry, by round.
type encounters struct{ one, two []float64 }

// shares are those of the first flow.
func (e encounters) shares() []float64 {
	var all []float64
	for i := range e.one {
		all = append(all, e.one[i]/(e.one[i]+e.two[i]))
	}
	return all
}

func compete(ctx context.Context, b *bench, s *sheet) error {
	got := map[rivalry]*encounters{}
	var order []rivalry
	for _, group := range rivalries() {
		for _, r := range group {
			order, got[r] = append(order, r), &encounters{}
		}
	}
	for round := range b.times(1) {
		for _, group := range rivalries() {
			results, err := b.contend(ctx, round, group)
			if err != nil {
				return err
			}
			for i, r := range group {
				got[r].one = append(got[r].one, results[i].rate(0))
				got[r].two = append(got[r].two, results[i].rate(1))
			}
		}
	}
	s.head = []string{"flows", "first, MB/s", "second, MB/s", "share of the first"}
	least := figure{key: "compete_tcp_share", what: "share of TCP beside a link, the least of those below", goal: tcpShare}
	for _, r := range order {
		e := got[r]
		s.lines = append(s.lines, []string{r.String(), span(e.one), span(e.two), span(e.shares())})
		f := r.figure(e.shares())
		if f.hasGoal() {
			least = lesser(least, f)
		}
		s.add(f)
	}
	s.figures = append([]figure{least}, s.figures...)
	return nil
}

// tcpShare is what a TCP flow keeps beside a link, at least: a third, in two
// digits.
const tcpShare = .33

func (r rivalry) figure(shares []float64) figure {
	if r.flows[0] == variantLink {
		lesser := make([]float64, 0, len(shares))
		for _, x := range shares {
			lesser = append(lesser, min(x, 1-x))
		}
		return figure{key: "compete_links_lesser_share", what: "share of the lesser of two links, 50 Mbit/s", rounds: lesser}
	}
	name := strings.ReplaceAll(r.flows[0], ":", "_")
	return figure{
		key:    fmt.Sprintf("compete%d_%s_share", r.rate/1e6, name),
		what:   fmt.Sprintf("share of %s beside a link, %d Mbit/s", r.flows[0], r.rate/1e6),
		rounds: shares, goal: tcpShare,
	}
}

// contend measures a group of rivalries at once, each on a network of its own.
func (b *bench) contend(ctx context.Context, round int, group []rivalry) ([]result, error) {
	results, errs := make([]result, len(group)), make([]error, len(group))
	var wg sync.WaitGroup
	for i, r := range group {
		wg.Go(func() {
			p := path{wan: true, rtt: 40 * ms, rate: r.rate}
			m := measurement{Warm: competeWarm, Full: true, Span: max(competeSpan, b.span)}
			results[i], errs[i] = b.transfer(ctx, p, round, m, r.flows[:]...)
		})
	}
	wg.Wait()
	return results, firstOf(errs)
}
