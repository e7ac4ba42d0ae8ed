package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// exported are the metrics that a text in Prometheus' format holds, histograms
// with the names of their parts.
func exported(text string) map[string]bool {
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z]\w*)[ {]`).FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
	}
	return names
}

// expressions are the queries of a dashboard, whatever they belong to.
func expressions(node any) (all []string) {
	switch n := node.(type) {
	case map[string]any:
		for key, v := range n {
			if text, ok := v.(string); ok && (key == "expr" || key == "query") {
				all = append(all, text)
				continue
			}
			all = append(all, expressions(v)...)
		}
	case []any:
		for _, v := range n {
			all = append(all, expressions(v)...)
		}
	}
	return all
}

// TestDashboard: the dashboard asks for nothing that peer and tracker do not
// export, and shows all of ours that they do.
func TestDashboard(t *testing.T) {
	src := httptest.NewServer(lab.NewOrigin(lab.OriginConfig{}))
	defer src.Close()
	ctx, cancel := context.WithCancel(t.Context())
	out := lineWriter{make(chan string, 16)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"peer", src.URL + "/live.m3u8", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error"}, out, io.Discard)
	}()
	at := map[string]string{}
	for len(at) < 3 {
		kind, url := addressOf(t, <-out.lines, false)
		at[kind] = url
	}
	get(t, at["play"])
	has := exported(get(t, at["tracker"]+"/metrics"))
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for text := ""; !strings.Contains(text, "hlspeer_level{"); <-tick.C { // there is one from the first segment on
		text = get(t, at["admin"]+"/metrics")
		for name := range exported(text) {
			has[name] = true
		}
	}
	cancel()
	if code := <-ended; code != exitDone {
		t.Errorf("ended with %d", code)
	}
	text, err := os.ReadFile("dist/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard any
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, e := range expressions(dashboard) {
		for _, name := range regexp.MustCompile(`\b(hlspeer|process|go)_\w+`).FindAllString(e, -1) {
			asked[name] = true
			if !has[name] {
				t.Errorf("nobody exports %s, which %q asks for", name, e)
			}
		}
	}
	if len(asked) == 0 {
		t.Error("the dashboard asks for nothing")
	}
	for name := range has {
		if strings.HasPrefix(name, "hlspeer_") && !asked[name] && !regexp.MustCompile("_(sum|count)$|speed_tests").MatchString(name) {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// procd stands for OpenWrt's functions: it says what it is asked for, an argument
// between each two brackets.
const procd = `
said() { for a; do printf '[%s]' "$a"; done; echo; }
procd_open_instance() { said open "$@"; }
procd_set_param() { said set "$@"; }
procd_close_instance() { said close; }
procd_send_signal() { said signal "$@"; }
logger() { said log "$@"; }
`

// TestOpenWrt: what the init script tells procd, for whichever files there are.
func TestOpenWrt(t *testing.T) {
	script, err := os.ReadFile("dist/hlspeer.init")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text := strings.NewReplacer("CONFIG=/etc/hlspeer", "CONFIG="+dir, "PROG=/usr/bin/hlspeer", "PROG=validate").Replace(string(script))
	if strings.Count(text, dir) != 1 || !strings.Contains(text, "PROG=validate") {
		t.Fatal("the script does not say where files and program are")
	}
	path := filepath.Join(dir, "hlspeer.init")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("sh", "-n", path).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
	told := func(call string) string {
		// The program finds faults in files that hold the word.
		check := "validate() { [ \"$1 $2\" = 'validate --for' ] && ! grep -q faulty \"$4\"; }\n"
		out, err := exec.Command("sh", "-c", procd+check+". "+path+"\n"+call).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", call, err, out)
		}
		return string(out)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := told("start_service"); got != "" {
		t.Errorf("without files: %s", got)
	}
	write("peer.yaml", "fine")
	got := told("start_service")
	for _, want := range []string{
		"[open][peer]", "[set][command][validate][peer][--config][" + dir + "/peer.yaml]", "[set][respawn][3600][5][0]",
		"[set][limits][nofile=16384 16384]", "[set][no_new_privs][1]", "[set][term_timeout][10]", "[close]",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%d of %s in\n%s", strings.Count(got, want), want, got)
		}
	}
	write("tracker.yaml", "faulty")
	if got := told("start_service"); strings.Count(got, "[open]") != 1 || !strings.Contains(got, "tracker.yaml has faults") {
		t.Errorf("with a faulty file beside it:\n%s", got)
	}
	if got := told("reload_service"); got != "[signal][hlspeer][*][HUP]\n" {
		t.Errorf("reload: %s", got)
	}
}
