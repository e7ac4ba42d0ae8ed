package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// maxConfigFile is the size of the largest file that is read, in bytes.
const maxConfigFile = 1 << 20

// configFile is a YAML mapping whose keys are names of flags.
type configFile struct {
	path    string
	entries []entry
	wrong   []error
	broken  bool // it could not be read as a mapping: what is in it is not known
	open    bool // every user of the machine may read it
}

// entry is one key of a file.
type entry struct {
	key   string
	line  int
	value *yaml.Node
}

// readConfigFile reads a file; what is wrong with it is in the answer.
func readConfigFile(path string) *configFile {
	c := &configFile{path: path}
	text, err := c.read()
	if err == nil {
		err = c.parse(text)
	}
	if err != nil {
		c.broken, c.wrong = true, append(c.wrong, err)
	}
	return c
}

func (c *configFile) at(line int, key string) origin { return origin{c.path, line, key} }

func (c *configFile) read() ([]byte, error) {
	file, err := os.Open(c.path)
	if err != nil {
		return nil, c.at(0, "").fault("cannot be read: %v", reason(err))
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil {
		c.open = runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0
	}
	text, err := io.ReadAll(io.LimitReader(file, maxConfigFile+1))
	switch {
	case err != nil:
		return nil, c.at(0, "").fault("cannot be read: %v", reason(err))
	case len(text) > maxConfigFile:
		return nil, c.at(0, "").fault("is larger than 1 MiB")
	}
	return text, nil
}

// reason is an error of the file system without the path, which is named
// already.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// parse finds the entries of the one document.
func (c *configFile) parse(text []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, next yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil // nothing but comments
	} else if err != nil {
		return c.syntax(err, text)
	}
	if err := decoder.Decode(&next); err == nil {
		return c.at(next.Line, "").fault("a second document begins: want one")
	} else if !errors.Is(err, io.EOF) {
		return c.syntax(err, text)
	}
	top := document.Content[0]
	if top.Kind == yaml.ScalarNode && top.ShortTag() == "!!null" {
		return nil
	}
	if top.Kind != yaml.MappingNode {
		return c.at(top.Line, "").fault("want lines like 'key: value'")
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		c.add(top.Content[i], top.Content[i+1], lines)
	}
	return nil
}

// add takes up a key; lines are those of the keys before.
func (c *configFile) add(key, value *yaml.Node, lines map[string]int) {
	at := c.at(key.Line, key.Value)
	switch first, twice := lines[key.Value]; {
	case key.Kind != yaml.ScalarNode:
		at.name = ""
		c.wrong = append(c.wrong, at.fault("a key is not a word"))
	case twice:
		c.wrong = append(c.wrong, at.fault("is given twice: first in line %d", first))
	default:
		lines[key.Value] = key.Line
		c.entries = append(c.entries, entry{key.Value, key.Line, value})
	}
}

// syntax words what the YAML library finds wrong with a text.
func (c *configFile) syntax(err error, text []byte) error {
	line, problem := syntaxFault(err, text)
	return c.at(line, "").fault("is not YAML: %s", problem)
}

// scalar returns the text of a value as it stands in the file.
func scalar(n *yaml.Node) (text, problem string) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return "", "anchors and aliases (& and *) are not known here: put such a text in quotes"
	case n.Kind == yaml.MappingNode:
		return "", "wants a value, not keys of its own; " + quoteColon
	case n.Kind == yaml.SequenceNode:
		return "", "wants one value, not a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "", `has no value: leave the key out, or write "" for an empty text`
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp":
		return n.Value, ""
	default:
		return "", fmt.Sprintf("has the tag %s: want plain values", n.Tag)
	}
}

// list returns the texts of a value that may be a list, with their lines.
func (c *configFile) list(e entry) (all []channelArg, wrong []error) {
	items := []*yaml.Node{e.value}
	if e.value.Kind == yaml.SequenceNode && e.value.Anchor == "" {
		items = e.value.Content
	}
	for _, item := range items {
		at := c.at(item.Line, e.key)
		text, problem := scalar(item)
		if problem != "" {
			wrong = append(wrong, at.fault("%s", problem))
			continue
		}
		all = append(all, channelArg{text, at})
	}
	return all, wrong
}

// use sets the flags that are not yet set from a file.
func (s *settings) use(c *configFile) {
	s.file, s.unsure = c, c.broken
	s.wrong = append(s.wrong, c.wrong...)
	if err := c.meantFor(s.command); err != nil {
		s.unsure, s.wrong = true, append(s.wrong, err)
		return // every other fault comes from this one
	}
	for _, e := range c.entries {
		s.useEntry(c, e)
	}
}

// meantFor says what is wrong with the command that a file names, if it does.
func (c *configFile) meantFor(command string) error {
	for _, e := range c.entries {
		if e.key != "command" {
			continue
		}
		text, problem := scalar(e.value)
		if problem == "" && text != command {
			problem = fmt.Sprintf("%q: this is read for hlspeer %s", text, command)
		}
		if problem != "" {
			return c.at(e.line, e.key).fault("%s", problem)
		}
	}
	return nil
}

func (s *settings) useEntry(c *configFile, e entry) {
	at := c.at(e.line, e.key)
	flag := s.flags.Lookup(e.key)
	switch {
	case e.key == "command": // it has been looked at
	case e.key == "channels" && s.command == "peer":
		var wrong []error
		s.channels, wrong = c.list(e)
		s.sources["URL"] = at
		s.unsure = s.unsure || len(wrong) > 0
		s.wrong = append(s.wrong, wrong...)
	case flag == nil || slices.Contains(noSettings, e.key):
		s.wrong = append(s.wrong, at.fault("%s", s.stranger(e.key)))
	default:
		s.useFlag(c, e, flag)
	}
}

// useFlag sets a flag from a file. A list is taken item by item as it stands;
// one text is read as on the command line.
func (s *settings) useFlag(c *configFile, e entry, flag *pflag.Flag) {
	many, repeatable := inner(flag).(pflag.SliceValue)
	if !repeatable || e.value.Kind != yaml.SequenceNode {
		text, problem := scalar(e.value)
		switch {
		case problem != "":
			s.wrong = append(s.wrong, c.at(e.line, e.key).fault("%s", problem))
		case !flag.Changed:
			s.assign(flag, text, c.at(e.line, e.key))
		}
		return
	}
	items, wrong := c.list(e)
	s.wrong = append(s.wrong, wrong...)
	if flag.Changed {
		return
	}
	texts := []string{}
	for _, item := range items {
		texts = append(texts, item.url)
	}
	_ = many.Replace(texts) // lists of texts take any
	flag.Changed, s.sources[e.key] = true, c.at(e.line, e.key)
}

// stranger says what is wrong with a key that the command does not have.
func (s *settings) stranger(key string) string {
	if slices.Contains(noSettings, key) {
		return "is for the command line only"
	}
	for _, other := range configurable() {
		if o := other.base(); o.command != s.command && (o.flags.Lookup(key) != nil || key == "channels" && o.command == "peer") {
			return "belongs to hlspeer " + o.command + ", and this is read for hlspeer " + s.command
		}
	}
	problem := "is no key of hlspeer " + s.command
	plain := strings.NewReplacer("_", "", "-", "")
	s.visit(func(f *pflag.Flag) {
		if strings.EqualFold(plain.Replace(f.Name), plain.Replace(key)) {
			problem += ": did you mean " + f.Name + "?"
		}
	})
	return problem
}
