package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"hlspeer/peer/lab"
)

// output is what a command wrote, and its exit code.
type output struct {
	code           int
	stdout, stderr string
}

// execute runs a command line in this process.
func execute(ctx context.Context, args ...string) output {
	var out, errs bytes.Buffer
	code := run(ctx, args, &out, &errs)
	return output{code, out.String(), errs.String()}
}

// TestFaults: one clear sentence for each fault, with its flag, and the
// documented exit code.
func TestFaults(t *testing.T) {
	html := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<!DOCTYPE html><title>Sign in</title>")
	}))
	defer html.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	free := []string{"--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}
	used := strings.TrimPrefix(html.URL, "http://")
	tests := []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"no channel", []string{"peer"}, exitUsage, []string{"no channel"}},
		{"not a URL", []string{"peer", "live.m3u8"}, exitUsage, []string{"URL", "http://"}},
		{"twice", []string{"peer", "http://h/a.m3u8", "http://h/a.m3u8"}, exitUsage, []string{"given twice"}},
		{"unknown command", []string{"paer"}, exitUsage, []string{"unknown command"}},
		{"unknown flag", []string{"peer", "--bogus"}, exitUsage, []string{"--bogus"}},
		{"bad unit", []string{"peer", "http://h/a.m3u8", "--upload", "fast"}, exitUsage, []string{"--upload", "4Mbps"}},
		{
			"every fault at once",
			[]string{"peer", "http://h/a.m3u8?token=secret", "--engine", "x", "--max-children", "-1", "--tracker", "ftp://y", "--turn", "z", "--header", "q", "--packet-size", "1", "--cache", "1"},
			exitUsage,
			[]string{"--engine", "--max-children", "--tracker", "--turn", "--header", "packet size", "--cache"},
		},
		{"one channel name for two", []string{"peer", "http://h/a.m3u8", "http://h/b.m3u8", "--channel", "c"}, exitUsage, []string{"--channel"}},
		{"a backup for two", []string{"peer", "http://h/a.m3u8", "http://h/b.m3u8", "--backup", "http://c/a.m3u8"}, exitUsage, []string{"--backup"}},
		{"a backup that is none", []string{"peer", "http://h/a.m3u8", "--backup", "b.m3u8"}, exitUsage, []string{"--backup", "http://"}},
		{"both kinds of tracker", []string{"peer", "http://h/a.m3u8", "--tracker", "http://t", "--scheduler", "ws://s"}, exitUsage, []string{"--scheduler"}},
		{"a UDP port that is none", []string{"peer", "http://h/a.m3u8", "--udp-port", "70000", "--advertise", "me.example"}, exitUsage, []string{"--udp-port", "65535", "--advertise", "IP address"}},
		{"UDP port in use", append([]string{"peer", "http://h/a.m3u8", "--udp-port", takenPort(t)}, free...), exitFailed, []string{"--udp-port", "in use"}},
		{"log level", []string{"tracker", "--log-level", "loud"}, exitUsage, []string{"--log-level"}},
		{"transport log level", []string{"peer", "http://h/a.m3u8", "--transport-log-level", "loud"}, exitUsage, []string{"--transport-log-level", "off"}},
		{"no key file", []string{"peer", "http://h/a.m3u8", "--key-file", "/nonexistent"}, exitUsage, []string{"--key-file"}},
		{"no key file of the tracker", []string{"tracker", "--key-file", "/nonexistent"}, exitUsage, []string{"--key-file"}},
		{"key file without keys", []string{"tracker", "--key-file", os.DevNull}, exitUsage, []string{"--key-file", "no key"}},
		{"log format", []string{"tracker", "--log-format", "xml"}, exitUsage, []string{"--log-format"}},
		{"tracker substreams", []string{"tracker", "--listen", "127.0.0.1:0", "--substreams", "99"}, exitUsage, []string{"substreams"}},
		{"port in use", []string{"tracker", "--listen", used}, exitFailed, []string{"--listen", "in use"}},
		{"proxy port in use", []string{"peer", "http://h/a.m3u8", "--listen", used}, exitFailed, []string{"--listen", "in use"}},
		{"admin port in use", []string{"peer", "http://h/a.m3u8", "--listen", "127.0.0.1:0", "--admin", used}, exitFailed, []string{"--admin", "in use"}},
		{"no such address", []string{"tracker", "--listen", "nowhere.invalid:1"}, exitFailed, []string{"--listen"}},
		{"source unreachable", append([]string{"peer", "http://127.0.0.1:1/a.m3u8?token=secret"}, free...), exitSource, []string{"unreachable"}},
		{"source is HTML", append([]string{"peer", html.URL + "/a.m3u8"}, free...), exitSource, []string{"not an HLS playlist"}},
		{"source is gone", append([]string{"peer", gone.URL + "/a.m3u8"}, free...), exitSource, []string{"404"}},
		{"no peers", []string{"demo", "--peers", "0"}, exitUsage, []string{"peers"}},
		{"arguments too many", []string{"tracker", "x"}, exitUsage, []string{"x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := execute(t.Context(), tt.args...)
			if got.code != tt.code {
				t.Errorf("exit code %d, want %d", got.code, tt.code)
			}
			for _, w := range tt.want {
				if !strings.Contains(got.stderr, w) {
					t.Errorf("no word of %q in\n%s", w, got.stderr)
				}
			}
			if strings.Contains(got.stderr, "secret") {
				t.Errorf("a query string is told:\n%s", got.stderr)
			}
			if got.stdout != "" {
				t.Errorf("on stdout: %s", got.stdout)
			}
			for line := range strings.Lines(got.stderr) {
				if !strings.HasPrefix(line, "hlspeer: ") && !strings.HasPrefix(line, "See ") {
					t.Errorf("not a sentence: %q", line)
				}
			}
		})
	}
}

