package main

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
)

// TestReload: what can change while running does, what cannot is named, and a
// file with faults changes nothing.
func TestReload(t *testing.T) {
	t.Setenv("HLSPEER_SUBSTREAMS", "8")
	const before = "channels: [http://h/a.m3u8]\nupload: 1Mbps\nkey: geheim\nlog-level: warn\nsubstreams: 2\nengine: none\nstun: ['stun:a:1']\n"
	path := written(t, before)
	cmd, o := peerCommand()
	if err := cmd.ParseFlags([]string{"--config", path, "--engine", "fastmesh", "--advertise", "192.0.2.1", "--advertise", "192.0.2.2"}); err != nil {
		t.Fatal(err)
	}
	o.resolve()
	_, f := o.config(nil)
	var out bytes.Buffer
	log := o.log.logger(&out, &f)
	if err := f.err(); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name, text string
		want       []string // messages and what they name, in order
		debug      bool     // the level after it
	}{
		{"nothing new", before, nil, false},
		{"what flags and environment win over", strings.NewReplacer("engine: none", "engine: auto", "substreams: 2", "substreams: 3").Replace(before), nil, false},
		{"faults", "log-level: debug\nupload: fast\nbogus: 1\n", []string{":2: upload", ":3: bogus"}, false},
		{"a level", strings.Replace(before, "warn", "debug", 1), []string{"read again", "log_level=debug"}, true},
		{
			"all else", "channels: [http://h/b.m3u8]\nupload: 2Mbps\nkey: geheimer\nlog-level: debug\n",
			[]string{"read again", `need a restart`, `keys="[key stun upload channels]"`},
			true,
		},
		{"back again", before, nil, false},
	} {
		if err := os.WriteFile(path, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		o.reload(log)
		told := out.String()
		if strings.Contains(told, "geheim") || len(step.want) == 0 && told != "" {
			t.Errorf("%s: %s", step.name, told)
		}
		rest := told
		for _, w := range step.want {
			var found bool
			if _, rest, found = strings.Cut(rest, w); !found {
				t.Errorf("%s: no %q in its place in\n%s", step.name, w, told)
			}
		}
		if got := log.Enabled(t.Context(), slog.LevelDebug); got != step.debug {
			t.Errorf("%s: debug messages %v, want %v", step.name, got, step.debug)
		}
	}
}
