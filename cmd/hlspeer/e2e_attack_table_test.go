//go:build e2e

package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// attackTable is Markdown.
func attackTable(results map[string]outcome) string {
	var b strings.Builder
	b.WriteString("| | attack | what was done | what the victim did | counted by | the player, or the test |\n|---|---|---|---|---|---|\n")
	group := ""
	for _, a := range attacks {
		o := results[a.name]
		if a.proof != "" {
			o = outcome{a.then, "", "`" + a.proof + "`"}
		}
		first := ""
		if a.group != group {
			group, first = a.group, a.group
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", first, a.name, a.did, o.victim, o.counted, o.player)
	}
	return b.String()
}

func writeAttacks(t *testing.T, table string) {
	t.Helper()
	if os.Getenv("HLSPEER_UPDATE") == "" {
		return
	}
	doc, err := os.ReadFile(attackPage)
	if err != nil {
		t.Fatal(err)
	}
	before, _, after, err := attackSection(string(doc))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(attackPage, []byte(before+"\n"+table+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
