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
	against     []rival
	rounds      int
	// together runs all variants of a round at once, each on a network of its own:
	// for paths so slow that the machine has time left.
	together bool
}

// rival is what a link is compared with.
type rival struct {
	variant string
	key     string
	goal    float64 // 0: none
	wish    bool
}

// firstSegments are what a new connection is judged by on a wide-area path: how
// it begins matters as much as what it reaches.
const firstSegments = 10

// warmUp is how long a transfer may run before it is measured.
const warmUp = time.Second

func (c contest) row() row { return row{c.name, c.about, c.run} }

// scores are the results of the variants of a contest, by round.
type scores struct {
	mu  sync.Mutex
	all map[string][]result
}

func (c contest) run(ctx context.Context, b *bench, s *sheet) error {
	got := scores{all: map[string][]result{}}
	variants := b.chosen(c.variants)
	for round := range b.times(c.rounds) {
		if err := c.round(ctx, b, round, variants, &got); err != nil {
			return err
		}
		var line []string
		for _, v := range variants {
			r := got.all[v][round]
			line = append(line, fmt.Sprintf("%s %s", v, number(c.score(r))))
		}
		fmt.Fprintf(b.out, "   round %d, MB/s: %s\n", round+1, strings.Join(line, "  "))
	}
	c.report(s, variants, got.all)
	return nil
}

// round measures each variant once, each round in another order.
func (c contest) round(ctx context.Context, b *bench, round int, variants []string, got *scores) error {
	errs := make([]error, len(variants))
	one := func(i int) {
		r, err := b.transfer(ctx, c.path, round, measurement{Warm: warmUp, Span: b.span, First: firstSegments}, variants[i])
		if errs[i] = err; err == nil {
			got.mu.Lock()
			got.all[variants[i]] = append(got.all[variants[i]], r)
			got.mu.Unlock()
		}
	}
	var wg sync.WaitGroup
	for k := range variants {
		i := (k + round) % len(variants)
		wg.Go(func() { one(i) })
		if !c.together {
			wg.Wait()
			if errs[i] != nil {
				break
			}
		}
	}
	wg.Wait()
	return firstOf(errs)
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
func each(all []result, f func(result) float64) []float64 {
	var out []float64
	for _, r := range all {
		out = append(out, f(r))
	}
	return out
}

func steady(r result) float64 { return r.rate(0) }
func first(r result) float64  { return r.first(0) }
func p50Of(r result) float64  { return 1000 * r.Flows[0].quantile(.5) }

// score is what transports are compared by, MB/s.
func (c contest) score(r result) float64 {
	if c.path.wan {
		return first(r)
	}
	return steady(r)
}

// report writes down what has been found.
func (c contest) report(s *sheet, variants []string, got map[string][]result) {
	s.head = []string{"transport", "MB/s, first 10 segments", "later", "segment p50, ms", "worst, ms", "CPU s/GB"}
	for _, v := range variants {
		all := got[v]
		p50, cpu := each(all, p50Of), each(all, result.perGB)
		worst := each(all, func(r result) float64 { return 1000 * r.Flows[0].worst() })
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
		ours, theirs := got[variantLink], got[r.variant]
		f := compare(ours, theirs, c.score)
		f.key, f.what, f.goal, f.wish = r.key, "link / "+r.variant, r.goal, r.wish
		s.add(f)
		if c.path.wan {
			f := compare(ours, theirs, steady)
			f.key, f.what = r.key+"_later", "link / "+r.variant+", later"
			s.add(f)
		}
	}
}

// compare divides the rates of a link by those of another transport.
func compare(ours, theirs []result, score func(result) float64) (f figure) {
	if len(ours) > 0 && len(theirs) > 0 {
		a, b := each(ours, score), each(theirs, score)
		f.rounds, f.ours, f.theirs = ratios(a, b), number(median(a))+" MB/s", number(median(b))+" MB/s"
	}
	return f
}
