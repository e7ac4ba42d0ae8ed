package main

import (
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// TestPrecedence: flags win over the environment, that over the file, and that
// over what is set without any.
func TestPrecedence(t *testing.T) {
	path := written(t, "channels: [http://file/a]\nkey: file\nuser-agent: file\nupload: 1Mbps\ntracker: [http://file1, http://file2]\nstun: ['stun:file:1,2']\n")
	t.Setenv("HLSPEER_CONFIG", path)
	t.Setenv("HLSPEER_USER_AGENT", "environment")
	t.Setenv("HLSPEER_UPLOAD", "2Mbps")
	t.Setenv("HLSPEER_TRACKER", "http://e1,http://e2")
	type values struct {
		key, agent, upload string
		trackers, stun     []string
		channels           []string
		children           int
	}
	for _, tt := range []struct {
		args []string
		want values
	}{
		{nil, values{"file", "environment", "2Mbps", []string{"http://e1", "http://e2"}, []string{"stun:file:1,2"}, []string{"http://file/a"}, 16}},
		{
			[]string{"--upload", "3Mbps", "--tracker", "http://flag", "http://arg/b"},
			values{"file", "environment", "3Mbps", []string{"http://flag"}, []string{"stun:file:1,2"}, []string{"http://arg/b"}, 16},
		},
		{[]string{"--config", written(t, "max-children: 2\n"), "http://arg/b"}, values{"free", "environment", "2Mbps", []string{"http://e1", "http://e2"}, nil, []string{"http://arg/b"}, 2}},
	} {
		cmd, o := peerCommand()
		if err := cmd.ParseFlags(tt.args); err != nil {
			t.Fatal(err)
		}
		o.resolve()
		c, f := o.config(cmd.Flags().Args())
		if err := f.err(); err != nil {
			t.Fatal(err)
		}
		got := values{o.key, o.userAgent, o.upload.String(), o.trackers, o.stun, nil, o.maxChildren}
		for _, ch := range c.Channels {
			got.channels = append(got.channels, ch.URL)
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(values{})); diff != "" {
			t.Errorf("%v: %s", tt.args, diff)
		}
	}
}

// TestFaultsOfAllSources: those of flags, environment and file come together,
// each by the name that the user has written.
func TestFaultsOfAllSources(t *testing.T) {
	path := written(t, "engine: x\nbogus: 1\nupload: fast\ncache: 1\n")
	t.Setenv("HLSPEER_CONFIG", path)
	t.Setenv("HLSPEER_SUBSTREAMS", "many")
	t.Setenv("HLSPEER_STUN", "")
	t.Setenv("HLSPEER_MAX_CHILDREN", "-1")
	got := execute(t.Context(), "peer", "--packet-size", "big", "--udp-port", "70000", "--upload", "1Mbps", "--json=maybe")
	want := []string{
		`--packet-size "big": want something like 64MiB or 16KiB`,
		`--json "maybe": want true or false`,
		`HLSPEER_SUBSTREAMS "many": want a whole number`,
		`no channel: give the URL of a playlist, e.g. hlspeer peer https://example.com/live.m3u8`,
		`--udp-port 70000: want 0 to 65535`,
		`HLSPEER_MAX_CHILDREN -1: want 0 to 1024`,
		path + `:1: engine "x": want auto, fastmesh, bittorrent or none`,
		path + `:2: bogus is no key of hlspeer peer`,
		path + `:4: cache 1: want 1048576 to 1099511627776 bytes`,
	}
	lines := "hlspeer: " + strings.Join(want, "\nhlspeer: ") + "\nSee 'hlspeer help' and 'hlspeer COMMAND --help'.\n"
	if got.code != exitUsage {
		t.Errorf("exit code %d", got.code)
	}
	if diff := cmp.Diff(lines, got.stderr); diff != "" {
		t.Error(diff)
	}
	got = execute(t.Context(), "peer", "--bogus")
	if got.code != exitUsage || !strings.Contains(got.stderr, "--bogus") || !strings.Contains(got.stderr, path+":3: upload") {
		t.Errorf("an unknown flag hides other faults: %+v", got)
	}
}

// TestExampleConfig: as it is printed, and with every line in force, the file
// can be used; each flag is in it once.
func TestExampleConfig(t *testing.T) {
	t.Parallel()
	for _, o := range configurable() {
		s := o.base()
		got := execute(t.Context(), s.command, "--example-config")
		all := regexp.MustCompile(`(?m)^#([a-z])`).ReplaceAllString(got.stdout, "$1")
		for _, text := range []string{got.stdout, all} {
			path := written(t, text)
			if got := execute(t.Context(), "validate", path); got.stdout != path+": ok\n" {
				t.Errorf("%s: %+v", s.command, got)
			}
		}
		s.visit(func(f *pflag.Flag) {
			if n := len(regexp.MustCompile(`(?m)^`+f.Name+`: `).FindAllString(all, -1)); n != 1 {
				t.Errorf("%s is there %d times", f.Name, n)
			}
		})
		s.use(readConfigFile(written(t, all)))
		s.visit(func(f *pflag.Flag) {
			if v := f.Value.String(); v != f.DefValue && v != "[]" {
				t.Errorf("%s is %q, and without a file %q", f.Name, v, f.DefValue)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	none, bad := written(t, "key: a\n"), written(t, "\nengine: x\nheartbeat-interval: 10s\n")
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{none}, exitDone, none + ": ok\n" + none + ": note: there are no channels in it: give URLs as arguments\n"},
		{[]string{"--for", "tracker", none}, exitDone, none + ": ok\n"},
		{[]string{"--json", bad, none}, exitUsage, `{"file":"` + bad + `","command":"peer","ok":false,"faults":[` +
			`{"line":2,"key":"engine","problem":"\"x\": want auto, fastmesh, bittorrent or none"},` +
			`{"line":3,"key":"heartbeat-interval","problem":"belongs to hlspeer tracker, and this is read for hlspeer peer"}],"warnings":[]}` + "\n" +
			`{"file":"` + none + `","command":"peer","ok":true,"faults":[],"warnings":["there are no channels in it: give URLs as arguments"]}` + "\n"},
		{[]string{"--for", "demo", none}, exitUsage, ""},
		{nil, exitUsage, ""},
	} {
		got := execute(t.Context(), append([]string{"validate"}, tt.args...)...)
		if got.stdout != tt.want || got.code != tt.code {
			t.Errorf("%v: %+v, want %d\n%s", tt.args, got, tt.code, tt.want)
		}
	}
}

// TestPortInUse: who has set an address in a file is shown the line.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	path := written(t, "log-level: error\nlisten: "+busy.Addr().String()+"\n")
	for _, args := range [][]string{{"tracker"}, {"peer", "http://h/a.m3u8"}} {
		got := execute(t.Context(), append(args, "--config", path)...)
		if got.code != exitFailed || !strings.Contains(got.stderr, path+":2: listen 127.0.0.1:") || !strings.Contains(got.stderr, "in use") {
			t.Errorf("%v: %+v", args, got)
		}
	}
}