// takenPort is a UDP port that is in use until the end of the test.
func takenPort(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
	return port
}

func TestEnvironment(t *testing.T) {
	t.Setenv("HLSPEER_ENGINE", "bogus")
	t.Setenv("HLSPEER_MAX_CHILDREN", "many")
	if got := execute(t.Context(), "peer", "http://h/a.m3u8"); got.code != exitUsage || !strings.Contains(got.stderr, "HLSPEER_MAX_CHILDREN") {
		t.Errorf("%+v, want a fault that names the variable", got)
	}
	got := execute(t.Context(), "peer", "http://h/a.m3u8", "--max-children", "3")
	if got.code != exitUsage || !strings.Contains(got.stderr, `"bogus"`) || strings.Contains(got.stderr, "MAX_CHILDREN") {
		t.Errorf("%+v, want the flag to win and the other variable to count", got)
	}
}

func TestVersion(t *testing.T) {
	if got := execute(t.Context(), "version"); got.code != exitDone || !strings.HasPrefix(got.stdout, "hlspeer ") {
		t.Errorf("%+v", got)
	}
}

// TestInterruptedStart: SIGINT while the source is silent.
func TestInterruptedStart(t *testing.T) {
	asked := make(chan struct{}, 1)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer silent.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-asked
		cancel(stopSignal{})
	}()
	if got := execute(ctx, "peer", silent.URL+"/a.m3u8", "--listen", "127.0.0.1:0", "--admin", "off"); got.code != exitInterrupted {
		t.Errorf("%+v, want exit code %d", got, exitInterrupted)
	}
}

// lineWriter passes lines on as they are written.
type lineWriter struct{ lines chan string }

func (w lineWriter) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		w.lines <- strings.TrimSpace(line)
	}
	return len(p), nil
}

// TestPeerServes: the addresses that a peer prints work, also without a
// tracker, and it ends with code 0.
func TestPeerServes(t *testing.T) {
	src := httptest.NewServer(lab.NewOrigin(lab.OriginConfig{}))
	defer src.Close()
	for _, asJSON := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		out := lineWriter{make(chan string, 16)}
		args := []string{"peer", src.URL + "/live.m3u8", src.URL + "/vod.m3u8", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error"}
		if asJSON {
			args = append(args, "--json")
		}
		ended := make(chan int, 1)
		go func() { ended <- run(ctx, args, out, io.Discard) }()
		for i, want := range []struct{ kind, contains string }{{"play", "#EXTM3U"}, {"play", "#EXT-X-ENDLIST"}, {"tracker", "OK"}, {"admin", "404"}} {
			kind, url := addressOf(t, <-out.lines, asJSON)
			if kind != want.kind {
				t.Fatalf("line %d is about %q, want %q", i+1, kind, want.kind)
			}
			if body := get(t, url); !strings.Contains(body, want.contains) && want.kind == "play" {
				t.Errorf("%s: %q", url, body)
			}
		}
		cancel()
		if code := <-ended; code != exitDone {
			t.Errorf("ended with %d", code)
		}
	}
}

func addressOf(t *testing.T, line string, asJSON bool) (kind, url string) {
	t.Helper()
	if !asJSON {
		kind, url, _ = strings.Cut(line, ": ")
		return kind, url
	}
	var one map[string]string
	if err := json.Unmarshal([]byte(line), &one); err != nil || len(one) != 1 {
		t.Fatalf("%q: %v", line, err)
	}
	for kind, url = range one {
	}
	return kind, url
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestDemo: the summary of a short demo has the form of the contract, and
// holds figures that can only come from a run.
func TestDemo(t *testing.T) {
	got := execute(t.Context(), "demo", "--duration", "15s", "--peers", "2", "--json")
	if got.code != exitDone {
		t.Fatalf("%+v", got)
	}
	var report map[string]any
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatalf("%v in %q", err, got.stdout)
	}
	for _, key := range []string{
		"peers", "duration_s", "engine", "offload", "bytes", "origin_requests", "segments", "stalls", "stall_s", "level", "startup_s",
		"behind_edge_s", "reparents_per_departure", "missing", "cpu_s_per_gb", "rss_bytes_per_peer", "threshold_failures",
	} {
		if _, ok := report[key]; !ok {
			t.Errorf("no %q in the report", key)
		}
	}
	if v, ok := report["missing"].(float64); !ok || v > .5 || report["peers"] != 2.0 {
		t.Errorf("missing %v, peers %v, want a small share and 2", report["missing"], report["peers"])
	}
	if http := report["bytes"].(map[string]any)["http"].(float64); http < 100_000 {
		t.Errorf("%v bytes by HTTP in 15 s of a 200 kbit/s channel", http)
	}
	if n := report["segments"].(map[string]any)["p2p"].(float64); n < 1 {
		t.Errorf("no segment from a peer")
	}
}
