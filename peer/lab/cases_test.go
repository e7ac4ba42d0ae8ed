package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// homes says in which packages the cases of protocol 10 have their tests: the
// room whose rule it is.
var homes = []struct {
	first, last int
	in          string
}{
	{1, 11, "datachannel"},
	{12, 16, "peer/lab"},
	{17, 18, "peer/mesh"},
	{19, 20, "peer/lab"},
	{21, 21, "peer"},
	{22, 27, "peer/mesh"},
	{28, 32, "peer/lab"},
	{33, 50, "peer/mesh"},
	{51, 55, "signaling"},
	{55, 64, "peer/mesh"},
	{65, 65, "peer/lab"},
	{66, 66, "signaling"},
	{67, 71, "datachannel"},
	{72, 72, "signaling"},
	{73, 74, "peer/lab"},
	{75, 75, "peer/mesh"},
	{76, 80, "datachannel"},
	{81, 85, "signaling"},
}

// TestEveryCaseHasATest looks for each case's number where its test is to be:
// in the name of a script of the brain, else in a test file.
func TestEveryCaseHasATest(t *testing.T) {
	t.Parallel()
	for _, h := range homes {
		found := casesIn(t, h.in)
		for n := h.first; n <= h.last; n++ {
			if !found[n] {
				t.Errorf("case %d has no test in %s", n, h.in)
			}
		}
	}
}

// TestEveryHazardHasATest: the hazards of protocol 14 are tested in the brain,
// or where the wire is.
func TestEveryHazardHasATest(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, dir := range []string{"peer/mesh", "datachannel", "peer/lab"} {
		all.WriteString(testsIn(t, dir) + strings.Join(scriptsIn(t, dir), "\n"))
	}
	for n := 1; n <= 15; n++ {
		script, mention := fmt.Sprintf("hazard%02d-", n), fmt.Sprintf("hazard H-%02d", n)
		if text := all.String(); !strings.Contains(text, script) && !strings.Contains(text, mention) {
			t.Errorf("hazard H-%02d has no test", n)
		}
	}
	for _, name := range []string{"t1-", "t2-", "t3-"} {
		if !slices.ContainsFunc(scriptsIn(t, "peer/mesh"), func(s string) bool { return strings.HasPrefix(s, name) }) {
			t.Errorf("no script is called %s", name)
		}
	}
}

var (
	scriptName = regexp.MustCompile(`^case(\d+)-`)
	// mentions are lists such as "cases 51, 52 and 55", "TestCases12To16".
	mentions = regexp.MustCompile(`(?i)cases?\s*(\d+(?:\s*(?:,|to|and)\s*\d+)*)`)
	element  = regexp.MustCompile(`(?i)(,|to|and)?\s*(\d+)`)
)

// casesIn are the cases that have a test in a package.
func casesIn(t *testing.T, dir string) map[int]bool {
	t.Helper()
	found := map[int]bool{}
	if dir == "peer/mesh" {
		for _, s := range scriptsIn(t, dir) {
			if m := scriptName.FindStringSubmatch(s); m != nil {
				n, _ := strconv.Atoi(m[1])
				found[n] = true
			}
		}
		return found
	}
	for _, list := range mentions.FindAllStringSubmatch(testsIn(t, dir), -1) {
		last := 0
		for _, m := range element.FindAllStringSubmatch(list[1], -1) {
			n, _ := strconv.Atoi(m[2])
			first := n
			if strings.EqualFold(m[1], "to") {
				first = last
			}
			for ; first <= n && n < 100; first++ {
				found[first] = true
			}
			last = n
		}
	}
	return found
}

// testsIn is the text of a package's test files but this one.
func testsIn(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	var text strings.Builder
	for _, f := range files {
		if filepath.Base(f) == "cases_test.go" && dir == "peer/lab" {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	return text.String()
}

// scriptsIn are the names of a package's scripts.
func scriptsIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", dir, "testdata/*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	return names
}
