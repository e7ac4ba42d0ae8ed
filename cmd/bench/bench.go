package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"hlspeer/peer/lab/wan"
)

// segmentSize is that of every segment that is sent here, bytes.
const segmentSize = 2 << 20

// row is one measurement.
type row struct {
	name  string
	about string // one line for readers
	run   func(ctx context.Context, b *bench, s *sheet) error
}

// bench is a run of the whole. Its rows run one after another.
type bench struct {
	options
	out, errs io.Writer
	self      string // the path of this program
	sheets    []*sheet
	dir       string // for files of this run; "" before there are any
	peer      string // hlspeer, once it is built
	began     time.Time
}

func newBench(o options, out, errs io.Writer) (*bench, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	return &bench{options: o, out: out, errs: errs, self: self, began: time.Now()}, nil
}

// errMissing says that a tool or a right is missing, so that a row has no
// figures. That is no failure.
var errMissing = errors.New("not measured")

// measure runs rows and prints what they find.
func (b *bench) measure(ctx context.Context, rows []row) {
	for _, r := range rows {
		if ctx.Err() != nil {
			return
		}
		s := &sheet{row: r.name, about: r.about}
		b.sheets = append(b.sheets, s)
		fmt.Fprintf(b.out, "\n== %s: %s\n", r.name, r.about)
		began := time.Now()
		err := r.run(ctx, b, s)
		switch {
		case errors.Is(err, errMissing), errors.Is(err, wan.ErrUnsupported):
			s.missing = err.Error()
			fmt.Fprintf(b.out, "   %v\n", err)
		case err != nil:
			s.err = err
			fmt.Fprintf(b.errs, "bench: %s: %v\n", r.name, err)
		}
		s.print(b.out)
		fmt.Fprintf(b.out, "   (%.0f s)\n", time.Since(began).Seconds())
	}
}

func (b *bench) failed() bool {
	return slices.ContainsFunc(b.sheets, func(s *sheet) bool { return s.err != nil })
}

// times is how many rounds a row has that wants n.
func (b *bench) times(n int) int {
	if b.rounds > 0 {
		return b.rounds
	}
	return n
}

// chosen are those of all variants that the command line wants.
func (b *bench) chosen(all []string) []string {
	if len(b.variants) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(v string) bool { return !slices.Contains(b.variants, v) })
}
