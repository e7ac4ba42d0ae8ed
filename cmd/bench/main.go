package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"hlspeer/peer/lab/wan"
)

const (
	exitFailed = 1 // a row failed
	exitUsage  = 2

	documentPath = "docs/performance.md"
)

func main() {
	if err := wan.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(exitFailed)
	}
	if role, ok := os.LookupEnv(roleVariable); ok {
		os.Exit(play(role))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the command line.
type options struct {
	only     *regexp.Regexp // nil: all rows
	variants []string       // none: all
	rounds   int            // 0: what each row thinks right
	span     time.Duration
	json     string // file; "" for none
	document string
	list     bool
}

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	var only, variants string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(errs)
	f.StringVar(&only, "only", "", "run only the rows whose `names` begin like this regular expression")
	f.StringVar(&variants, "variants", "", "run only these `variants` of the rows that compare transports, e.g. link,tcp")
	f.IntVar(&o.rounds, "rounds", 0, "rounds of every row (default: what each row needs)")
	f.DurationVar(&o.span, "time", 2*time.Second, "time of one measurement of one transport")
	f.StringVar(&o.json, "json", "", "write all figures as one JSON object to this `file`")
	f.StringVar(&o.document, "doc", "", "write the report to this `file` (default: "+documentPath+" if all rows run)")
	f.BoolVar(&o.list, "list", false, "list the rows")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q: want flags only", f.Arg(0))
	}
	if only != "" {
		var err error
		if o.only, err = regexp.Compile("^(?:" + only + ")"); err != nil {
			return o, fmt.Errorf("--only: %w", err)
		}
	}
	if variants != "" {
		o.variants = strings.Split(variants, ",")
	}
	if o.document == "" && only == "" && variants == "" {
		o.document = documentPath
	}
	return o, nil
}

// run measures and returns the exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	o, err := parse(args, errs)
	if err != nil {
		fmt.Fprintln(errs, "bench:", err)
		return exitUsage
	}
	var rows []row
	for _, r := range allRows() {
		if o.only == nil || o.only.MatchString(r.name) {
			rows = append(rows, r)
		}
	}
	if o.list {
		for _, r := range rows {
			fmt.Fprintf(out, "%-16s %s\n", r.name, r.about)
		}
		return 0
	}
	if len(rows) == 0 {
		fmt.Fprintln(errs, "bench: no row has such a name; --list names them")
		return exitUsage
	}
	b, err := newBench(o, out, errs)
	if err != nil {
		fmt.Fprintln(errs, "bench:", err)
		return exitFailed
	}
	b.measure(ctx, rows)
	if ctx.Err() == nil { // half a report would hide the last whole one
		err = b.report()
	}
	if err := errors.Join(context.Cause(ctx), err, b.close()); err != nil {
		fmt.Fprintln(errs, "bench:", err)
		return exitFailed
	}
	if b.failed() {
		return exitFailed
	}
	return 0
}
