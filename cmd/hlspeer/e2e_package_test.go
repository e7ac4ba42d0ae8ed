//go:build e2e

package main_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestE2EPackage: the Debian package can be installed and removed, and what it
// brings works: units, example files, and a program that needs nothing else.
func TestE2EPackage(t *testing.T) {
	t.Parallel()
	made := output(t, "make", "-s", "-C", "../..", "deb")
	name := regexp.MustCompile(`created package: (\S+\.deb)`).FindStringSubmatch(made)
	if name == nil {
		t.Fatalf("no package: %s", made)
	}
	root := t.TempDir()
	for _, dir := range []string{"updates", "info", "triggers"} {
		if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dpkg := func(args ...string) string {
		return output(t, "dpkg", append([]string{"--root=" + root, "--log=" + os.DevNull, "--force-script-chrootless", "--force-not-root"}, args...)...)
	}
	dpkg("--install", filepath.Join("../..", name[1]))
	if got := dpkg("--status", "hlspeer"); !strings.Contains(got, "Status: install ok installed") {
		t.Errorf("%s", got)
	}
	program := filepath.Join(root, "usr/bin/hlspeer")
	for _, example := range []string{"peer", "tracker"} {
		output(t, program, "validate", filepath.Join(root, "usr/share/doc/hlspeer/examples", example+".yaml"))
		unit := filepath.Join(root, "usr/lib/systemd/system/hlspeer-"+example+".service")
		if text, err := os.ReadFile(unit); err != nil || !strings.Contains(string(text), "/usr/bin/hlspeer "+example) {
			t.Errorf("%s: %v", unit, err)
		}
	}
	for _, file := range []string{"usr/share/doc/hlspeer/operator.md", "usr/share/doc/hlspeer/copyright", "usr/share/doc/hlspeer/examples/grafana.json", "usr/share/bash-completion/completions/hlspeer", "usr/share/man/man1/hlspeer-peer.1.gz"} {
		if info, err := os.Stat(filepath.Join(root, file)); err != nil || info.Mode().Perm() != 0o644 || info.Size() < 100 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
	alone(t, program)
	dpkg("--remove", "hlspeer")
	if _, err := os.Stat(program); !os.IsNotExist(err) {
		t.Errorf("after removal: %v", err)
	}
}

// alone makes sure that a program is static, and that two peers share a channel
// where there is nothing but the program, as in the image.
func alone(t *testing.T, program string) {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("%s is not static: %v", program, p.Type)
		}
	}
	empty := t.TempDir()
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(empty, "hlspeer"), text, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("unshare", "--map-root-user", "chroot", empty, "/hlspeer", "selftest").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "byte for byte") {
		t.Errorf("in an empty place: %v\n%s", err, out)
	}
}
