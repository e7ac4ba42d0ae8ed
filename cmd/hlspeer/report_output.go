package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"hlspeer/peer/lab"
)

// reportOutput is how a report is to be shown.
type reportOutput struct {
	json    bool
	html    string // file; empty: none
	compare string // file; empty: none
	other   lab.Report
}

func (o *reportOutput) register(f *pflag.FlagSet) {
	f.BoolVar(&o.json, "json", false, "print one report object and nothing else")
	f.StringVar(&o.html, "html", "", "write the report as a page with charts to this `file`, too")
	f.StringVar(&o.compare, "compare", "", "print the report beside this one, a `file` that --json of swarm or simulate has written")
}

// prepare reads the other report, before the run takes its time.
func (o *reportOutput) prepare(f *faults) {
	if o.html != "" {
		if info, err := os.Stat(filepath.Dir(o.html)); err != nil || !info.IsDir() {
			f.add("html", "%s: there is no such folder", o.html)
		}
	}
	if o.compare == "" {
		return
	}
	if o.json {
		f.add("compare", "not together with --json")
	}
	text, err := os.ReadFile(o.compare)
	if err != nil {
		f.add("compare", "%s: %v", o.compare, reason(err))
		return
	}
	if err := json.Unmarshal(text, &o.other); err != nil || o.other.Peers == 0 {
		f.add("compare", "%s: not a report", o.compare)
	}
}

// show writes the report. The kind of run is swarm or simulate.
func (o *reportOutput) show(out io.Writer, kind string, r lab.Report) error {
	if o.html != "" {
		if err := writePage(o.html, kind, r); err != nil {
			return fail(exitFailed, "--html: %w", err)
		}
	}
	if o.json {
		return json.NewEncoder(out).Encode(r)
	}
	text := reportTable(r)
	if o.compare != "" {
		text = compareTable("this run", r, filepath.Base(o.compare), o.other)
	}
	_, err := io.WriteString(out, text)
	return err
}

// writePage writes the page to a file.
func writePage(path, kind string, r lab.Report) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(reportPage(file, kind, r), file.Close())
}

// limits are what a run must keep.
type limits struct {
	offload float64 // 0: no limit
	stalls  int64   // negative: no limit
	wrong   int64
}

func (l *limits) register(f *pflag.FlagSet) {
	f.Float64Var(&l.offload, "min-offload", 0, "exit with 1 if less than this share of the bytes came from peers, e.g. 0.8; 0: no limit")
	f.Int64Var(&l.stalls, "max-stalls", -1, "exit with 1 if there were more stalls; -1: no limit")
	f.Int64Var(&l.wrong, "max-wrong", 0, "exit with 1 if more segments differed from the source's, where that is known")
}

func (l *limits) check(f *faults) {
	if !(0 <= l.offload && l.offload <= 1) {
		f.add("min-offload", "%g: want 0 to 1", l.offload)
	}
	if l.stalls < -1 {
		f.add("max-stalls", "%d: want 0 or more, or -1 for no limit", l.stalls)
	}
	if l.wrong < 0 {
		f.add("max-wrong", "%d: want 0 or more", l.wrong)
	}
}

// broken says which of them a run has not kept. What is not known keeps no limit
// that was asked for.
func (l *limits) broken(r lab.Report) []string {
	list := []string{}
	switch {
	case l.offload > 0 && r.Offload == nil:
		list = append(list, "offload is not known: nobody got a segment")
	case l.offload > 0 && *r.Offload < l.offload:
		list = append(list, fmt.Sprintf("offload %.3f is less than --min-offload %g", *r.Offload, l.offload))
	}
	switch {
	case l.stalls >= 0 && r.Stalls == nil:
		list = append(list, "stalls are not known")
	case l.stalls >= 0 && *r.Stalls > l.stalls:
		list = append(list, fmt.Sprintf("%d stalls are more than --max-stalls %d", *r.Stalls, l.stalls))
	}
	if r.Wrong != nil && *r.Wrong > l.wrong {
		list = append(list, fmt.Sprintf("%d wrong segments are more than --max-wrong %d", *r.Wrong, l.wrong))
	}
	return list
}
