package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// written is a file with a text.
func written(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestConfigFileFaults: every fault at once, each with line and key.
func TestConfigFileFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string // all faults, FILE: left out
	}{
		{"nothing", "", nil},
		{"comments", "# a\n---\n# b\n", nil},
		{"values of all kinds", "upload: 1Mbps\nmax-children: 3\njson: true\np2p-deadline: 2s\nkey: 0123\nadmin: off\nstun: [\"stun:a:1\", 'stun:b:2']\ntracker: http://t\n", nil},
		{"a list with commas", "header: ['A: x, \"y', 'B: z']\nchannels: [http://h/a.m3u8]\nturn: ['turn:u:a,b@h:1']\n", nil},
		{"empty values", "key-file: \"\"\nstun: []\n", nil},
		{"a channel as one value", "channels: http://h/a.m3u8", nil},
		{
			"one fault of each kind",
			"channels:\n  - live.m3u8\n  - {x: 1}\nengine: x\nengine: auto\nupload: fast\nmax_children: 4\nmax-children: many\nheartbeat-interval: 3s\n" +
				"listen: [a]\nadmin: 8091\nkey:\nplayer: &x mpv\nlog-level: loud\njson: yes\nconfig: a\nbogus: 1\n",
			[]string{
				`2: channels "live.m3u8": want an address that begins with http:// or https://`,
				`3: channels wants a value, not keys of its own; put a text with ': ' in quotes`,
				`4: engine "x": want auto, fastmesh, bittorrent or none`,
				`5: engine is given twice: first in line 4`,
				`6: upload "fast": want something like 4Mbps or 500kbps`,
				`7: max_children is no key of hlspeer peer: did you mean max-children?`,
				`8: max-children "many": want a whole number`,
				`9: heartbeat-interval belongs to hlspeer tracker, and this is read for hlspeer peer`,
				`10: listen wants one value, not a list`,
				`11: admin "8091": want host:port or :port`,
				`12: key has no value: leave the key out, or write "" for an empty text`,
				`13: player anchors and aliases (& and *) are not known here: put such a text in quotes`,
				`14: log-level "loud": want debug, info, warn or error`,
				`15: json "yes": want true or false`,
				`16: config is for the command line only`,
				`17: bogus is no key of hlspeer peer`,
			},
		},
		{"a tracker's", "command: tracker\nlisten: :0\nreport-span: 1s\npage-token: short\nchannels: []\ngeoip: /nonexistent\n", []string{
			`3: report-span is wrong: report span of 1 s is not from 5 to 3600`,
			`4: page-token is wrong: page token has less than 8 characters`,
			`5: channels belongs to hlspeer peer, and this is read for hlspeer tracker`,
			`6: geoip /nonexistent: no such file or directory`,
		}},
		{"another command's", "command: demo\nbogus: 1\n", []string{`1: command "demo": this is read for hlspeer peer`}},
		{"two documents", "key: a\n---\nkey: b\n", []string{`2: a second document begins: want one`}},
		{"no mapping", "- a\n", []string{`1: want lines like 'key: value'`}},
		{"an unknown alias", "key: a\nallowed: *x\n", []string{`2: is not YAML: an * or & before a text has a meaning there: put the text in quotes`}},
		{"a header without quotes", "header:\n  - A: b\n", []string{`2: header wants a value, not keys of its own; put a text with ': ' in quotes`}},
		{"one on the line of its key", "header: A: b\n", []string{`1: is not YAML: mapping values are not allowed in this context; put a text with ': ' in quotes`}},
		{"a merge", "<<: {key: a}\n", []string{`1: << is no key of hlspeer peer`}},
		{"a key that is none", "[a]: b\n", []string{`1: a key is not a word`}},
		{"a tag", "key: !!binary aGk=\n", []string{`1: key has the tag !!binary: want plain values`}},
		{"twice the same channel", "key: a\nchannels: [http://h/a.m3u8, http://h/a.m3u8]\n", []string{`2: channels http://h/a.m3u8 is given twice`}},
		{"too large", "# " + strings.Repeat("x", maxConfigFile), []string{`is larger than 1 MiB`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := written(t, tt.text)
			got := execute(t.Context(), "validate", path)
			var want strings.Builder
			for _, w := range tt.want {
				colon := ":"
				if w[0] > '9' {
					colon = ": "
				}
				want.WriteString(path + colon + w + "\n")
			}
			code := exitUsage
			if tt.want == nil {
				code = exitDone
				want.WriteString(path + ": ok\n")
			}
			stdout, _, _ := strings.Cut(got.stdout, path+": note:")
			if stdout != want.String() || got.code != code {
				t.Errorf("exit code %d\n%s\nwant %d\n%s", got.code, stdout, code, want.String())
			}
		})
	}
}

