package signaling

import (
	"encoding/json"
	"strings"
)

// A direction selects the parser that a message is for.
type direction int

const (
	fromPeer direction = iota
	fromServer
	fromViewer
	feed
)

// parse reads text as a message of direction d.
func (d direction) parse(text string) (Message, Envelope, error) {
	switch d {
	case fromPeer:
		return ParsePeer([]byte(text))
	case fromServer:
		m, err := ParseServer([]byte(text))
		return m, Envelope{}, err
	case fromViewer:
		m, err := ParseViewer([]byte(text))
		return m, Envelope{}, err
	}
	m, err := ParseFeed([]byte(text))
	return m, Envelope{}, err
}

// write is the opposite of parse.
func (d direction) write(m Message, e Envelope) string {
	if d == fromPeer {
		return string(AppendPeer(nil, m, e))
	}
	return string(Append(nil, m))
}

// A wireCase is one text and what it means. Where canonical is set, text is
// also what we write for want.
type wireCase struct {
	name      string
	direction direction
	text      string
	want      Message
	envelope  Envelope
	err       error // ErrUnknown or ErrMalformed, in place of want
	canonical bool
}

var merged = Envelope{Channel: "http://x/live.m3u8", PeerID: "A"}

// cases feeds the decode tests, the encode tests and the fuzz seeds.
var cases = []wireCase{
	// Peer to server, as we write it.
	{
		name: "enter", direction: fromPeer, canonical: true,
		text:     `{"action":"enter","channel":"http://x/live.m3u8?a&b","ul_bw":4194304,"browser":"pion-hls","device":"PC","os":"Linux"}`,
		want:     Enter{Channel: "http://x/live.m3u8?a&b", UplinkBW: 4194304, Browser: "pion-hls", Device: "PC", OS: "Linux"},
		envelope: Envelope{Channel: "http://x/live.m3u8?a&b"},
	},
	{
		name: "enter in test mode", direction: fromPeer, canonical: true,
		text:     `{"action":"enter","channel":"c","ul_bw":1,"test":true,"ISP":"电信","province":"江苏"}`,
		want:     Enter{Channel: "c", UplinkBW: 1, Test: true, ISP: "电信", Province: "江苏"},
		envelope: Envelope{Channel: "c"},
	},
	{
		name: "leave", direction: fromPeer, canonical: true,
		text: `{"channel":"http://x/live.m3u8","peer_id":"A","action":"leave"}`, want: Leave{}, envelope: merged,
	},
	{
		name: "ul_bw", direction: fromPeer, canonical: true,
		text: `{"channel":"http://x/live.m3u8","peer_id":"A","action":"ul_bw","value":8000000}`, want: UplinkBW{8e6}, envelope: merged,
	},
	{
		name: "get_parents", direction: fromPeer, canonical: true,
		text: `{"channel":"http://x/live.m3u8","peer_id":"A","action":"get_parents"}`, want: GetParents{}, envelope: merged,
	},
	{
		name: "transition request", direction: fromPeer, canonical: true,
		text: `{"action":"transition"}`, want: TransitionRequest{},
	},
	{
		name: "adopt request", direction: fromPeer, canonical: true,
		text: `{"channel":"http://x/live.m3u8","peer_id":"A","action":"adopt","to_peer_id":"C"}`, want: AdoptRequest{To: "C"}, envelope: merged,
	},
	{
		name: "dc_opened", direction: fromPeer, canonical: true,
		text: `{"action":"dc_opened","dc_id":"A-C","substreams":3,"stream_rate":100}`, want: DCOpened{"A-C", 3, 100},
	},
	{
		name: "dc_closed", direction: fromPeer, canonical: true,
		text: `{"action":"dc_closed","dc_id":"A-C","substreams":1,"stream_rate":100}`, want: DCClosed{"A-C", 1, 100},
	},
	{
		name: "dc_failed", direction: fromPeer, canonical: true,
		text: `{"action":"dc_failed","dc_id":"A-C"}`, want: DCFailed{"A-C"},
	},
	{
		name: "statistics", direction: fromPeer, canonical: true,
		text: `{"action":"statistics","level":1.25,"source":2,"p2p":1,"plr":0}`, want: Statistics{Level: 1.25, Source: 2, P2P: 1},
	},
	{
		name: "statistics with rates", direction: fromPeer, canonical: true,
		text: `{"action":"statistics","level":0,"source":0,"p2p":0,"ul_srs":{"B":300,"C":0},"plr":0.0125}`,
		want: Statistics{UplinkRates: map[PeerID]BitRate{"B": 300, "C": 0}, LossRate: 0.0125},
	},
	{
		name: "signal to a peer", direction: fromPeer, canonical: true,
		text: `{"peer_id":"A","action":"signal","from_peer_id":"A","to_peer_id":"C","data":{"type":"offer","sdp":"v=0\r\n"}}`,
		want: Signal{From: "A", To: "C", Data: json.RawMessage(`{"type":"offer","sdp":"v=0\r\n"}`)}, envelope: Envelope{PeerID: "A"},
	},
	{
		name: "refusal of a peer", direction: fromPeer, canonical: true,
		text: `{"peer_id":"A","action":"reject","to_peer_id":"B","reason":"full"}`, want: Reject{To: "B", Reason: "full"}, envelope: Envelope{PeerID: "A"},
	},

	// Peer to server, as others write it.
	{
		name: "enter again", direction: fromPeer, canonical: true,
		text: `{"action":"enter","channel":"c","ul_bw":1,"resume_peer_id":"A1b2C3d4","stream_rate":2500000}`,
		want: Enter{Channel: "c", UplinkBW: 1, Resume: "A1b2C3d4", StreamRate: 2500000}, envelope: Envelope{Channel: "c"},
	},
	{name: "enter with a useless id to resume", direction: fromPeer, text: `{"action":"enter","resume_peer_id":{},"stream_rate":-1}`, want: Enter{}},
	{name: "enter of few words", direction: fromPeer, text: `{"action":"enter"}`, want: Enter{}},
	{
		name: "enter with fraction", direction: fromPeer, text: `{"action":"enter","channel":"c","ul_bw":"266110.7"}`,
		want: Enter{Channel: "c", UplinkBW: 266110.7}, envelope: Envelope{Channel: "c"},
	},
	{
		name: "enter with wrong types", direction: fromPeer,
		text: `{"action":"enter","channel":"c","ul_bw":{},"browser":7,"device":null,"os":["x"],"test":"true"}`,
		want: Enter{Channel: "c"}, envelope: Envelope{Channel: "c"},
	},
	{name: "case 82: enter with a huge uplink", direction: fromPeer, text: `{"action":"enter","ul_bw":1e300}`, want: Enter{UplinkBW: 10e9}},
	{name: "enter beyond any float", direction: fromPeer, text: `{"action":"enter","ul_bw":1e999}`, want: Enter{UplinkBW: 10e9}},
	{name: "enter with a negative uplink", direction: fromPeer, text: `{"action":"enter","ul_bw":-1}`, want: Enter{}},
	{name: "case 82: enter with NaN in a string", direction: fromPeer, text: `{"action":"enter","ul_bw":"NaN"}`, want: Enter{}},
	{name: "enter with Infinity in a string", direction: fromPeer, text: `{"action":"enter","ul_bw":"Infinity"}`, want: Enter{}},
	{name: "enter with a hexadecimal string", direction: fromPeer, text: `{"action":"enter","ul_bw":"0x10"}`, want: Enter{}},
	{
		name: "enter with a channel over the limit", direction: fromPeer,
		text: `{"action":"enter","channel":"` + strings.Repeat("c", MaxString+1) + `"}`, want: Enter{},
	},
	{
		name: "merged fields with a numeric id", direction: fromPeer, text: ` { "peer_id" : 7 , "action" : "leave" } `,
		want: Leave{}, envelope: Envelope{PeerID: "7"},
	},
	{name: "the last of equal fields", direction: fromPeer, text: `{"action":"enter","action":"leave"}`, want: Leave{}},
	{
		name: "adopt request by number", direction: fromPeer, text: `{"action":"adopt","to_peer_id":9007199254740993}`,
		want: AdoptRequest{To: "9007199254740993"},
	},
	{name: "adopt request by float", direction: fromPeer, text: `{"action":"adopt","to_peer_id":1.0e1}`, want: AdoptRequest{To: "10"}},
	{
		name: "adopt request with an escaped id", direction: fromPeer, text: `{"action":"adopt","to_peer_id":"\u0041\"\\\ud83d\ude00"}`,
		want: AdoptRequest{To: `A"\😀`},
	},
	{name: "dc_opened without amounts", direction: fromPeer, text: `{"action":"dc_opened","dc_id":"A-C"}`, want: DCOpened{"A-C", 1, 0}},
	{
		name: "dc_opened with an absurd amount", direction: fromPeer, text: `{"action":"dc_opened","dc_id":"A-C","substreams":1e9,"stream_rate":"50"}`,
		want: DCOpened{"A-C", 1, 50},
	},
	{
		name: "statistics of a liar", direction: fromPeer,
		text: `{"action":"statistics","level":-3,"source":1e300,"p2p":-1,"ul_srs":{"":5,"B":-1,"C":"x","D":1e99},"plr":7}`,
		want: Statistics{Source: 1 << 40, UplinkRates: map[PeerID]BitRate{"B": 0, "C": 0, "D": 10e9}, LossRate: 1},
	},
	{name: "statistics with a list for a map", direction: fromPeer, text: `{"action":"statistics","ul_srs":[1,2]}`, want: Statistics{}},
	{
		name: "signal with data in a string", direction: fromPeer, text: `{"action":"signal","to_peer_id":"C","data":"{\"type\":\"answer\"}"}`,
		want: Signal{To: "C", Data: json.RawMessage(`{"type":"answer"}`)},
	},
	{
		name: "announce_hls", direction: fromPeer, canonical: true,
		text: `{"channel":"c","action":"announce_hls","peer_id":"A"}`, want: AnnounceHLS{"A"}, envelope: Envelope{Channel: "c", PeerID: "A"},
	},

	// Peer to server, no message.
	{name: "case 66: unknown action", direction: fromPeer, text: `{"action":"dance"}`, err: ErrUnknown},
	{name: "action in capitals", direction: fromPeer, text: `{"action":"LEAVE"}`, err: ErrUnknown},
	{name: "a server's message", direction: fromPeer, text: `{"action":"accept","peer_id":"A"}`, err: ErrUnknown},
	{name: "action of a wrong type", direction: fromPeer, text: `{"action":{"a":"leave"}}`, err: ErrMalformed},
	{name: "no action", direction: fromPeer, text: `{}`, err: ErrMalformed},
	{name: "name in capitals", direction: fromPeer, text: `{"Action":"leave"}`, err: ErrMalformed},
	{name: "nothing", direction: fromPeer, text: ``, err: ErrMalformed},
	{name: "text", direction: fromPeer, text: `hello`, err: ErrMalformed},
	{name: "page", direction: fromPeer, text: `<html></html>`, err: ErrMalformed},
	{name: "array", direction: fromPeer, text: `[{"action":"leave"}]`, err: ErrMalformed},
	{name: "number", direction: fromPeer, text: `7`, err: ErrMalformed},
	{name: "null", direction: fromPeer, text: `null`, err: ErrMalformed},
	{name: "cut off", direction: fromPeer, text: `{"action":"leave"`, err: ErrMalformed},
	{name: "two objects", direction: fromPeer, text: `{"action":"leave"}{}`, err: ErrMalformed},
	{name: "open string", direction: fromPeer, text: `{"action":"leave\`, err: ErrMalformed},
	{name: "case 85: not UTF-8", direction: fromPeer, text: "{\"action\":\"leave\xff\"}", err: ErrMalformed},
	{name: "bare NaN", direction: fromPeer, text: `{"action":"ul_bw","value":NaN}`, err: ErrMalformed},
	{name: "nested as deep as allowed", direction: fromPeer, text: `{"action":"leave","x":` + nest(maxNesting-1) + `}`, want: Leave{}},
	{name: "nested too deep", direction: fromPeer, text: `{"action":"leave","x":` + nest(maxNesting) + `}`, err: ErrMalformed},
	{name: "as long as allowed", direction: fromPeer, text: pad(`{"action":"leave"}`, MaxMessage), want: Leave{}},
	{name: "too long", direction: fromPeer, text: pad(`{"action":"leave"}`, MaxMessage+1), err: ErrMalformed},
	{name: "ul_bw without value", direction: fromPeer, text: `{"action":"ul_bw"}`, err: ErrMalformed},
	{name: "adopt request for nobody", direction: fromPeer, text: `{"action":"adopt"}`, err: ErrMalformed},
	{
		name: "adopt request with an id over the limit", direction: fromPeer,
		text: `{"action":"adopt","to_peer_id":"` + strings.Repeat("x", MaxID+1) + `"}`, err: ErrMalformed,
	},
	{name: "adopt request with a number over the limit", direction: fromPeer, text: `{"action":"adopt","to_peer_id":1e300}`, err: ErrMalformed},
	{name: "dc_opened without id", direction: fromPeer, text: `{"action":"dc_opened"}`, err: ErrMalformed},
	{name: "dc_closed without id", direction: fromPeer, text: `{"action":"dc_closed","dc_id":7}`, err: ErrMalformed},
	{name: "dc_failed without hyphen", direction: fromPeer, text: `{"action":"dc_failed","dc_id":"AC"}`, err: ErrMalformed},
	{name: "signal to nobody", direction: fromPeer, text: `{"action":"signal","data":{}}`, err: ErrMalformed},
	{name: "signal of nothing", direction: fromPeer, text: `{"action":"signal","to_peer_id":"C"}`, err: ErrMalformed},
	{name: "signal of a list", direction: fromPeer, text: `{"action":"signal","to_peer_id":"C","data":[]}`, err: ErrMalformed},
	{name: "signal of other text", direction: fromPeer, text: `{"action":"signal","to_peer_id":"C","data":"hi"}`, err: ErrMalformed},
	{
		name: "signal of text nested too deep", direction: fromPeer,
		text: `{"action":"signal","to_peer_id":"C","data":"{\"x\":` + nest(maxNesting) + `}"}`, err: ErrMalformed,
	},
	{name: "refusal of nobody", direction: fromPeer, text: `{"action":"reject"}`, err: ErrMalformed},
	{name: "announce_hls without id", direction: fromPeer, text: `{"action":"announce_hls","peer_id":null}`, err: ErrMalformed},

	// Server to peer, as our tracker writes it.
	{
		name: "accept", direction: fromServer, canonical: true,
		text: `{"action":"accept","peer_id":"k3J9fQ2a","speed_test":"http://x/speed","report_span":60,"substreams":3}`,
		want: Accept{PeerID: "k3J9fQ2a", SpeedTest: "http://x/speed", ReportSpan: 60, Substreams: 3},
	},
	{
		name: "parents", direction: fromServer, canonical: true,
		text: `{"action":"parents","nodes":[{"peer_id":"C","residual_bw":500},{"peer_id":"D","residual_bw":0}]}`,
		want: Parents{Nodes: []Candidate{{"C", 500}, {"D", 0}}},
	},
	{name: "no parents", direction: fromServer, canonical: true, text: `{"action":"parents","nodes":[]}`, want: Parents{}},
	{name: "connect", direction: fromServer, canonical: true, text: `{"action":"connect","to_peer_id":"C"}`, want: Connect{"C"}},
	{name: "disconnect", direction: fromServer, canonical: true, text: `{"action":"disconnect","to_peers":["A","B"]}`, want: Disconnect{[]PeerID{"A", "B"}}},
	{name: "adopt", direction: fromServer, canonical: true, text: `{"action":"adopt","parent_id":"B","residual_bw":550}`, want: Adopt{"B", 550}},
	{name: "adopt without bandwidth", direction: fromServer, canonical: true, text: `{"action":"adopt","parent_id":"B"}`, want: Adopt{"B", -1}},
	{name: "transition reply", direction: fromServer, canonical: true, text: `{"action":"transition","success":true}`, want: TransitionReply{true}},
	{name: "reject", direction: fromServer, canonical: true, text: `{"action":"reject","reason":"banned"}`, want: Reject{Reason: "banned"}},
	{
		name: "relayed refusal", direction: fromServer, canonical: true,
		text: `{"action":"reject","from_peer_id":"B","reason":"full"}`, want: Reject{From: "B", Reason: "full"},
	},
	{
		name: "signal from a peer", direction: fromServer, canonical: true,
		text: `{"action":"signal","from_peer_id":"B","data":{"candidate":{"candidate":"x","sdpMid":"0","sdpMLineIndex":0}}}`,
		want: Signal{From: "B", Data: json.RawMessage(`{"candidate":{"candidate":"x","sdpMid":"0","sdpMLineIndex":0}}`)},
	},
	{name: "peer out of reach", direction: fromServer, canonical: true, text: `{"action":"signal","from_peer_id":"B"}`, want: Signal{From: "B"}},
	{name: "ver", direction: fromServer, canonical: true, text: `{"action":"ver","ver":11}`, want: Version{11}},
	{name: "close", direction: fromServer, canonical: true, text: `{"action":"close","reason":"bye"}`, want: RelayClose{"bye"}},

	// Server to peer, as others write it.
	{name: "case 52: accept of the toy server", direction: fromServer, text: `{"action":"accept","peer_id":7}`, want: Accept{PeerID: "7"}},
	{name: "case 54: accept with substreams in a string", direction: fromServer, text: `{"action":"accept","peer_id":"A","substreams":"3"}`, want: Accept{PeerID: "A", Substreams: 3}},
	{name: "case 54: accept with 0 substreams", direction: fromServer, text: `{"action":"accept","peer_id":"A","substreams":0}`, want: Accept{PeerID: "A"}},
	{name: "case 54: accept with -1 substreams", direction: fromServer, text: `{"action":"accept","peer_id":"A","substreams":-1}`, want: Accept{PeerID: "A"}},
	{name: "case 54: accept with 1e9 substreams", direction: fromServer, text: `{"action":"accept","peer_id":"A","substreams":1e9}`, want: Accept{PeerID: "A"}},
	{name: "accept with a short report span", direction: fromServer, text: `{"action":"accept","peer_id":"A","report_span":4}`, want: Accept{PeerID: "A"}},
	{name: "accept with a fractional report span", direction: fromServer, text: `{"action":"accept","peer_id":"A","report_span":9.6}`, want: Accept{PeerID: "A", ReportSpan: 10}},
	{name: "case 53: accept without id", direction: fromServer, text: `{"action":"accept","peer_id":{}}`, want: Accept{}},
	{
		name: "parents with holes", direction: fromServer,
		text: `{"action":"parents","nodes":[null,1,"x",[],{},{"peer_id":""},{"peer_id":3,"residual_bw":"150"}]}`,
		want: Parents{Nodes: []Candidate{{"3", 150}}},
	},
	{
		name: "parents with absurd bandwidth", direction: fromServer,
		text: `{"action":"parents","nodes":[{"peer_id":"A","residual_bw":1e300},{"peer_id":"B","residual_bw":-5},{"peer_id":"C","residual_bw":"x"},{"peer_id":"D"}]}`,
		want: Parents{Nodes: []Candidate{{"A", 0}, {"B", 0}, {"C", 0}, {"D", 0}}},
	},
	{name: "case 83: parents without a list", direction: fromServer, text: `{"action":"parents","nodes":{"peer_id":"A"}}`, want: Parents{}},
	{
		name: "too many parents", direction: fromServer,
		text: `{"action":"parents","nodes":[` + strings.Repeat(`{"peer_id":"A"},`, MaxEntries) + `{"peer_id":"B"}]}`,
		want: Parents{Nodes: repeat(Candidate{PeerID: "A"}, MaxEntries)},
	},
	{name: "case 83: disconnect without a list", direction: fromServer, text: `{"action":"disconnect","to_peers":"A"}`, want: Disconnect{}},
	{name: "case 83: disconnect with holes", direction: fromServer, text: `{"action":"disconnect","to_peers":[null,"",{},5,"B"]}`, want: Disconnect{[]PeerID{"5", "B"}}},
	{
		name: "too many to disconnect", direction: fromServer,
		text: `{"action":"disconnect","to_peers":[` + strings.Repeat(`"A",`, MaxEntries) + `"B"]}`,
		want: Disconnect{repeat(PeerID("A"), MaxEntries)},
	},
	{name: "adopt with the older name", direction: fromServer, text: `{"action":"adopt","parentId":4,"residual_bw":null}`, want: Adopt{"4", -1}},
	{name: "adopt with absurd bandwidth", direction: fromServer, text: `{"action":"adopt","parent_id":"B","residual_bw":1e300}`, want: Adopt{"B", -1}},
	{name: "transition reply without success", direction: fromServer, text: `{"action":"transition"}`, want: TransitionReply{}},
	{name: "relayed refusal, short form", direction: fromServer, text: `{"action":"reject","from":"B"}`, want: Reject{From: "B"}},
	{name: "signal with receiver", direction: fromServer, text: `{"action":"signal","from_peer_id":2,"to_peer_id":"A","data":null}`, want: Signal{From: "2", To: "A"}},

	// Server to peer, no message.
	{name: "a peer's message", direction: fromServer, text: `{"action":"enter"}`, err: ErrUnknown},
	{name: "connect to nobody", direction: fromServer, text: `{"action":"connect"}`, err: ErrMalformed},
	{name: "adopt by nobody", direction: fromServer, text: `{"action":"adopt","residual_bw":5}`, err: ErrMalformed},
	{name: "signal from nobody", direction: fromServer, text: `{"action":"signal","data":{}}`, err: ErrMalformed},
	{name: "signal of a number", direction: fromServer, text: `{"action":"signal","from_peer_id":"B","data":5}`, err: ErrMalformed},
	{name: "not an object", direction: fromServer, text: `"accept"`, err: ErrMalformed},

	// Viewer to server.
	{name: "get_topology", direction: fromViewer, canonical: true, text: `{"action":"get_topology"}`, want: GetTopology{}},
	{name: "get_topology of a channel", direction: fromViewer, canonical: true, text: `{"action":"get_topology","channel":"c"}`, want: GetTopology{"c"}},
	{name: "get_stats", direction: fromViewer, canonical: true, text: `{"action":"get_stats"}`, want: GetStats{}},
	{name: "a viewer's unknown", direction: fromViewer, text: `{"action":"enter"}`, err: ErrUnknown},
	{name: "a viewer's nonsense", direction: fromViewer, text: `{"action":1}`, err: ErrMalformed},

	// Server to viewer.
	{
		name: "topology", direction: feed, canonical: true,
		text: `{"action":"topology","totalstreams":3,"nodes":[` +
			`{"id":"A","parents":[],"info":{"ISP":"","country":"","province":"","city":"","ul_bw":0,"substreams":0,"root":true}},` +
			`{"id":"B","parents":[{"id":"A","substreams":3}],"info":{"ISP":"i","country":"c","province":"p","city":"t","ul_bw":5,"substreams":3,"device":"PC","level":1,"engine":"bittorrent","conns":3,"address":"192.0.2.1"}}],"seq":7}`,
		want: Topology{TotalStreams: 3, Seq: 7, Nodes: []Node{
			{ID: "A", Info: NodeInfo{Root: true}},
			{ID: "B", Parents: []NodeParent{{"A", 3}}, Info: NodeInfo{"i", "c", "p", "t", 5, 3, "PC", 1, false, "bittorrent", 3, "192.0.2.1"}},
		}},
	},
	{name: "empty topology", direction: feed, canonical: true, text: `{"action":"topology","totalstreams":0,"nodes":[]}`, want: Topology{}},
	{
		name: "topology of the examples", direction: feed,
		text: `{"action":"topology","totalstreams":3,"nodes":[null,{"id":2,"parents":[{"id":1,"substreams":2},null,{"id":3,"substreams":1e9}],"info":{"ISP":5}}]}`,
		want: Topology{TotalStreams: 3, Nodes: []Node{{ID: "2", Parents: []NodeParent{{"1", 2}, {"3", 32}}}}},
	},
	{
		name: "join", direction: feed, canonical: true,
		text: `{"action":"join","node":{"id":"C","parents":[],"info":{"ISP":"","country":"","province":"","city":"x","ul_bw":4194304,"substreams":0}},"seq":8}`,
		want: NodeJoin{Node: Node{ID: "C", Info: NodeInfo{City: "x", UplinkBW: 4194304}}, Seq: 8},
	},
	{name: "node leaves", direction: feed, canonical: true, text: `{"action":"leave","node":{"id":"C"},"seq":18446744073709551615}`, want: NodeLeave{"C", 1<<64 - 1}},
	{
		name: "edge up", direction: feed, canonical: true,
		text: `{"action":"connect","edge":{"from":"A","to":"C","substreams":2},"seq":10}`, want: EdgeUp{"A", "C", 2, 10},
	},
	{
		name: "edge down", direction: feed, canonical: true,
		text: `{"action":"disconnect","edge":{"from":"A","to":"C"},"seq":11}`, want: EdgeDown{"A", "C", 11},
	},
	{name: "edge of numbers", direction: feed, text: `{"action":"connect","edge":{"from":1,"to":2,"substreams":2},"seq":-1}`, want: EdgeUp{"1", "2", 2, 0}},
	{
		name: "totals", direction: feed, canonical: true,
		text: `{"action":"statistics","result":{"source":10,"p2p":90,"nodes":{"A":{"source":10,"p2p":0},"B":{"source":0,"p2p":90}}},"seq":12}`,
		want: Totals{Source: 10, P2P: 90, Nodes: map[PeerID]NodeTotals{"A": {10, 0}, "B": {0, 90}}, Seq: 12},
	},
	{name: "totals without nodes", direction: feed, canonical: true, text: `{"action":"statistics","result":{"source":10,"p2p":90}}`, want: Totals{Source: 10, P2P: 90}},
	{
		name: "totals with holes", direction: feed, text: `{"action":"statistics","result":{"source":"x","p2p":-5,"nodes":{"":{},"A":5,"B":{"p2p":1e300}}}}`,
		want: Totals{Nodes: map[PeerID]NodeTotals{"B": {0, 1 << 53}}},
	},
	{name: "totals without result", direction: feed, text: `{"action":"statistics","result":[]}`, want: Totals{}},
	{name: "join of nobody", direction: feed, text: `{"action":"join","node":{}}`, err: ErrMalformed},
	{name: "nobody leaves", direction: feed, text: `{"action":"leave"}`, err: ErrMalformed},
	{name: "edge from nobody", direction: feed, text: `{"action":"connect","edge":{"to":"C"}}`, err: ErrMalformed},
	{name: "edge to nobody", direction: feed, text: `{"action":"disconnect","edge":{"from":"A"}}`, err: ErrMalformed},
	{name: "unknown in the feed", direction: feed, text: `{"action":"parents"}`, err: ErrUnknown},
	{name: "longer than a message", direction: feed, text: pad(`{"action":"statistics"}`, MaxMessage+1), want: Totals{}},
	{name: "longer than the feed", direction: feed, text: pad(`{"action":"statistics"}`, MaxFeed+1), err: ErrMalformed},
}

// nest returns arrays nested depth deep.
func nest(depth int) string {
	return strings.Repeat("[", depth) + strings.Repeat("]", depth)
}

// pad lengthens text with spaces.
func pad(text string, length int) string {
	return text + strings.Repeat(" ", length-len(text))
}

func repeat[T any](v T, n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = v
	}
	return s
}
