package hlspeer_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// room is one package of the floor plan and what it may import besides the
// standard library. A foreign path stands for everything below it.
type room struct {
	inside  []string // packages of this module
	foreign []string
	tests   []string // for test files only: exact paths, of either kind
}

const (
	anyPackage = "*"
	module     = "hlspeer"

	cdproto    = "github.com/chromedp/cdproto"
	chromedp   = "github.com/chromedp/chromedp"
	bubbletea  = "charm.land/bubbletea/v2"
	lipgloss   = "charm.land/lipgloss/v2"
	terminal   = "github.com/charmbracelet/x/term"
	cobra      = "github.com/spf13/cobra"
	goCmp      = "github.com/google/go-cmp"
	maxmind    = "github.com/oschwald/maxminddb-golang/v2"
	gorilla    = "github.com/gorilla/websocket"
	m3u8       = "github.com/grafov/m3u8"
	pion       = "github.com/pion"
	prometheus = "github.com/prometheus"
	rate       = "golang.org/x/time"
	transport  = "github.com/pion/transport/v5"
	ice        = "github.com/pion/ice/v4"
	webrtc     = "github.com/pion/webrtc/v4"
	turn       = "github.com/pion/turn/v5"
	unix       = "golang.org/x/sys/unix"
	yaml       = "go.yaml.in/yaml/v3"

	// Types that the libraries beside them have in their own signatures: the
	// virtual router's logger factory, and cobra's flags.
	pionLogging = "github.com/pion/logging"
	pflag       = "github.com/spf13/pflag"
)

// floors is the floor plan of the house. A change here is a design decision:
// make it in the commit that needs it, and give the reason there.
var floors = map[string]room{
	// Floor 0: four shops that do not know each other.
	"cache":       {},
	"datachannel": {foreign: []string{pion}},
	"hls":         {foreign: []string{m3u8}},
	"signaling":   {foreign: []string{gorilla}},

	// Who may look at what tracker and peer tell their operators is one rule, which
	// both ask.
	"signaling/access": {},

	// Floor 1.
	"peer/mesh":         {},
	"signaling/tracker": {inside: []string{"signaling", "signaling/access"}, foreign: []string{gorilla, prometheus}},

	// Floor 2.
	"peer": {
		inside:  []string{"cache", "datachannel", "hls", "signaling", "signaling/access", "peer/mesh"},
		foreign: []string{prometheus, rate},
	},

	// Floor 3.
	// The simulation in it runs the brain and the tracker's room without the
	// agent between them, so it translates what the one says into what the other
	// hears.
	"peer/lab": {
		inside:  []string{"peer", "hls", "signaling", "signaling/tracker", "peer/mesh"},
		foreign: []string{transport, pionLogging},
		// For peers and schedulers that break the rules: with our own ends of the
		// wires they could not.
		tests: []string{"hlspeer/datachannel", gorilla, webrtc, ice},
	},

	// Networks of processes, for measuring: they know nothing of peers.
	"peer/lab/wan": {foreign: []string{unix}},

	// Floor 4.
	"cmd/hlspeer": {
		inside: []string{anyPackage},
		// A viewer of topology feeds has a socket of its own: the client of signaling is
		// a peer. Files of places are opened here, as all files: the tracker asks an
		// interface. Configuration files are bound to flags here and nowhere else; the
		// library is the one that cobra brings along, and tells lines. A service manager
		// wants the time of a clock that the standard library does not read. top draws
		// on a terminal: bubbletea in its second version, since the first one asks the
		// terminal for its colours whenever any command starts.
		foreign: []string{cobra, pflag, gorilla, maxmind, yaml, unix, bubbletea, lipgloss, terminal},
		// A browser's remote control; a STUN and TURN server to ask, of which ours is
		// only the client; and peers that break the rules, as in the lab.
		tests: []string{turn, pionLogging, webrtc, ice, chromedp, chromedp + "/kb", cdproto + "/log", cdproto + "/runtime"},
	},
	// It measures bare pion beside our links.
	"cmd/bench": {inside: []string{anyPackage}, foreign: []string{pion, unix}},
}

// forTests is what every package's tests may import besides.
var forTests = []string{goCmp}

// allows says whether a file of the package at dir may import imported.
func (r room) allows(dir, imported string, test bool) bool {
	if test && (slices.Contains(r.tests, imported) || imported == path.Join(module, dir) || below(imported, forTests)) {
		return true
	}
	if local, ok := strings.CutPrefix(imported, module+"/"); ok {
		return slices.Contains(r.inside, local) || slices.Contains(r.inside, anyPackage)
	}
	return isStandard(imported) || below(imported, r.foreign)
}

// isStandard says whether a path is of the standard library: no domain. The
// pseudo-package of cgo is not, since the binary is to be built without.
func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && first != module && imported != "C"
}

func below(imported string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return imported == root || strings.HasPrefix(imported, root+"/")
	})
}