// TestConfigFileSyntax: what is no YAML at all is told with its line, and soon.
func TestConfigFileSyntax(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder
	bomb.WriteString("a: &a [x,x,x,x,x,x,x,x,x]\n")
	for c := 'b'; c < 'z'; c++ {
		before := "*" + string(c-1)
		bomb.WriteString(string(c) + ": &" + string(c) + " [" + strings.Repeat(before+",", 8) + before + "]\n")
	}
	for _, tt := range []struct {
		text string
		line string
	}{
		{"key: a\n\tengine: b\n", "2"},
		{"key: a\nstun: [a\nengine: x\n", "2"},
		{"stun: [a\n", "2"}, // its end
		{"key: \"a\n", "2"}, // its end
		{"key: a\nengine: b: c\n", "2"},
		{"key: @a\n", "1"},
		{"key: a\nengine: %a\n", "2"},
		{"key: a\nallowed-origins: *\n", "2"},
		{"key: a\nallowed-origins: *x\n", "2"},
		{"key: a\nengine: \x01\n", "2"},
		{"key: a\nengine: \xff\n", "2"},
		{"key: a\n- b\n", "2"},
		{strings.Repeat("[", 200_000), "1"},
		{"key: a\nstun: " + strings.Repeat("- ", 200_000), "2"},
		{bomb.String(), "1"},
	} {
		began := time.Now()
		path := written(t, tt.text)
		got := execute(t.Context(), "validate", path)
		if took := time.Since(began); got.code != exitUsage || !strings.HasPrefix(got.stdout, path+":"+tt.line+": ") || took > 5*time.Second {
			t.Errorf("%.40q: after %v %.200s, want line %s", tt.text, took, strings.ReplaceAll(got.stdout, path, "FILE"), tt.line)
		}
	}
	if got := execute(t.Context(), "validate", t.TempDir(), "/nonexistent"); !strings.Contains(got.stdout, "is a directory") || !strings.Contains(got.stdout, "no such file") {
		t.Errorf("%+v", got)
	}
}

func TestExposedSecrets(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files there have no such bits")
	}
	path := written(t, "key: geheim\nturn: ['turn:u:geheim@h:1']\nhttp-proxy: http://u:geheim@h:1\nengine: none\nheader: []\nchannels: [http://h/]\n")
	for _, tt := range []struct {
		mode os.FileMode
		want string
	}{
		{0o640, path + ": ok\n"},
		{0o644, path + ": ok\n" + path + ": note: every user of this machine can read http-proxy, key, turn\n"}, // stays so for what follows
	} {
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		if got := execute(t.Context(), "validate", path); got.stdout != tt.want || got.code != exitDone {
			t.Errorf("%v: %+v", tt.mode, got)
		}
	}
	got := execute(t.Context(), "peer", "--config", path, "--engine", "none", "--listen", "127.0.0.1:0", "--admin", "off", "http://127.0.0.1:1/")
	if got.code != exitSource || !strings.Contains(got.stderr, `keys="[http-proxy key turn]"`) || strings.Contains(got.stderr, "geheim") {
		t.Errorf("%+v, want a warning", got)
	}
}

// FuzzConfigFile: no text makes reading it panic.
func FuzzConfigFile(f *testing.F) {
	f.Add("channels: [http://h/a.m3u8]\nkey: a\n")
	f.Add("key: &a [*a]\n? {a: b}\n: c\n---\n...\n")
	f.Fuzz(func(_ *testing.T, text string) {
		c := &configFile{path: "c.yaml"}
		if err := c.parse([]byte(text)); err != nil {
			c.wrong = append(c.wrong, err)
		}
		for _, command := range []string{"peer", "tracker"} {
			validate(c, command)
		}
	})
}
