package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recordedPeer serves what a peer has answered once, of testdata/peer.
func recordedPeer(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "peer", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var record map[string]json.RawMessage
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	return answering(t, map[string]string{"/api/v1/status": string(record["status"]), "/api/v1/segments": string(record["segments"])})
}

// answering is a server that gives these answers, by path.
func answering(t *testing.T, answers map[string]string) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// TestDebugPeerOutputs: what the commands make of answers that peers gave.
func TestDebugPeerOutputs(t *testing.T) {
	t.Parallel()
	for name, sns := range map[string][]string{
		"fed":          {"1"},
		"parent_stops": {"20", "21", "22", "24", "99"},
		"all":          {"1", "41", "42", "43", "44", "45", "46", "47", "50"},
		"hostile":      {"7", "8", "9"},
	} {
		admin := recordedPeer(t, name)
		show := func(args ...string) string {
			got := execute(t.Context(), append(append([]string{"debug"}, args...), "--admin", admin)...)
			if got.code != exitDone || got.stderr != "" {
				t.Errorf("%s: %q: %+v", name, args, got)
			}
			if bad := strings.IndexFunc(got.stdout, func(r rune) bool { return r != '\n' && r < ' ' || r == '\u202e' }); bad >= 0 {
				t.Errorf("%s: %q prints %q", name, args, got.stdout[bad:])
			}
			return got.stdout
		}
		golden(t, "peer", name+".parents.txt", show("parents"))
		golden(t, "peer", name+".segments.txt", show("segments"))
		golden(t, "peer", name+".parents.json.txt", show("parents", "--json"))
		golden(t, "peer", name+".segments.json.txt", show("segments", "--json", "--last", "2"))
		var why strings.Builder
		for _, sn := range sns {
			fmt.Fprintf(&why, "$ hlspeer debug why %s\n%s", sn, show("why", sn))
		}
		why.WriteString(show("why", sns[0], "--json"))
		golden(t, "peer", name+".why.txt", why.String())
	}
}
