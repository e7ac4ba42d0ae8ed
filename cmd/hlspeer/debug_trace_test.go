package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// eventStream is a peer that answers with these events, and notes what is asked
// for.
func eventStream(t *testing.T, text, kind string, query *string) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/status" {
			io.WriteString(w, `{"channels":[{"name":"live","tracks":[]}]}`)
			return
		}
		*query = r.URL.RawQuery
		w.Header().Set("Content-Type", kind)
		io.WriteString(w, text)
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// TestDebugTraceOutput: what the command makes of a stream that a peer has sent.
func TestDebugTraceOutput(t *testing.T) {
	t.Parallel()
	stream, err := os.ReadFile("testdata/peer/trace.sse")
	if err != nil {
		t.Fatal(err)
	}
	var query string
	admin := eventStream(t, string(stream), "text/event-stream", &query)
	for name, args := range map[string][]string{"trace.txt": nil, "trace.json.txt": {"--json"}} {
		got := execute(t.Context(), append([]string{"debug", "trace", "--admin", admin}, args...)...)
		if got.code != exitFailed || !strings.Contains(got.stderr, "the peer has ended") || strings.ContainsAny(got.stdout, "\x1b\u202e") {
			t.Errorf("%s: %+v", name, got)
		}
		golden(t, "peer", name, got.stdout)
	}
	if query != "type=message%2Clink%2Cstate" {
		t.Error(query)
	}
	execute(t.Context(), "debug", "trace", "--admin", admin, "--channel", "live", "--kind", "REQUEST,piece", "--direction", "in", "--peer", "a&b")
	if query != "channel=live&direction=in&kind=request%2Cpiece&peer=a%26b&type=message" {
		t.Error(query)
	}
}

func TestDebugTraceFaults(t *testing.T) {
	t.Parallel()
	var query string
	for want, args := range map[string][]string{
		"--direction \"up\": want in or out": {"--direction", "up"},
		"--duration -1s: want 0 or more":     {"--duration", "-1s"},
		"--kind \"a b\": want the name":      {"--kind", "a b"},
		"none of a peer of hlspeer":          {"--admin", eventStream(t, "<html>", "text/html", &query)},
		"is not what this version":           {"--admin", eventStream(t, "event: message\ndata: 7\n\n", "text/event-stream", &query)},
		"404":                                {"--admin", answering(t, map[string]string{"/api/v1/status": `{"channels":[{"name":"live","tracks":[]}]}`})},
	} {
		if got := execute(t.Context(), append([]string{"debug", "trace"}, args...)...); got.code == exitDone || !strings.Contains(got.stderr, want) {
			t.Errorf("%q: no %q in %+v", args, want, got)
		}
	}
}

// TestDebugTraceEnds: it ends in good order when its time is over, and when the user
// wants it to.
func TestDebugTraceEnds(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/status" {
			io.WriteString(w, `{"channels":[{"name":"live","tracks":[]}]}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer web.Close()
	if got := execute(t.Context(), "debug", "trace", "--admin", web.URL, "--duration", "50ms"); got != (output{}) {
		t.Errorf("%+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(50*time.Millisecond, cancel).Stop()
	if got := execute(ctx, "debug", "trace", "--admin", web.URL); got != (output{}) {
		t.Errorf("%+v", got)
	}
}
