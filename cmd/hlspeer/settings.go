package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settings are the flags of a command that runs long, however they are given:
// on the command line, else in the environment, else in a file. The flags are
// the one list of what there is; a fault names what the user has written.
type settings struct {
	command  string // peer or tracker, as a file says it
	path     string // of the file; empty: none
	example  bool
	flags    *pflag.FlagSet
	file     *configFile       // nil: none
	sources  map[string]origin // of the flags that the command line does not give
	given    []givenFlag       // on the command line, in that order
	channels []channelArg      // of the file
	named    bool              // channels are given as arguments
	wrong    []error           // values that cannot be read
	unsure   bool              // channels may be missing only because the file is faulty
	logging  *logFlags
	live     map[string]change // by flag, or channels; nil: only the log level
	manager  *supervisor       // nil: none
}

// givenFlag is a flag with its value on the command line.
type givenFlag struct{ flag, value string }

// origin is where a setting has been given, and by which name.
type origin struct {
	file string
	line int
	name string // --engine, HLSPEER_ENGINE, or the key in a file
}

func (o origin) fault(format string, args ...any) error {
	return &fault{o, fmt.Sprintf(format, args...)}
}

// fault is one thing that is wrong with a setting.
type fault struct {
	origin
	problem string
}

func (f *fault) Error() string {
	var b strings.Builder
	if f.file != "" {
		b.WriteString(f.file + ":")
		if f.line > 0 {
			b.WriteString(strconv.Itoa(f.line) + ":")
		}
		b.WriteByte(' ')
	}
	if f.name != "" {
		b.WriteString(f.name + " ")
	}
	return b.String() + f.problem
}

// channelArg is the URL of a channel and where it was given.
type channelArg struct {
	url string
	origin
}

// noSettings are flags that only the command line has.
var noSettings = []string{"help", "config", "example-config"}

// register adds the flags that say where settings come from, and has those that
// are there already collect their faults.
func (s *settings) register(cmd *cobra.Command, command string, logging *logFlags) {
	s.command, s.flags, s.sources, s.logging = command, cmd.Flags(), map[string]origin{}, logging
	s.visit(func(f *pflag.Flag) {
		f.Value = &setting{f.Value, s, f.Name}
		if f.DefValue == "[]" {
			f.DefValue = "" // help leaves it out only for pflag's own types
		}
	})
	s.flags.StringVar(&s.path, "config", "", "YAML `file` with these flags as keys; flags and environment (HLSPEER_...) win")
	s.flags.BoolVar(&s.example, "example-config", false, "print such a file with all keys and their defaults, and end")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		s.resolve()
		f := s.faults()
		return errors.Join(err, f.err())
	})
}

// visit calls do for each flag that is a setting.
func (s *settings) visit(do func(*pflag.Flag)) {
	s.flags.VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(noSettings, f.Name) {
			do(f)
		}
	})
}

// resolve sets what the command line does not give, from the environment and
// the file. What is wrong is collected.
func (s *settings) resolve() {
	s.visit(func(f *pflag.Flag) {
		name := variable(f.Name)
		if value, ok := os.LookupEnv(name); ok && !f.Changed {
			s.assign(f, value, origin{name: name})
		}
	})
	if !s.flags.Changed("config") {
		s.path = os.Getenv(variable("config"))
	}
	if s.path != "" {
		s.use(readConfigFile(s.path))
	}
}

// assign gives a flag a value that is not from the command line.
func (s *settings) assign(f *pflag.Flag, value string, from origin) {
	f.Changed, s.sources[f.Name] = true, from
	if problem := set(inner(f), value); problem != "" {
		s.wrong = append(s.wrong, from.fault("%s", problem))
	}
}

// faults begins the list of what is wrong with what the settings mean.
func (s *settings) faults() faults {
	return faults{origin: s.from, list: s.wrong}
}

// from is where a flag has been given.
func (s *settings) from(flag string) origin {
	if o, ok := s.sources[flag]; ok {
		return o
	}
	return flagOrigin(flag)
}

// flagOrigin is the command line.
func flagOrigin(flag string) origin {
	if flag == "URL" {
		return origin{name: flag} // an argument
	}
	return origin{name: "--" + flag}
}

// setting is a flag that remembers what is wrong with its value, so that all
// faults of a command line can be told at once.
type setting struct {
	pflag.Value
	in   *settings
	name string
}

func (v *setting) Set(value string) error {
	v.in.given = append(v.in.given, givenFlag{v.name, value})
	if problem := set(v.Value, value); problem != "" {
		v.in.wrong = append(v.in.wrong, origin{name: "--" + v.name}.fault("%s", problem))
	}
	return nil
}

// inner is the value behind a flag.
func inner(f *pflag.Flag) pflag.Value {
	if v, ok := f.Value.(*setting); ok {
		return v.Value
	}
	return f.Value
}

// set gives a flag a value and says what is wrong with it, if anything; then
// the flag keeps what it has.
func set(v pflag.Value, value string) (problem string) {
	before := v.String()
	err := v.Set(value)
	if err == nil {
		return ""
	}
	if _, many := v.(pflag.SliceValue); !many {
		_ = v.Set(before) // its own words
	}
	switch _, number := errors.AsType[*strconv.NumError](err); {
	case number && v.Type() == "bool":
		return fmt.Sprintf("%q: want true or false", value)
	case number:
		return fmt.Sprintf("%q: want a whole number", value)
	case v.Type() == "duration" && strings.HasPrefix(err.Error(), "time:"):
		return fmt.Sprintf("%q: want a duration like 30s", value)
	default:
		return err.Error()
	}
}

// faults collects what is wrong with the settings of a command.
type faults struct {
	origin func(flag string) origin // nil: all flags are from the command line
	list   []error
}

func (f *faults) add(flag, format string, args ...any) {
	from := flagOrigin
	if f.origin != nil {
		from = f.origin
	}
	f.list = append(f.list, from(flag).fault(format, args...))
}

// address checks the form of an address to listen on.
func (f *faults) address(flag, address string) {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		f.add(flag, "%q: want host:port or :port", address)
	}
}

func (f *faults) err() error { return errors.Join(f.sorted()...) }

// sorted are the faults of flags and environment, and then those of a file from
// top to bottom.
func (f *faults) sorted() []error {
	slices.SortStableFunc(f.list, func(a, b error) int { return lineOf(a) - lineOf(b) })
	return f.list
}

func lineOf(err error) int {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.line
	}
	return 0
}