// source is one Go file of the module.
type source struct {
	path string // from the module's root
	file *ast.File
	set  *token.FileSet
}

func (s source) dir() string  { return path.Dir(s.path) }
func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// lines is how many lines there are from one position to another.
func (s source) lines(from, to token.Pos) int {
	return s.set.Position(to).Line - s.set.Position(from).Line + 1
}

// imports are the paths that the file imports.
func (s source) imports(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, spec := range s.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: import %s: %v", s.path, spec.Path.Value, err)
		}
		all = append(all, imported)
	}
	return all
}

// sources parses every Go file of the module, for all platforms, this file's
// folder excepted: it has no package of its own.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skip(name)
		}
		if filepath.Ext(name) != ".go" || filepath.Dir(name) == "." && strings.HasSuffix(name, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parsing: %w", err)
		}
		all = append(all, source{path: filepath.ToSlash(name), file: file, set: set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no Go files found")
	}
	return all
}

// skip leaves out the folders that the go command leaves out.
func skip(dir string) error {
	base := filepath.Base(dir)
	if dir != "." && (base[0] == '.' || base[0] == '_' || base == "testdata" || base == "vendor") {
		return filepath.SkipDir
	}
	return nil
}

func TestImportsFollowTheFloorPlan(t *testing.T) {
	t.Parallel()
	unknown := map[string]bool{}
	for _, s := range sources(t) {
		r, ok := floors[s.dir()]
		if !ok {
			unknown[s.dir()] = true
			continue
		}
		for _, imported := range s.imports(t) {
			if !r.allows(s.dir(), imported, s.isTest()) {
				t.Errorf("%s imports %s, which the floor plan does not allow", s.path, imported)
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(unknown)) {
		t.Errorf("package %s is not in the floor plan", dir)
	}
}

// TestFloorPlanForbids makes sure that the table above can fail.
func TestFloorPlanForbids(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		dir, imported string
		test          bool
		want          bool
	}{
		{"cache", "io", false, true},
		{"cache", "encoding/json", false, true},
		{"cache", "C", false, false},
		{"cache", "hlspeer", false, false},
		{"cache", "hlspeer/hls", false, false},
		{"cache", "hlspeer/cache", false, false},
		{"cache", "hlspeer/cache", true, true},
		{"cache", "hlspeer/hls", true, false},
		{"cache", "github.com/google/go-cmp/cmp", false, false},
		{"cache", "github.com/google/go-cmp/cmp", true, true},
		{"datachannel", "github.com/pion/webrtc/v4", false, true},
		{"datachannel", "github.com/pionier/webrtc", false, false},
		{"hls", "github.com/pion/webrtc/v4", false, false},
		{"signaling", "hlspeer/signaling/tracker", false, false},
		{"signaling/tracker", "hlspeer/signaling", false, true},
		{"peer/mesh", "hlspeer/cache", false, false},
		{"peer", "hlspeer/peer/mesh", false, true},
		{"peer", "hlspeer/peer/lab", false, false},
		{"peer", "github.com/pion/webrtc/v4", false, false},
		{"peer/lab", "github.com/pion/transport/v5/vnet", false, true},
		{"peer/lab", "github.com/pion/webrtc/v4", false, false},
		{"cmd/hlspeer", "hlspeer/peer/mesh", false, true},
		{"cmd/hlspeer", "github.com/spf13/cobra", false, true},
		{"cmd/hlspeer", "github.com/pion/webrtc/v4", false, false},
	} {
		if got := floors[tt.dir].allows(tt.dir, tt.imported, tt.test); got != tt.want {
			t.Errorf("%s (test file: %v) imports %s: allowed %v, want %v", tt.dir, tt.test, tt.imported, got, tt.want)
		}
	}
}

const (
	maxFileLines     = 500
	maxFunctionLines = 80 // tests excepted: their tables may be long
)

func TestFilesAndFunctionsAreShort(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if n := s.set.File(s.file.FileStart).LineCount() - 1; n > maxFileLines {
			t.Errorf("%s has %d lines, at most %d are allowed", s.path, n, maxFileLines)
		}
		if s.isTest() {
			continue
		}
		for _, declaration := range s.file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := s.lines(function.Pos(), function.End()-1); n > maxFunctionLines {
				t.Errorf("%s: %s has %d lines, at most %d are allowed", s.set.Position(function.Pos()), function.Name.Name, n, maxFunctionLines)
			}
		}
	}
}

func TestEveryPackageIsDescribed(t *testing.T) {
	t.Parallel()
	described := map[string]bool{}
	for _, s := range sources(t) {
		if !s.isTest() {
			described[s.dir()] = described[s.dir()] || path.Base(s.path) == "doc.go" && s.file.Doc != nil
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(described)) {
		if !described[dir] {
			t.Errorf("package %s has no doc.go with a package comment", dir)
		}
	}
}
