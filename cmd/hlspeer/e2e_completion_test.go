//go:build e2e

package main_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestE2ECompletion: what bash makes of the script, for words that a user has begun.
func TestE2ECompletion(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"hlspeer tra":               "tracker",
		"hlspeer peer --engine f":   "fastmesh",
		"hlspeer debug par":         "parents",
		"hlspeer peer --max-chil":   "--max-children",
		"hlspeer simulate --rule m": "max-residual",
	} {
		// The function is what Debian's bash-completion has: the words up to the cursor.
		script := `compopt() { :; } # works only while bash completes
			_init_completion() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
			source <(hlspeer completion bash)
			read -ra COMP_WORDS <<<"$1"; COMP_CWORD=$((${#COMP_WORDS[@]}-1)); COMP_LINE=$1; COMP_POINT=${#1}
			COMP_TYPE=9; __start_hlspeer; printf '%s\n' "${COMPREPLY[@]}"`
		cmd := exec.Command("bash", "--norc", "-c", script, "bash", line)
		cmd.Env = append(cmd.Environ(), "PATH="+filepath.Dir(path)+":/usr/bin:/bin")
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s: %q, want %q (%v)", line, got, want, err)
		}
	}
}

// TestE2EManual: the formatter finds nothing wrong with any page.
func TestE2EManual(t *testing.T) {
	dir := t.TempDir()
	hlspeer(t, "man", "man", dir).line()
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	// Lines may be longer than 80 bytes: they are filled.
	if out, err := exec.Command("mandoc", append([]string{"-Tlint", "-Wwarning"}, pages...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
