package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestOperatorFile: the file that the operator's guide shows can be used.
func TestOperatorFile(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/operator.md")
	if err != nil {
		t.Fatal(err)
	}
	files := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(guide, -1)
	if len(files) == 0 {
		t.Fatal("no file in it")
	}
	key := written(t, "a-key\n") // stands for the one of the machine
	for _, file := range files {
		text := regexp.MustCompile(`(?m)^(\S*-file: ).*$`).ReplaceAll(file[1], []byte("${1}"+key))
		path := written(t, string(text))
		if got := execute(t.Context(), "validate", path); got.stdout != path+": ok\n" {
			t.Errorf("%+v\n%s", got, text)
		}
	}
}

// TestDebugGuideCommands: the commands of the guide to debugging are commands, with
// flags that they have, and it leaves none of them out.
func TestDebugGuideCommands(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/debug.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^hlspeer (.*?)( > .*)?$`).FindAllSubmatch(guide, -1) {
		cmd, rest, err := newRootCmd().Find(strings.Fields(string(line[1])))
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err == nil {
			err = cmd.ValidateArgs(cmd.Flags().Args())
		}
		if err != nil {
			t.Errorf("%s: %v", line[0], err)
		}
		shown[cmd.Name()] = true
	}
	for _, cmd := range newDebugCmd().Commands() {
		if !shown[cmd.Name()] {
			t.Errorf("nothing about %s", cmd.Name())
		}
	}
}
