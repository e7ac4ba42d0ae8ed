//go:build e2e

package main_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// released is the binary of a release for a platform, made now.
func released(t *testing.T, platform string) (path string) {
	t.Helper()
	path = "bin/release/hlspeer-" + platform
	output(t, "make", "-s", "-C", "../..", path)
	return filepath.Join("../..", path)
}

// TestE2ESelftest: two peers share a channel on machines of other kinds, as qemu
// emulates them: one with 64 bits, and one with 32 that has no floating point.
func TestE2ESelftest(t *testing.T) {
	t.Parallel()
	for arch, emulator := range map[string]string{"arm64": "qemu-aarch64-static", "mipsle": "qemu-mipsel-static"} {
		program := released(t, "linux-"+arch)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, emulator, program, "selftest", "--timeout", "50s").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "byte for byte") {
			t.Errorf("%s: %v\n%s", arch, err, out)
		}
		t.Logf("%s:\n%s", arch, out)
	}
}
