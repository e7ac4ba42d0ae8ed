package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hlspeer/signaling"
)

var update = flag.Bool("update", false, "write the golden files anew")

// feedCases are meshes as trackers tell of them.
var feedCases = []struct {
	name, engine     string
	topology, totals string // "" for no answer
}{
	{
		"chain", "fastmesh",
		`{"action":"topology","totalstreams":4,"nodes":[
		 {"id":"C","parents":[{"id":"B","substreams":4}],"info":{"ul_bw":0,"substreams":4,"device":"mobile"}},
		 {"id":"B","parents":[{"id":"A","substreams":4}],"info":{"ul_bw":1500000,"substreams":4,"ISP":"telecom","province":"Hunan"}},
		 {"id":"A","info":{"ul_bw":4000000,"root":true,"ISP":"telecom","city":"Changsha","province":"Hunan","country":"CN"}}],"seq":7}`,
		`{"action":"statistics","result":{"source":1000,"p2p":3000,"nodes":{
		 "A":{"source":1000,"p2p":0},"B":{"source":0,"p2p":1000},"C":{"source":0,"p2p":2000}}}}`,
	},
	{
		"diamond", "fastmesh", // and a second root, which takes a part from the first
		`{"action":"topology","totalstreams":4,"nodes":[
		 {"id":"top","info":{"ul_bw":9900000,"root":true}},
		 {"id":"left","parents":[{"id":"top","substreams":4}],"info":{"ul_bw":64000,"substreams":4}},
		 {"id":"right","parents":[{"id":"top","substreams":4}],"info":{"ul_bw":800,"substreams":4}},
		 {"id":"below","parents":[{"id":"left","substreams":1},{"id":"right","substreams":3}],"info":{"substreams":4}},
		 {"id":"root2","parents":[{"id":"top","substreams":1}],"info":{"root":true}}]}`,
		`{"action":"statistics","result":{"source":0,"p2p":0}}`,
	},
	{
		"orphan", "fastmesh",
		`{"action":"topology","totalstreams":2,"nodes":[
		 {"id":"root","info":{"root":true}},{"id":"lost","parents":[{"id":"gone","substreams":1}],"info":{}},
		 {"id":"fed","parents":[{"id":"lost","substreams":2}],"info":{}},{"id":"new","info":{}}]}`,
		"",
	},
	{
		"cycle", "", // two that feed each other, one that feeds itself, and one that hangs from either
		`{"action":"topology","nodes":[{"id":"root","info":{}},
		 {"id":"b","parents":[{"id":"c","substreams":2}]},{"id":"c","parents":[{"id":"b","substreams":2}]},
		 {"id":"d","parents":[{"id":"c","substreams":1}]},{"id":"self","parents":[{"id":"self","substreams":1}]},
		 {"id":"x","parents":[{"id":"y","substreams":2},{"id":"root","substreams":1}]},{"id":"y","parents":[{"id":"x","substreams":2}]}]}`,
		"",
	},
	{"empty", "", `{"action":"topology","totalstreams":4,"nodes":[]}`, `{"action":"statistics","result":{"source":0,"p2p":0}}`},
	{
		"swarm", "bittorrent",
		`{"action":"topology","totalstreams":0,"nodes":[{"id":"B","parents":[{"id":"A","substreams":0}],"info":{"ul_bw":2000000}},{"id":"C","parents":[{"id":"B","substreams":0}]},{"id":"A","info":{"device":"PC"}}]}`,
		`{"action":"statistics","result":{"source":3,"p2p":1,"nodes":{"A":{"source":3,"p2p":1}}}}`,
	},
	{
		"hostile", "fastmesh", // what a terminal or Graphviz would obey, and what is too long
		`{"action":"topology","totalstreams":1,"nodes":[
		 {"id":"\u001b[2J\u202e\"a\\","info":{"root":true,"ISP":"\u0007bell\u009b","city":"` + strings.Repeat("long ", 20) + `"}},
		 {"id":"` + strings.Repeat("x", 60) + `","parents":[{"id":"\u001b[2J\u202e\"a\\","substreams":1}]}]}`,
		"",
	},
}

func feedOf[M signaling.Message](t *testing.T, text string) *M {
	t.Helper()
	if text == "" {
		return nil
	}
	m, err := signaling.ParseFeed([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	one := m.(M)
	return &one
}

func golden(t *testing.T, dir, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", dir, name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (write it anew with -update):\n%swant:\n%s", file, got, want)
	}
}

