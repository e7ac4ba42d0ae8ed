package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

type validateOptions struct {
	command string
	json    bool
}

func newValidateCmd() *cobra.Command {
	o := &validateOptions{}
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check files for --config without starting anything",
		Long: "Check files as 'hlspeer peer --config FILE' and 'hlspeer tracker --config FILE' read\n" +
			"them, by themselves: without other flags and the environment. Nothing is started,\n" +
			"and no address is used. 'command: peer' or 'command: tracker' in a file says which\n" +
			"of both it is for. 'hlspeer peer --example-config' prints a file to begin with.",
		Example: "  hlspeer peer --example-config > peer.yaml\n" +
			"  hlspeer validate peer.yaml",
		GroupID:           groupTest,
		ValidArgsFunction: cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no file: give the path of one, e.g. hlspeer validate peer.yaml")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return runValidate(cmd.OutOrStdout(), o, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.command, "for", "", "peer or tracker: what reads the files (default: what they say, else peer)")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line for each file")
	return cmd
}

// verdict is what is said of a file.
type verdict struct {
	File     string        `json:"file"`
	Command  string        `json:"command"`
	OK       bool          `json:"ok"`
	Faults   []faultReport `json:"faults"`
	Warnings []string      `json:"warnings"`
}

// faultReport is one fault of a file. Line is 0 and key empty where none is
// known.
type faultReport struct {
	Line    int    `json:"line"`
	Key     string `json:"key"`
	Problem string `json:"problem"`
	text    string
}

func runValidate(out io.Writer, o *validateOptions, files []string) error {
	if o.command != "" && !slices.Contains([]string{"peer", "tracker"}, o.command) {
		return fail(exitUsage, "--for %q: want peer or tracker", o.command)
	}
	bad := 0
	for _, file := range files {
		v := validate(readConfigFile(file), o.command)
		if !v.OK {
			bad++
		}
		if err := v.print(out, o.json); err != nil {
			return fail(exitFailed, "%w", err)
		}
	}
	if bad > 0 {
		return fail(exitUsage, "%d of %d files cannot be used", bad, len(files))
	}
	return nil
}

// validate checks a file for a command; without one for that which it names.
func validate(file *configFile, command string) verdict {
	all := configurable()
	use := all[0]
	for _, e := range file.entries {
		if e.key == "command" && command == "" {
			command = e.value.Value
		}
	}
	for _, other := range all {
		if other.base().command == command {
			use = other
		}
	}
	s := use.base()
	s.path = file.path
	s.use(file)
	v := verdict{File: file.path, Command: s.command, Faults: []faultReport{}, Warnings: []string{}}
	for _, err := range use.check() {
		v.Faults = append(v.Faults, newFaultReport(err))
	}
	v.OK = len(v.Faults) == 0
	if found := s.exposed(); len(found) > 0 {
		v.Warnings = append(v.Warnings, "every user of this machine can read "+strings.Join(found, ", "))
	}
	if _, given := s.sources["URL"]; !given && v.OK && s.command == "peer" {
		v.Warnings = append(v.Warnings, "there are no channels in it: give URLs as arguments")
	}
	return v
}

func newFaultReport(err error) faultReport {
	if f, ok := errors.AsType[*fault](err); ok {
		return faultReport{f.line, f.name, f.problem, f.Error()}
	}
	return faultReport{Problem: err.Error(), text: err.Error()}
}

func (v verdict) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(v)
	}
	var b strings.Builder
	for _, f := range v.Faults {
		b.WriteString(f.text + "\n")
	}
	if v.OK {
		fmt.Fprintf(&b, "%s: ok\n", v.File)
	}
	for _, w := range v.Warnings {
		fmt.Fprintf(&b, "%s: note: %s\n", v.File, w)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
