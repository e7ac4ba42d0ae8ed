package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// printExample writes a file that says nothing but the defaults: each key with
// what it is for, behind a # that makes it a comment.
func printExample(out io.Writer, s *settings) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Settings of hlspeer %[1]s. Save this as %[1]s.yaml, remove the # before a key to set\n"+
		"# it, then check with 'hlspeer validate %[1]s.yaml' and start with\n"+
		"# 'hlspeer %[1]s --config %[1]s.yaml'. What is given as a flag or in the environment\n"+
		"# (HLSPEER_...) wins.\n\ncommand: %[1]s\n", s.command)
	if s.command == "peer" {
		b.WriteString("\n# URLs of the playlists of all channels.\nchannels:\n  - https://example.com/live/index.m3u8\n")
	}
	var failed error
	s.visit(func(f *pflag.Flag) {
		value, err := exampleValue(f)
		if err != nil {
			failed = fmt.Errorf("the default of --%s: %w", f.Name, err)
		}
		_, usage := pflag.UnquoteUsage(f)
		fmt.Fprintf(&b, "\n# %s\n#%s: %s\n", usage, f.Name, value)
	})
	if failed != nil {
		return fail(exitFailed, "%w", failed)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// exampleValue is a flag's default in YAML.
func exampleValue(f *pflag.Flag) (string, error) {
	node := yaml.Node{Kind: yaml.ScalarNode, Value: f.DefValue}
	if many, ok := inner(f).(pflag.SliceValue); ok {
		node = yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range many.GetSlice() {
			node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: item})
		}
	} else if !slices.Contains([]string{"int", "bool"}, inner(f).Type()) {
		node.Tag = "!!str"
	}
	text, err := yaml.Marshal(&node)
	return strings.TrimSpace(string(text)), err
}
