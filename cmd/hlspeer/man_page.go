package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manSections are what is true of one command and not to be read off its flags.
type manSections struct {
	environment, exit, files [][2]string
}

// exitTexts are the exit codes of every command.
var exitTexts = [][2]string{
	{"0", "done"},
	{"1", "failed while running, or an address is in use"},
	{"2", "wrong flags, variables or settings in a file: every fault is named"},
}

// configText is of the commands that a file can configure.
var configText = [2]string{"FILE of --config", "YAML with the names of the flags as keys; --example-config prints one with all of them"}

// manMore is by command, without the program's name.
var manMore = map[string]manSections{
	"peer": {
		environment: [][2]string{{"GOMEMLIMIT, GOGC", "win over the limit on memory that follows from --cache"}},
		exit:        [][2]string{{"3", "the source gives no playlist at start"}, {"130", "interrupted during start-up"}},
		files:       [][2]string{configText, {"FILE of --key-file", "the key, on one line"}},
	},
	"tracker": {
		files: [][2]string{configText, {"FILE of --key-file", "keys, separated by spaces or lines"}, {"FILE of --page-token-file", "the token, on one line"}, {"FILE of --geoip", "a database in the format of MaxMind"}},
	},
	"validate": {files: [][2]string{{"FILE", "as for --config of peer and tracker"}}},
	"top": {environment: [][2]string{
		{"NO_COLOR", "if set: no colours"},
		{"TERM", "the kind of terminal; dumb and none are refused"},
		{"LC_ALL, LC_CTYPE, LANG", "only where the first of these that is set names UTF-8 more than ASCII is written"},
	}},
	"man":            {environment: [][2]string{{"SOURCE_DATE_EPOCH", "the date that pages bear, seconds since 1970"}}, files: [][2]string{{"man/hlspeer*.1", "what is written, in the directory where it is called"}}},
	"debug topology": {files: [][2]string{{"FILE of --token-file", "the token, on one line"}}},
}

// manName is the name of a command's page.
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage is the manual page of a command, in the language of troff.
func manPage(cmd *cobra.Command, date string) string {
	var p roff
	p.line(`.\" written by 'hlspeer man'`)
	p.line(fmt.Sprintf(`.TH %s 1 %s %s %s`, roffQuote(strings.ToUpper(manName(cmd))), `"`+date+`"`, roffQuote("hlspeer "+versionText()), roffQuote("hlspeer manual")))
	p.section("NAME")
	p.text(manName(cmd) + ` \- ` + roffEscape(lowerFirst(cmd.Short)))
	p.section("SYNOPSIS")
	p.line(`.B ` + roffEscape(cmd.CommandPath()))
	if rest := strings.TrimSpace(strings.TrimPrefix(synopsis(cmd), cmd.CommandPath())); rest != "" {
		p.text(roffEscape(rest))
	}
	p.section("DESCRIPTION")
	long := cmd.Long
	if long == "" {
		long = cmd.Short + "."
	}
	p.prose(long)
	more := manMore[strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")]
	p.commands(cmd)
	p.flags(cmd)
	p.environment(cmd, more.environment)
	p.list("FILES", more.files, "hlspeer reads no file that it is not given.")
	p.list("EXIT STATUS", append(exitTexts[:len(exitTexts):len(exitTexts)], more.exit...), "")
	p.examples(cmd)
	p.seeAlso(cmd)
	return p.String()
}

// synopsis is how a command is called.
func synopsis(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND [flags]"
	}
	return cmd.UseLine()
}

func (p *roff) commands(cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	p.section("COMMANDS")
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			p.item(`\fB`+roffEscape(sub.Name())+`\fR`, roffEscape(sub.Short)+".")
		}
	}
}

func (p *roff) flags(cmd *cobra.Command) {
	p.section("OPTIONS")
	cmd.InitDefaultHelpFlag()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		head := `\fB` + roffEscape("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			head = `\fB` + roffEscape("-"+f.Shorthand) + `\fR, ` + head
		}
		if kind != "" {
			head += ` \fI` + roffEscape(kind) + `\fR`
		}
		if hasDefault(f) {
			usage += " (default " + f.DefValue + ")"
		}
		p.item(head, roffEscape(usage)+".")
	})
}

// hasDefault says whether a flag has one that is worth telling.
func hasDefault(f *pflag.Flag) bool {
	switch f.DefValue {
	case "", "false", "0", "0s", "[]":
		return false
	}
	return true
}

func (p *roff) environment(cmd *cobra.Command, more [][2]string) {
	p.section("ENVIRONMENT")
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" && f.Name != "example-config" && fromOurs(cmd) {
			p.item(`\fB`+roffEscape(variable(f.Name))+`\fR`, roffEscape("the same as --"+f.Name+", which wins")+".")
		}
	})
	for _, m := range more {
		p.item(`\fB`+roffEscape(m[0])+`\fR`, roffEscape(m[1])+".")
	}
	if !strings.HasSuffix(p.String(), ".\n") || strings.HasSuffix(p.String(), "ENVIRONMENT\n") {
		p.text("None.")
	}
}

// fromOurs says whether a command's flags can be given as variables: those of the
// library's own commands cannot.
func fromOurs(cmd *cobra.Command) bool {
	for ; cmd != nil; cmd = cmd.Parent() {
		if cmd.Name() == "completion" || cmd.Name() == "help" {
			return false
		}
	}
	return true
}

func (p *roff) list(title string, rows [][2]string, none string) {
	p.section(title)
	for _, r := range rows {
		p.item(`\fB`+roffEscape(r[0])+`\fR`, roffEscape(r[1])+".")
	}
	if len(rows) == 0 {
		p.text(roffEscape(none))
	}
}

func (p *roff) examples(cmd *cobra.Command) {
	if cmd.Example == "" {
		return
	}
	p.section("EXAMPLES")
	p.prose(cmd.Example)
}

func (p *roff) seeAlso(cmd *cobra.Command) {
	p.section("SEE ALSO")
	var names []string
	if parent := cmd.Parent(); parent != nil {
		names = append(names, manName(parent))
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, manName(sub))
		}
	}
	if cmd.Parent() != nil && cmd.Parent() != cmd.Root() {
		for _, sub := range cmd.Parent().Commands() {
			if sub != cmd && sub.IsAvailableCommand() {
				names = append(names, manName(sub))
			}
		}
	}
	for i, name := range names {
		end := ","
		if i == len(names)-1 {
			end = ""
		}
		p.line(strings.TrimSpace(`.BR ` + roffEscape(name) + ` (1)` + end))
	}
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' || strings.HasPrefix(s, "A ") {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
