package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// report writes what has been found to the files that are wanted.
func (b *bench) report() error {
	fmt.Fprintf(b.out, "\n%.0f s in all\n", time.Since(b.began).Seconds())
	if b.json != "" {
		data, err := json.MarshalIndent(b.object(), "", "  ")
		if err != nil {
			return fmt.Errorf("writing the figures: %w", err)
		}
		if err := os.WriteFile(b.json, append(data, '\n'), 0o644); err != nil {
			return fmt.Errorf("writing the figures: %w", err)
		}
	}
	if b.document != "" {
		if err := os.WriteFile(b.document, []byte(b.text()), 0o644); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	return nil
}

// promised are keys that are in every object, null where there is no figure.
var promised = []string{
	"link_vs_tuned_pion", "loss1_vs_default_pion", "loss1_vs_tcp", "hop_cost", "proxy_vs_nginx", "cpu_per_gb_vs_pion", "rss_mb",
	"loss0_vs_tcp", "bottleneck50_vs_large_sockets", "compete_tcp_share",
}

// object is what programs read.
func (b *bench) object() map[string]*float64 {
	all := map[string]*float64{}
	for _, key := range promised {
		all[key] = nil
	}
	for _, s := range b.sheets {
		for _, v := range s.values {
			all[v.key] = &v.n
		}
		for _, f := range s.figures {
			all[f.key] = nil
			if m, ok := f.median(); ok {
				all[f.key] = &m
			}
		}
	}
	return all
}

const preamble = `# Performance

What the data plane does, against what could be had on the same machine in the
same run. Absolute figures change with the machine and with what else it does;
ratios say more. Both sides of a ratio run in turn, and the median of all rounds
counts; the lowest and the highest round stand beside it.

    make bench                        # all rows; writes this file
    make bench BENCH_JSON=bench.json  # and one JSON object with all figures
    go run ./cmd/bench --list         # the rows
    go run ./cmd/bench --only ROW     # one of them; writes no file

` + "`--variants link,tcp`, `--rounds 9` and `--time 5s`" + ` make a row quicker or surer. Wide-area
rows need Linux, /dev/net/tun and the right to make network namespaces (root, or
user namespaces); the row against nginx needs nginx. What is missing is not
measured and no failure. The micro-benchmarks beside the code are run by ` + "`make\nmicrobench`" + `.

`

const explanation = `A row that compares transports opens a new connection for each measurement and
asks for one segment of 2 MB after the other. On wide-area paths a transport is
judged by its first 10 segments, or as many as come while it is measured: how a
connection begins matters as much as what it reaches, which stands beside it as
"later", after the first segment. On loopback, "later" counts. Where no segment
was complete in time, its time is how long it had been waited for.

"pion-default" is bare pion with nothing set, "pion-sockets" has UDP socket
buffers of 4 MB, "pion-tuned" also blocking writes, no checksum and a window
that does not fall below 64 KiB. Loss is each way. A bottleneck has a queue of
100 ms, and what does not fit is dropped.
`

// text is the report for readers.
func (b *bench) text() string {
	var t strings.Builder
	t.WriteString(preamble)
	fmt.Fprintf(&t, "This run: %s, %d cores, %s/%s%s, TCP with %s; %.0f s in all.\n\n", runtime.Version(), runtime.NumCPU(),
		runtime.GOOS, runtime.GOARCH, kernel(), systemCongestion(), time.Since(b.began).Seconds())
	t.WriteString("## Goals\n\n")
	table(&t, []string{"row", "figure", "goal", "median (lowest to highest)", "ours", "theirs", "reached"}, b.goals())
	t.WriteString("\n")
	t.WriteString(b.missed())
	t.WriteString("\n## Rows\n\n" + explanation)
	for _, s := range b.sheets {
		s.write(&t)
	}
	return t.String()
}

// goals are the lines of the table of goals.
func (b *bench) goals() (lines [][]string) {
	for _, s := range b.sheets {
		for _, f := range s.figures {
			if f.hasGoal() {
				lines = append(lines, []string{"[" + s.row + "](#" + s.row + ")", f.what, f.goalText(), f.span(), f.ours, f.theirs, f.verdict()})
			}
		}
	}
	return lines
}

// missed names the goals that were not reached, with the reasons that are known.
func (b *bench) missed() string {
	var missed, absent []string
	for _, s := range b.sheets {
		if s.missing != "" {
			absent = append(absent, fmt.Sprintf("- %s: %s\n", s.row, s.missing))
		}
		for _, f := range s.figures {
			if _, ok := f.median(); f.hasGoal() && !ok {
				absent = append(absent, fmt.Sprintf("- %s: %s\n", s.row, f.what))
			} else if !f.met() {
				line := fmt.Sprintf("- %s: %s is %s in place of %s", s.row, f.what, f.span(), f.goalText())
				if f.because != "" {
					line += ": " + f.because
				}
				missed = append(missed, line+"\n")
			}
		}
	}
	text := "All goals that were measured are reached.\n"
	if len(missed) > 0 {
		text = "Missed:\n\n" + strings.Join(missed, "")
	}
	if len(absent) > 0 {
		text += "\nNot measured:\n\n" + strings.Join(absent, "")
	}
	return text
}

// write writes the part of the report that is about one row.
func (s *sheet) write(t *strings.Builder) {
	fmt.Fprintf(t, "\n### %s\n\n%s. `go run ./cmd/bench --only %s`\n\n", s.row, upperFirst(s.about), s.command())
	if s.missing != "" {
		fmt.Fprintf(t, "Not measured: %s.\n\n", s.missing)
	}
	if s.err != nil {
		fmt.Fprintf(t, "Failed: %v.\n\n", s.err)
	}
	if len(s.lines) > 0 {
		table(t, s.head, s.lines)
		t.WriteString("\n")
	}
	var figures [][]string
	for _, f := range s.figures {
		figures = append(figures, []string{f.what, f.span(), f.goalText(), f.verdict()})
	}
	if len(figures) > 0 {
		table(t, []string{"figure", "median (lowest to highest)", "goal", "reached"}, figures)
	}
	for _, n := range s.notes {
		fmt.Fprintf(t, "\n%s\n", n)
	}
}

// command is the expression that chooses the row alone.
func (s *sheet) command() string {
	for _, r := range allRows() {
		if r.name != s.row && strings.HasPrefix(r.name, s.row) {
			return "'" + s.row + "$'"
		}
	}
	return s.row
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// table writes a table of Markdown.
func table(t *strings.Builder, head []string, lines [][]string) {
	fmt.Fprintf(t, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, l := range lines {
		fmt.Fprintf(t, "| %s |\n", strings.Join(l, " | "))
	}
}

// kernel is the version of a Linux kernel; the part behind its first dash says
// who built it.
func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	version, _, _ := strings.Cut(strings.TrimSpace(string(text)), "-")
	return ", kernel " + version
}

func systemCongestion() string {
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_congestion_control")
	if err != nil {
		return "the system's congestion control"
	}
	return strings.TrimSpace(string(text))
}
