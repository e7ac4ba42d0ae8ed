package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// plainPage is what a page says, without the marks of troff.
var plainPage = strings.NewReplacer(`\-`, "-", `\(aq`, "'", `\fB`, "", `\fI`, "", `\fR`, "", `\e`, `\`, `\&`, "", `\(ti`, "~", `\(ha`, "^", `\(ga`, "`")

// TestManPages: each command and each flag is in the pages, with all sections.
func TestManPages(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "86400")
	dir := filepath.Join(t.TempDir(), "man1")
	if got := execute(t.Context(), "man", dir); got.code != exitDone || !strings.Contains(got.stdout, dir) {
		t.Fatalf("%+v", got)
	}
	root := newRootCmd()
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	seen := 0
	for _, cmd := range documented(root) {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		text, err := os.ReadFile(filepath.Join(dir, name+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		seen++
		page := plainPage.Replace(string(text))
		for _, title := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS", "SEE ALSO"} {
			_, body, ok := strings.Cut(page, "\n.SH "+title+"\n")
			if !ok || body == "" || strings.HasPrefix(body, ".SH") {
				t.Errorf("%s: no %s, or nothing in it", name, title)
			}
		}
		if own(cmd) && !strings.Contains(page, "\n.SH EXAMPLES\n") {
			t.Errorf("%s: no examples", name)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(page, "\n--"+f.Name) && !strings.Contains(page, ", --"+f.Name) {
				t.Errorf("%s: no --%s", name, f.Name)
			}
			if own(cmd) && f.Name != "help" && f.Name != "example-config" && !strings.Contains(page, "\n"+variable(f.Name)+"\n") {
				t.Errorf("%s: no %s", name, variable(f.Name))
			}
		})
		if strings.Contains(page, ` 1 "1970-01-02" "hlspeer `) != true {
			t.Errorf("%s: not of that day", name)
		}
	}
	if files, _ := os.ReadDir(dir); seen < 12 || len(files) != seen {
		t.Errorf("%d files for %d commands", len(files), seen)
	}
}

// own says whether a command is ours, and not the library's.
func own(cmd *cobra.Command) bool { return fromOurs(cmd) }

// TestManFaults: what is wrong is said, with the exit code that is documented.
func TestManFaults(t *testing.T) {
	file := written(t, "x")
	if got := execute(t.Context(), "man", filepath.Join(file, "man1")); got.code != exitFailed || !strings.Contains(got.stderr, "not a directory") {
		t.Errorf("%+v", got)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "today")
	if got := execute(t.Context(), "man", t.TempDir()); got.code != exitUsage || !strings.Contains(got.stderr, "SOURCE_DATE_EPOCH") {
		t.Errorf("%+v", got)
	}
}

// TestRoff: texts stay what they are.
func TestRoff(t *testing.T) {
	t.Parallel()
	var p roff
	p.prose("One line\nof text.\n\n  a  'b'\n\n  c\\d\n.e\n\nEnd.")
	want := "One line\nof text.\n.PP\n.nf\n.RS 2\na  \\(aqb\\(aq\n.sp\nc\\ed\n.RE\n.fi\n.PP\n\\&.e\n.PP\nEnd.\n"
	if p.String() != want {
		t.Errorf("%s\nwant\n%s", p.String(), want)
	}
}

// TestExamples: every command of ours has some, and what they call is there.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, cmd := range documented(newRootCmd()) {
		if cmd.Example == "" {
			t.Errorf("%s: no example", cmd.CommandPath())
		}
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			if !strings.HasPrefix(line, "  ") {
				t.Errorf("%s: not indented by two spaces: %q", cmd.CommandPath(), line)
			}
			call, _, _ := strings.Cut(strings.TrimSpace(line), " | ")
			call, _, _ = strings.Cut(call, " > ")
			args := strings.Fields(call)
			if len(args) < 2 || args[0] != "hlspeer" {
				t.Errorf("%s: no call of hlspeer: %q", cmd.CommandPath(), line)
				continue
			}
			found, rest, err := newRootCmd().Find(args[1:])
			if err != nil || !found.HasParent() {
				t.Errorf("%q: no such command: %v", line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			} else if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			if path := found.CommandPath(); cmd.HasParent() && path != cmd.CommandPath() && !strings.HasPrefix(path, cmd.CommandPath()+" ") && !strings.Contains(cmd.Example, cmd.CommandPath()) {
				t.Errorf("%s: its examples are of %s", cmd.CommandPath(), path)
			}
		}
	}
}

// TestGroups: help lists each command of ours once, and one whose group is unknown
// breaks nothing.
func TestGroups(t *testing.T) {
	t.Parallel()
	help := execute(t.Context(), "help").stdout
	for _, cmd := range newRootCmd().Commands() {
		if n := len(regexp.MustCompile(`(?m)^  `+cmd.Name()+` `).FindAllString(help, -1)); n != 1 {
			t.Errorf("%s is listed %d times in\n%s", cmd.Name(), n, help)
		}
	}
	root := newRootCmd()
	root.AddCommand(&cobra.Command{Use: "stranger", GroupID: "strange", Run: func(*cobra.Command, []string) {}})
	ungroup(root)
	root.SetArgs([]string{"stranger"})
	if err := root.Execute(); err != nil {
		t.Error(err)
	}
}
