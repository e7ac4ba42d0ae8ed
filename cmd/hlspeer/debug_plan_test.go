package main

import (
	"encoding/json"
	"strings"
	"testing"

	"hlspeer/peer"
	brain "hlspeer/peer/mesh"
)

// TestDebugPlanOutput: what the command makes of an answer that a peer gave.
func TestDebugPlanOutput(t *testing.T) {
	t.Parallel()
	plans := []peer.Plan{
		{
			Name: "live", Room: "http://h/live.m3u8", Engine: peer.EngineFastmesh, Now: 123.4, Complete: true, Steps: 4,
			Script: "config substreams=3\n@0s rated stream=3000000\n@0s entered self=M\n@0s relay-up\n  -> get-parents\n@0s parents node=A:1000000\n  -> dial peer=A\n",
		},
		{Name: "evil\x1b[2J", Room: "http://h/b.m3u8\u202e", Engine: "bittorrent", Left: 1200, Steps: 1, Script: "config engine=bittorrent\n@9s tick\x1b[2J\n"},
	}
	text, err := json.Marshal(plans)
	if err != nil {
		t.Fatal(err)
	}
	const status = `{"channels":[{"name":"live","tracks":[]}]}`
	admin := answering(t, map[string]string{"/api/v1/status": status, "/api/v1/plan": string(text)})
	for name, args := range map[string][]string{"plan.txt": nil, "plan.json.txt": {"--json", "--last", "5"}} {
		got := execute(t.Context(), append([]string{"debug", "plan", "--admin", admin}, args...)...)
		if got.code != exitDone || got.stderr != "" || strings.ContainsAny(got.stdout, "\x1b\u202e") {
			t.Errorf("%s: %+v", name, got)
		}
		golden(t, "peer", name, got.stdout)
	}
	script := plansText(plans[:1])
	if again, err := brain.RunScript(script); err != nil || again != script {
		t.Errorf("as a script: %v\n%s", err, again)
	}
	for want, args := range map[string][]string{
		"--last -1: want 0 or more":   {"--last", "-1"},
		"--since -1s: want 0 or more": {"--since", "-1s"},
		"--since and --last":          {"--last", "1", "--since", "1s"},
		"is not what this version":    {"--admin", answering(t, map[string]string{"/api/v1/status": status, "/api/v1/plan": `[{"script":"x"}]`})},
		"404":                         {"--admin", answering(t, map[string]string{"/api/v1/status": status})},
		"has no channel x":            {"--admin", admin, "--channel", "x"},
	} {
		if got := execute(t.Context(), append([]string{"debug", "plan"}, args...)...); got.code == exitDone || !strings.Contains(got.stderr, want) {
			t.Errorf("%q: no %q in %+v", args, want, got)
		}
	}
}
