package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// contest compares transports on one path. They run in turn, several rounds.
type contest struct {
	name, about string
	path        path
	variants    []string
	// seldom are variants that run in every second round only: nothing is promised
	// about them.
	seldom  []string
	against []rival
	rounds  int
	// together runs all variants of a round at once, each on a network of its own,
	// where the path leaves them the machine's time; TCP without a bottleneck takes
	// all of it, and runs alone.
	together bool
	slow     bool // segments take so long that a measurement must be longer
}

// rival is what a link is compared with.
type rival struct {
	variant string
	key     string
	goal    float64 // 0: none
	wish    bool
	because string // why the goal is missed, where it is
}

// firstSegments are what a new connection is judged by on a wide-area path: how
// it begins matters as much as what it reaches.
const firstSegments = 10

// warmUp is how long a transfer may run before it is measured.
const warmUp = time.Second

func (c contest) row() row { return row{c.name, c.about, c.run} }

// scores are the results of the variants of a contest, by round; nil where
// there is none.
type scores map[string][]*result

func (c contest) run(ctx context.Context, b *bench, s *sheet) error {
	variants, got := b.chosen(c.variants), scores{}
	for round := range b.times(c.rounds) {
		results, err := c.round(ctx, b, round, variants)
		if err != nil {
			return err
		}
		var line []string
		for i, v := range variants {
			got[v] = append(got[v], results[i])
			if r := results[i]; r != nil {
				line = append(line, v+" "+number(c.score(r)))
			}
		}
		fmt.Fprintf(b.out, "   round %d, MB/s: %s\n", round+1, strings.Join(line, "  "))
	}
	c.report(s, variants, got)
	return nil
}

// round measures each variant once, each round in another order.
func (c contest) round(ctx context.Context, b *bench, round int, variants []string) ([]*result, error) {
	results, errs := make([]*result, len(variants)), make([]error, len(variants))
	m := measurement{Warm: warmUp, Span: b.span, First: firstSegments}
	switch {
	case c.slow:
		m.Span *= 2
	case !c.path.wan:
		m.Span /= 2 // more rounds are worth more than longer ones
	}
	var alone []int
	var wg sync.WaitGroup
	one := func(i int) {
		r, err := b.transfer(ctx, c.path, round, m, variants[i])
		results[i], errs[i] = &r, err
	}
	for k := range variants {
		switch i := (k + round) % len(variants); {
		case round%2 == 1 && slices.Contains(c.seldom, variants[i]):
		case !c.together || variants[i] == variantTCP && c.path.rate == 0:
			alone = append(alone, i)
		default:
			wg.Go(func() { one(i) })
		}
	}
	wg.Wait()
	for _, i := range alone {
		if firstOf(errs) == nil {
			one(i)
		}
	}
	return results, firstOf(errs)
}

func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// each takes one number out of every result.
func each(all []*result, f func(*result) float64) []float64 {
	var out []float64
	for _, r := range all {
		if r != nil {
			out = append(out, f(r))
		}
	}
	return out
}

func steady(r *result) float64 { return r.rate(0) }
func first(r *result) float64  { return r.first(0) }
func p50Of(r *result) float64  { return 1000 * r.Flows[0].quantile(.5) }

// score is what transports are compared by, MB/s.
func (c contest) score(r *result) float64 {
	if c.path.wan {
		return first(r)
	}
	return steady(r)
}

// report writes down what has been found.
func (c contest) report(s *sheet, variants []string, got scores) {
	s.head = []string{"transport", "MB/s, first 10 segments", "later", "segment p50, ms", "worst, ms", "CPU s/GB"}
	for _, v := range variants {
		all := got[v]
		p50, cpu := each(all, p50Of), each(all, (*result).perGB)
		worst := each(all, func(r *result) float64 { return 1000 * r.Flows[0].worst() })
		s.lines = append(s.lines, []string{
			v, span(each(all, first)), span(each(all, steady)),
			fmt.Sprintf("%.0f", median(p50)), fmt.Sprintf("%.0f", slices.Max(worst)), number(median(cpu)),
		})
		key := c.name + "-" + v
		s.value(key+"-first-mb-per-s", median(each(all, first)))
		s.value(key+"-mb-per-s", median(each(all, steady)))
		s.value(key+"-p50-ms", median(p50))
		s.value(key+"-cpu-s-per-gb", median(cpu))
	}
	for _, r := range c.against {
		f := compare(got[variantLink], got[r.variant], c.score)
		f.key, f.what, f.goal, f.wish, f.because = r.key, "link / "+r.variant, r.goal, r.wish, r.because
		s.add(f)
		if c.path.wan {
			f := compare(got[variantLink], got[r.variant], steady)
			f.key, f.what = r.key+"_later", "link / "+r.variant+", later"
			s.add(f)
		}
	}
}

// compare divides the rates of a link by those of another transport, in the
// rounds that have both.
func compare(ours, theirs []*result, score func(*result) float64) (f figure) {
	var a, b []float64
	for i := range min(len(ours), len(theirs)) {
		if ours[i] != nil && theirs[i] != nil {
			a, b = append(a, score(ours[i])), append(b, score(theirs[i]))
		}
	}
	if len(a) > 0 {
		f.rounds, f.ours, f.theirs = ratios(a, b), number(median(a))+" MB/s", number(median(b))+" MB/s"
	}
	return f
}
