package main

import (
	"os"
	"regexp"
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
