package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// secret is in all that nobody may read; each place has an ending of its own.
const secret = "geheim"

// everything is what a process says, whole.
type everything struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (e *everything) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.b.Write(p)
}

func (e *everything) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.b.String()
}

// signedOrigin is a source whose playlists sign the address of every segment. While
// it fails, it does so for all requests.
func signedOrigin(t *testing.T, fails *atomic.Bool) *httptest.Server {
	t.Helper()
	origin := lab.NewOrigin(lab.OriginConfig{Speed: 4})
	src := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fails.Load() {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		if path.Ext(r.URL.Path) != ".m3u8" {
			origin.ServeHTTP(w, r)
			return
		}
		plain := httptest.NewRecorder()
		origin.ServeHTTP(plain, r)
		for line := range strings.Lines(plain.Body.String()) {
			line = strings.TrimSuffix(line, "\n")
			if line != "" && line[0] != '#' {
				line += "?sig=" + secret + "-segment"
			}
			io.WriteString(w, line+"\n")
		}
	}))
	t.Cleanup(src.Close)
	return src
}

// running is a command of ours that runs in this process.
type running struct {
	at    map[string]string // its addresses by kind
	log   *everything
	ended chan int
}

func runs(t *testing.T, ctx context.Context, kinds int, args ...string) *running {
	t.Helper()
	r := &running{at: map[string]string{}, log: &everything{}, ended: make(chan int, 1)}
	out := lineWriter{make(chan string, 16)}
	go func() { r.ended <- run(ctx, append(args, "--log-level", "debug"), out, r.log) }()
	for len(r.at) < kinds {
		select {
		case line := <-out.lines:
			kind, url := addressOf(t, line, false)
			r.at[kind] = url
		case code := <-r.ended:
			t.Fatalf("%v ended with %d\n%s", args, code, r.log)
		}
	}
	return r
}

// TestSecretsInFaults: what is wrong with an address is told without its secrets.
func TestSecretsInFaults(t *testing.T) {
	t.Parallel()
	const with = "user:" + secret + "@127.0.0.1:1/a.m3u8?token=" + secret
	free := []string{"--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "debug"}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"http://h/a.m3u8", "--tracker", "http://" + with}, exitUsage, `--tracker "http://127.0.0.1:1/a.m3u8": want an address without user`},
		{[]string{"http://h/a.m3u8", "--announce", "http://" + with, "--signaler", "wss://" + with}, exitUsage, "--signaler"},
		{[]string{"http://h/a.m3u8", "--scheduler", "ws://" + with}, exitUsage, "--scheduler"},
		{[]string{"http://%zz" + with}, exitUsage, "is not a URL"},
		{[]string{"ftp://" + with}, exitUsage, "want an address that begins with http://"},
		{[]string{"http://h/a.m3u8", "--http-proxy", "ftp://" + with, "--turn", secret, "--header", secret}, exitUsage, "--http-proxy"},
		{[]string{"http://" + with}, exitSource, "127.0.0.1:1"},
		{[]string{"http://127.0.0.1:1/a.m3u8", "--http-proxy", "http://" + with}, exitSource, "127.0.0.1:1"},
	} {
		got := execute(t.Context(), append(append([]string{"peer"}, tt.args...), free...)...)
		if got.code != tt.code || !strings.Contains(got.stderr, tt.want) || strings.Contains(got.stdout+got.stderr, secret) {
			t.Errorf("%q: %+v", tt.args, got)
		}
	}
}

// follow writes what a page says until ctx ends.
func follow(ctx context.Context, page string, to io.Writer) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return // nothing is said then, which is a failure
	}
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_, _ = io.Copy(to, resp.Body) // until it is cut
		resp.Body.Close()
	}
}

// TestSecretsStay: what only source, tracker and their users are to know is in no
// log, metric, report, feed or page, also when all goes wrong.
func TestSecretsStay(t *testing.T) {
	t.Parallel()
	var fails atomic.Bool
	src := signedOrigin(t, &fails)
	backup := signedOrigin(t, &fails)
	login := func(url, name string) string {
		return strings.Replace(url, "http://", "http://user:"+secret+"-"+name+"@", 1)
	}
	ctx, cancel := context.WithCancel(t.Context())
	meet, close := context.WithCancel(t.Context())
	tracker := runs(t, meet, 2, "tracker", "--listen", "127.0.0.1:0", "--key", secret+"-key", "--page-token", secret+"-page", "--show-addresses")
	said := []interface{ String() string }{tracker.log}
	var peers []*running
	for range 2 {
		p := runs(t, ctx, 2, "peer", login(src.URL, "login")+"/live.m3u8?token="+secret+"-query", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
			"--tracker", tracker.at["tracker"], "--key", secret+"-key", "--header", "X-Token: "+secret+"-header",
			"--backup", login(backup.URL, "login")+"/live.m3u8?token="+secret+"-query", "--turn", "turn:user:"+secret+"-turn@127.0.0.1:9",
			"--transport-log-level", "debug")
		events := &everything{}
		go follow(ctx, p.at["admin"]+"/api/v1/events", events)
		peers, said = append(peers, p), append(said, p.log, events)
	}
	told, looks := map[string]string{}, 0
	look := func() {
		looks++
		for _, p := range peers {
			told["playlist"] += get(t, p.at["play"])
			for _, page := range []string{"/metrics", "/api/v1/status", "/api/v1/segments", "/api/v1/plan", "/readyz"} {
				told[page] += get(t, p.at["admin"]+page)
			}
		}
		for _, page := range []string{"/metrics", "/", "/stats", "/readyz", "/api/v1/channels"} {
			told["tracker "+page] += get(t, tracker.at["tracker"]+page)
		}
		room := src.URL + "/live.m3u8"
		told["topology"] += execute(t.Context(), "debug", "topology", "--tracker", tracker.at["tracker"], "--channel", room, "--json").stdout
	}
	within, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	until := func(what string, ok func() bool) {
		t.Helper()
		for !ok() {
			select {
			case <-tick.C:
			case <-within.Done():
				t.Fatalf("waited in vain: %s\n%s", what, peers[1].log)
			}
		}
	}
	until("segments from peer to peer", func() bool {
		look()
		return strings.Count(told["/metrics"], `segment_bytes_total{channel="live",source="p2p"} 0`) < len(peers)*looks
	})
	look()
	fails.Store(true)
	until("failures of the sources", func() bool { return strings.Contains(peers[1].log.String(), "500") })
	close()
	until("the tracker's end", func() bool { return strings.Contains(peers[1].log.String(), "tracker out of reach") })
	cancel()
	for _, r := range append(peers, tracker) {
		if code := <-r.ended; code != exitDone {
			t.Errorf("ended with %d\n%s", code, r.log)
		}
	}
	for i, s := range said {
		told["log "+string(rune('0'+i))] = s.String()
	}
	for name, text := range told {
		if text == "" {
			t.Errorf("%s says nothing", name)
		}
		for line := range strings.Lines(text) {
			if strings.Contains(line, secret) {
				t.Errorf("%s tells a secret: %.400s", name, line)
			}
		}
	}
}
