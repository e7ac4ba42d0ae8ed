//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestJournal: lines for the journal have no time of their own, lines for anything
// else do, also where the environment names another file's journal.
func TestJournal(t *testing.T) {
	write := func(name, format string) (path, stream string, log func() string) {
		path = filepath.Join(t.TempDir(), name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		stat := info.Sys().(*syscall.Stat_t)
		return path, fmt.Sprintf("%d:%d", stat.Dev, stat.Ino), func() string {
			l := logFlags{level: "info", format: format}
			l.logger(f, &faults{}).With("part", "x").Info("hello", "time", "noon")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
	_, stream, journal := write("journal", "text")
	_, _, file := write("file", "text")
	t.Setenv("JOURNAL_STREAM", stream)
	if got := journal(); got != "level=INFO msg=hello part=x time=noon\n" {
		t.Errorf("to the journal: %s", got)
	}
	if got := file(); !strings.HasPrefix(got, "time=2") {
		t.Errorf("to a file: %s", got)
	}
	_, stream, journal = write("json", "json")
	t.Setenv("JOURNAL_STREAM", stream)
	if got := journal(); !strings.HasPrefix(got, `{"time":"2`) { // who reads JSON wants one form
		t.Errorf("as JSON: %s", got)
	}
}
