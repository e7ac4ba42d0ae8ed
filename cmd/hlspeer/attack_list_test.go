package main_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// attack is one that a hostile peer, tracker, source or page may try. Those with a
// proof are tried by another test, most of them in virtual time; the others are run
// against real processes by `make attack`.
type attack struct{ group, name, did, proof, then string }

// attackPage has the table of all attacks, between two markers.
const (
	attackPage  = "../../docs/security.md"
	attackBegin = "<!-- attacks: made by HLSPEER_UPDATE=1 make attack -->\n"
	attackEnd   = "<!-- attacks: end -->\n"
)

// attackSection cuts the page at the markers, which belong to before and after.
func attackSection(page string) (before, table, after string, err error) {
	before, rest, ok := strings.Cut(page, attackBegin)
	table, after, ended := strings.Cut(rest, attackEnd)
	if !ok || !ended {
		return "", "", "", errors.New("the page has no place for the attacks")
	}
	return before + attackBegin, table, attackEnd + after, nil
}

// TestAttackTable: the page has a row for each attack, and none beside; the tests
// that it names are there.
func TestAttackTable(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(attackPage)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _, err := attackSection(string(page))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, a := range attacks {
		if known[a.name] || a.group == "" || a.did == "" || (a.proof == "") != (a.then == "") {
			t.Errorf("%+v is a poor entry", a)
		}
		known[a.name] = true
		row := "| " + a.name + " | " + a.did + " | "
		if a.proof != "" {
			row += a.then + " |"
		}
		if strings.Count(table, row) != 1 {
			t.Errorf("no row, or several, for %q: HLSPEER_UPDATE=1 make attack", a.name)
		}
		if a.proof != "" && !hasTest(t, a.proof) {
			t.Errorf("%q: no %s", a.name, a.proof)
		}
	}
	if rows := strings.Count(table, "\n") - 3; rows != len(attacks) { // blank, head, rule
		t.Errorf("%d rows for %d attacks", rows, len(attacks))
	}
}

// hasTest says whether there is a test, named as "package Test".
func hasTest(t *testing.T, proof string) (found bool) {
	t.Helper()
	dir, name, _ := strings.Cut(proof, " ")
	files, err := fs.Glob(os.DirFS("../.."), filepath.ToSlash(dir)+"/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		found = found || strings.Contains(string(text), "func "+name+"(t *testing.T)")
	}
	return found
}