func TestTopologyOutputs(t *testing.T) {
	t.Parallel()
	for _, tt := range feedCases {
		m := newMesh("http://host/"+tt.name+".m3u8", tt.engine,
			newMeshState(*feedOf[signaling.Topology](t, tt.topology)), feedOf[signaling.Totals](t, tt.totals))
		golden(t, "topology", tt.name+".txt", meshTree(m))
		golden(t, "topology", tt.name+".dot", meshDot(m))
		var b bytes.Buffer
		if err := writeJSON(&b, m); err != nil {
			t.Fatal(err)
		}
		golden(t, "topology", tt.name+".json", b.String())
	}
}

// TestTopologyDeep: a chain of thousands stays printable, and says who feeds whom.
func TestTopologyDeep(t *testing.T) {
	t.Parallel()
	const deep = 20_000
	s := &meshState{streams: 4, nodes: map[signaling.PeerID]signaling.Node{}}
	for i := range deep {
		n := signaling.Node{ID: signaling.PeerID(fmt.Sprintf("p%05d", i))}
		if i > 0 {
			n.Parents = []signaling.NodeParent{{ID: signaling.PeerID(fmt.Sprintf("p%05d", i-1)), Substreams: 4}}
		}
		s.nodes[n.ID] = n
	}
	text := meshTree(newMesh("c", "", s, nil))
	if len(text) > 200*deep {
		t.Errorf("%d bytes for %d peers", len(text), deep)
	}
	for _, want := range []string{" p00012 ", "└─ p19999  19999  4 of 4  <p19998 ", "depth 19999"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%.3000s", want, text)
		}
	}
	if strings.Contains(text, "<p00011") {
		t.Error("a parent is named though it is seen")
	}
}

// TestMeshChanges: what comes between the snapshot and the traffic counts.
func TestMeshChanges(t *testing.T) {
	t.Parallel()
	s := newMeshState(*feedOf[signaling.Topology](t, feedCases[0].topology))
	for _, m := range []signaling.Message{
		signaling.NodeJoin{Node: signaling.Node{ID: "D", Info: signaling.NodeInfo{UplinkBW: 1000}}},
		signaling.EdgeUp{From: "A", To: "D", Substreams: 1},
		signaling.EdgeUp{From: "A", To: "D", Substreams: 2},
		signaling.EdgeUp{From: "A", To: "C", Substreams: 1},
		signaling.EdgeDown{From: "B", To: "C"},
		signaling.EdgeUp{From: "A", To: "nobody", Substreams: 1},
		signaling.NodeLeave{ID: "B"},
		signaling.Totals{},
	} {
		s.apply(m)
	}
	m := newMesh("c", engineFastMesh, s, nil)
	if m.Peers != 3 || m.Links != 2 || *m.Depth != 1 || m.byID["D"].Parents[0].Substreams != 2 || m.byID["D"].Substreams != 2 {
		t.Errorf("%s", meshTree(m))
	}
}

func TestChangeLines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		m    signaling.Message
		want string
	}{
		{signaling.NodeJoin{Node: signaling.Node{ID: "A\x1b", Info: signaling.NodeInfo{UplinkBW: 2500, City: "Bern\n"}}}, `A\x1b comes, uplink 2 kbps, Bern\n`},
		{signaling.NodeJoin{Node: signaling.Node{ID: "A"}}, "A comes, uplink 0 bps"},
		{signaling.NodeLeave{ID: "A"}, "A goes"},
		{signaling.EdgeUp{From: "A", To: "B", Substreams: 1}, "A feeds B: 1 substream"},
		{signaling.EdgeDown{From: "A", To: "B"}, "A no longer feeds B"},
		{signaling.Topology{}, "the tracker begins anew: 0 peers"},
		{signaling.Totals{}, ""},
	} {
		if got := changeLine(tt.m); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain": "plain", "湖南 é": "湖南 é", "\x1b[31m": `\x1b[31m`, "a\nb\t": `a\nb\t`, "\u202e": `\u202e`, "\x9b": `\x9b`, "\u009b": `\u009b`,
		"\u2028": `\u2028`, "\ufffd": `\ufffd`, "\x7f": `\x7f`, "\U000e0001": `\U000e0001`,
	} {
		if got := visible(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
