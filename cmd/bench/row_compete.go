package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// How long flows compete.
const (
	competeWarm = 2 * time.Second
	competeSpan = 9 * time.Second
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

// rivalries are those that this system can have. Each group runs at once.
func rivalries() [][]rivalry {
	const fast, slow = 50e6, 10e6
	var groups [][]rivalry
	gentle := []rivalry{{fast, [2]string{variantLink, variantLink}}}
	for _, c := range []string{"bbr", "cubic"} {
		if slices.Contains(congestions(), c) {
			groups = append(groups, []rivalry{{fast, [2]string{tcpName(c), variantLink}}})
			gentle = append(gentle, rivalry{slow, [2]string{tcpName(c), variantLink}})
		}
	}
	return append(groups, gentle)
}

func competeRow() row {
	return row{"compete", "two flows through one bottleneck, 40 ms round trip", compete}
}

func compete(ctx context.Context, b *bench, s *sheet) error {
	s.head = []string{"flows", "first, MB/s", "second, MB/s", "share of the first"}
	shares := map[rivalry][]float64{}
	var least []float64
	rounds := b.times(1)
	for round := range rounds {
		worst := 1.0
		for _, group := range rivalries() {
			results, err := b.contend(ctx, round, group)
			if err != nil {
				return err
			}
			for i, r := range group {
				one, two := results[i].rate(0), results[i].rate(1)
				share := one / (one + two)
				shares[r] = append(shares[r], share)
				s.lines = append(s.lines, []string{r.String(), number(one), number(two), number(share)})
				if r.flows[0] != variantLink {
					worst = min(worst, share)
				}
			}
		}
		if worst < 1 {
			least = append(least, worst)
		}
	}
	s.add(figure{key: "compete_tcp_share", what: "share of TCP beside a link, the least of those below", goal: .33, rounds: least})
	for _, group := range rivalries() {
		for _, r := range group {
			s.add(r.figure(shares[r]))
		}
	}
	return nil
}

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
		rounds: shares, goal: .33,
	}
}

// contend measures a group of rivalries at once, each on a network of its own.
func (b *bench) contend(ctx context.Context, round int, group []rivalry) ([]result, error) {
	results, errs := make([]result, len(group)), make([]error, len(group))
	var wg sync.WaitGroup
	for i, r := range group {
		wg.Go(func() {
			p := path{wan: true, rtt: 40 * ms, rate: r.rate}
			m := measurement{Warm: competeWarm, Full: true, Span: competeSpan}
			results[i], errs[i] = b.transfer(ctx, p, round, m, r.flows[:]...)
		})
	}
	wg.Wait()
	return results, firstOf(errs)
}
