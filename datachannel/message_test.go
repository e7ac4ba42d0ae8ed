package datachannel

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

// cases feeds the decode tests, the encode tests and the seeds of the fuzzer.
// With want nil the text must give err. With out empty the message must be
// written as in.
var cases = []struct {
	name string
	in   string
	want Message
	err  error
	out  string
}{
	// As the protocol writes them.
	{name: "request", in: `{"event":"REQUEST","url":"seg42.ts","sn":42,"br":2500000}`, want: Request{URL: "seg42.ts", SN: 42, BitRate: 2500000}},
	{name: "request with url only", in: `{"event":"REQUEST","url":"a/b.ts?x=1&y=<2>"}`, want: Request{URL: "a/b.ts?x=1&y=<2>", SN: NoSN}},
	{name: "request with sn only", in: `{"event":"REQUEST","sn":0}`, want: Request{SN: 0}},
	{name: "request with quotes in the url", in: `{"event":"REQUEST","url":"a\"b\\c\u0001中"}`, want: Request{URL: "a\"b\\c\x01中", SN: NoSN}},
	{name: "piece", in: `{"event":"PIECE","attachments":3,"url":"seg42.ts","sn":42,"size":32868,"current":45}`, want: Piece{Attachments: 3, URL: "seg42.ts", SN: 42, Size: 32868, Current: 45}},
	{name: "piece without current", in: `{"event":"PIECE","attachments":1,"url":"s","sn":0,"size":1}`, want: Piece{Attachments: 1, URL: "s", Size: 1, Current: NoSN}},
	{name: "piece that passed two peers", in: `{"event":"PIECE","attachments":1,"url":"s","sn":0,"size":1,"hops":2}`, want: Piece{Attachments: 1, URL: "s", Size: 1, Current: NoSN, Hops: 2}},
	{name: "piece with hops beyond belief", in: `{"event":"PIECE","attachments":1,"url":"s","sn":0,"size":1,"hops":1e9}`, want: Piece{Attachments: 1, URL: "s", Size: 1, Current: NoSN, Hops: MaxHops}, out: `{"event":"PIECE","attachments":1,"url":"s","sn":0,"size":1,"hops":64}`},
	{name: "piece with false hops", in: `{"event":"PIECE","attachments":1,"url":"s","sn":0,"size":1,"hops":-3}`, want: Piece{Attachments: 1, URL: "s", Size: 1, Current: NoSN}, out: `{"event":"PIECE","attachments":1,"url":"s","sn":0,"size":1}`},
	{name: "empty piece", in: `{"event":"PIECE","attachments":0,"url":"s","size":0}`, want: Piece{URL: "s", SN: NoSN, Current: NoSN}},
	{name: "lack", in: `{"event":"LACK","url":"seg44.ts","current":41}`, want: Lack{URL: "seg44.ts", Current: 41, SN: NoSN}},
	{name: "lack before playing", in: `{"event":"LACK","url":"seg44.ts","current":-1,"sn":44}`, want: Lack{URL: "seg44.ts", Current: NoSN, SN: 44}},
	{name: "keepalive", in: `{"event":"KEEPALIVE","current":45}`, want: Keepalive{Current: 45}},
	{name: "keepalive without current", in: `{"event":"KEEPALIVE"}`, want: Keepalive{Current: NoSN}},
	{name: "keepalive ack", in: `{"event":"KEEPALIVE-ACK","current":45}`, want: KeepaliveAck{Current: 45}},
	{name: "close", in: `{"event":"CLOSE"}`, want: Close{}},
	{name: "error", in: `{"event":"ERROR"}`, want: Error{}},
	{name: "error with reason", in: `{"event":"ERROR","reason":"bad piece"}`, want: Error{Reason: "bad piece"}},
	{name: "displace", in: `{"event":"DISPLACE","substreams":2}`, want: Displace{Substreams: 2}},
	{name: "transition", in: `{"event":"TRANSITION","ul_bw":550.25,"TTL":2,"source_TTL":2,"from_peer_id":"B"}`, want: Transition{UplinkBW: 550.25, TTL: 2, SourceTTL: 2, From: "B"}},
	{
		name: "grant", in: `{"event":"GRANT","delay":0,"TTL":1,"parents":[{"peer_id":"C","substreams":3}],"from_peer_id":"A","to_peer_id":"B"}`,
		want: Grant{TTL: 1, Parents: []GrantParent{{"C", 3}}, From: "A", To: "B"},
	},
	{
		name: "grant of a root", in: `{"event":"GRANT","delay":2,"TTL":1,"parents":[],"from_peer_id":"A","to_peer_id":"B"}`,
		want: Grant{Delay: 2, TTL: 1, From: "A", To: "B"},
	},

	// As peers of a swarm write them (protocol 5.2, cases 15, 73 and 74).
	{name: "urgent request", in: `{"event":"REQUEST","sn":42,"urgent":true}`, want: Request{SN: 42, Urgent: true}},
	{name: "urgent request with all fields", in: `{"event":"REQUEST","url":"s","sn":0,"br":1,"urgent":true}`, want: Request{URL: "s", BitRate: 1, Urgent: true}},
	{name: "bitfield", in: `{"event":"BITFIELD","field":[0,1,2]}`, want: Bitfield{SNs: []SN{0, 1, 2}}},
	{name: "bitfield in any order", in: `{"event":"BITFIELD","field":[9007199254740991,7,7,0]}`, want: Bitfield{SNs: []SN{maxInteger, 7, 7, 0}}},
	{name: "bitfield of nothing", in: `{"event":"BITFIELD","field":[]}`, want: Bitfield{}},
	{name: "have", in: `{"event":"HAVE","sn":42}`, want: Have{SN: 42}},
	{name: "case 73: have 0", in: `{"event":"HAVE","sn":0}`, want: Have{SN: 0}},
	{name: "lost", in: `{"event":"LOST","sn":42}`, want: Lost{SN: 42}},
	{name: "lost 0", in: `{"event":"LOST","sn":0}`, want: Lost{SN: 0}},
	{name: "caps", in: `{"event":"CAPS","v":1,"ext":["packet","polluted"],"packet":65536}`, want: Caps{Packet: 65536, Polluted: true}},
	{name: "caps of before", in: `{"event":"CAPS","v":1,"ext":["packet"],"packet":65536}`, want: Caps{Packet: 65536}},
	{name: "caps of who listens only", in: `{"event":"CAPS","v":1,"ext":["polluted"]}`, want: Caps{Polluted: true}},
	{name: "caps without any", in: `{"event":"CAPS","v":1,"ext":[]}`, want: Caps{}},
	{name: "caps of others", in: `{"event":"CAPS","v":2,"ext":["ack","have"]}`, want: Caps{}, out: `{"event":"CAPS","v":1,"ext":[]}`},
	{name: "caps that are no list", in: `{"event":"CAPS","ext":"polluted"}`, want: Caps{}, out: `{"event":"CAPS","v":1,"ext":[]}`},
	{name: "polluted", in: `{"event":"POLLUTED","sn":42,"url":"seg42.ts"}`, want: Polluted{SN: 42, URL: "seg42.ts"}},
	{name: "polluted by sn", in: `{"event":"POLLUTED","sn":0}`, want: Polluted{}},
	{name: "caps with an absurd packet", in: `{"event":"CAPS","packet":1e9}`, want: Caps{}, out: `{"event":"CAPS","v":1,"ext":[]}`},
	{name: "piece ack", in: `{"event":"PIECE_ACK","sn":42,"url":"seg42.ts","size":32868}`, want: PieceAck{SN: 42, URL: "seg42.ts", Size: 32868}},
	{name: "piece ack without size", in: `{"event":"PIECE_ACK","sn":0,"url":"s"}`, want: PieceAck{URL: "s"}},
	{name: "piece ack by sn", in: `{"event":"PIECE_ACK","sn":0}`, want: PieceAck{}},
	{name: "piece ack by url", in: `{"event":"PIECE_ACK","url":"s"}`, want: PieceAck{SN: NoSN, URL: "s"}},
	{name: "ping", in: `{"event":"PING"}`, want: Ping{}},
	{name: "pong", in: `{"event":"PONG"}`, want: Pong{}},

	// Lenient input (protocol 1.5, case 80).
	{name: "urgent in quotes", in: `{"event":"REQUEST","sn":1,"urgent":"true"}`, want: Request{SN: 1, Urgent: true}, out: `{"event":"REQUEST","sn":1,"urgent":true}`},
	{name: "urgent 1", in: `{"event":"REQUEST","sn":1,"urgent":1}`, want: Request{SN: 1, Urgent: true}, out: `{"event":"REQUEST","sn":1,"urgent":true}`},
	{name: "not urgent", in: `{"event":"REQUEST","sn":1,"urgent":false}`, want: Request{SN: 1}, out: `{"event":"REQUEST","sn":1}`},
	{name: "urgent 0", in: `{"event":"REQUEST","sn":1,"urgent":0}`, want: Request{SN: 1}, out: `{"event":"REQUEST","sn":1}`},
	{name: "urgent null", in: `{"event":"REQUEST","sn":1,"urgent":null}`, want: Request{SN: 1}, out: `{"event":"REQUEST","sn":1}`},
	{name: "urgent list", in: `{"event":"REQUEST","sn":1,"urgent":[true]}`, want: Request{SN: 1}, out: `{"event":"REQUEST","sn":1}`},
	{name: "bitfield without field", in: `{"event":"BITFIELD"}`, want: Bitfield{}, out: `{"event":"BITFIELD","field":[]}`},
	{name: "bitfield null", in: `{"event":"BITFIELD","field":null}`, want: Bitfield{}, out: `{"event":"BITFIELD","field":[]}`},
	{
		name: "bitfield with entries that are none",
		in:   `{"event":"BITFIELD","field":[-1,1.5,9007199254740993,1e999,null,true,{"a":[3,4],"b":5},[6,[7]],"","x","NaN","0x1f","8,9","\u0031","\"2","[",10]}`,
		want: Bitfield{SNs: []SN{10}}, out: `{"event":"BITFIELD","field":[10]}`,
	},
	{name: "bitfield of such entries alone", in: `{"event":"BITFIELD","field":[null,-0.5]}`, want: Bitfield{}, out: `{"event":"BITFIELD","field":[]}`},
	{name: "bitfield of strings", in: "{\"event\":\"BITFIELD\",\"field\":[ \"1\" ,\t\" 2 \",\n3 ,4.0,5e1 ] }", want: Bitfield{SNs: []SN{1, 2, 3, 4, 50}}, out: `{"event":"BITFIELD","field":[1,2,3,4,50]}`},
	{name: "have in quotes", in: `{"event":"HAVE","sn":"12"}`, want: Have{SN: 12}, out: `{"event":"HAVE","sn":12}`},
	{name: "piece ack with hints of wrong type", in: `{"event":"PIECE_ACK","url":"s","sn":-1,"size":"x"}`, want: PieceAck{SN: NoSN, URL: "s"}, out: `{"event":"PIECE_ACK","url":"s"}`},
	{name: "ping with fields", in: `{"event":"PING","url":5,"field":{}}`, want: Ping{}, out: `{"event":"PING"}`},
	{name: "numeric strings", in: `{"event":"PIECE","attachments":"3","url":"s","sn":"12","size":" 32868 "}`, want: Piece{Attachments: 3, URL: "s", SN: 12, Size: 32868, Current: NoSN}, out: `{"event":"PIECE","attachments":3,"url":"s","sn":12,"size":32868}`},
	{name: "numeric ids", in: `{"event":"TRANSITION","ul_bw":"550","TTL":2,"source_TTL":2,"from_peer_id":7}`, want: Transition{UplinkBW: 550, TTL: 2, SourceTTL: 2, From: "7"}, out: `{"event":"TRANSITION","ul_bw":550,"TTL":2,"source_TTL":2,"from_peer_id":"7"}`},
	{name: "fractions are rounded", in: `{"event":"REQUEST","url":"s","br":266010.6666}`, want: Request{URL: "s", SN: NoSN, BitRate: 266011}, out: `{"event":"REQUEST","url":"s","br":266011}`},
	{name: "sn above 2^53", in: `{"event":"REQUEST","url":"s","sn":9007199254740993}`, want: Request{URL: "s", SN: NoSN}, out: `{"event":"REQUEST","url":"s"}`},
	{name: "negative sn", in: `{"event":"REQUEST","url":"s","sn":-5}`, want: Request{URL: "s", SN: NoSN}, out: `{"event":"REQUEST","url":"s"}`},
	{name: "fractional sn", in: `{"event":"REQUEST","url":"s","sn":1.5}`, want: Request{URL: "s", SN: NoSN}, out: `{"event":"REQUEST","url":"s"}`},
	{name: "hints of wrong type", in: `{"event":"REQUEST","url":"s","sn":{},"br":[1]}`, want: Request{URL: "s", SN: NoSN}, out: `{"event":"REQUEST","url":"s"}`},
	{name: "nulls are absent", in: `{"event":"LACK","url":"s","current":null,"sn":null}`, want: Lack{URL: "s", Current: NoSN, SN: NoSN}, out: `{"event":"LACK","url":"s","current":-1}`},
	{name: "piece not found", in: `{"event":"PIECE_NOT_FOUND","url":"s","sn":3}`, want: Lack{URL: "s", Current: NoSN, SN: 3}, out: `{"event":"LACK","url":"s","current":-1,"sn":3}`},
	{name: "piece not found by sn", in: `{"event":"PIECE_NOT_FOUND","sn":3}`, want: Lack{Current: NoSN, SN: 3}, out: `{"event":"LACK","current":-1,"sn":3}`},
	{name: "unknown fields", in: ` {"x":{"y":[1]},"event":"CLOSE"} `, want: Close{}, out: `{"event":"CLOSE"}`},
	{name: "displace without number", in: `{"event":"DISPLACE"}`, want: Displace{1}, out: `{"event":"DISPLACE","substreams":1}`},
	{name: "displace 0", in: `{"event":"DISPLACE","substreams":0}`, want: Displace{1}, out: `{"event":"DISPLACE","substreams":1}`},
	{name: "displace -1", in: `{"event":"DISPLACE","substreams":-1}`, want: Displace{1}, out: `{"event":"DISPLACE","substreams":1}`},
	{name: "displace x", in: `{"event":"DISPLACE","substreams":"x"}`, want: Displace{1}, out: `{"event":"DISPLACE","substreams":1}`},
	{name: "displace too many", in: `{"event":"DISPLACE","substreams":1e9}`, want: Displace{32}, out: `{"event":"DISPLACE","substreams":32}`},
	{
		name: "case 47: older grant", in: `{"event":"GRANT","TTL":1,"parents":["C",4,null,{"peer_id":""},[],{"peer_id":"D","substreams":0}],"from_peer_id":"A","to_peer_id":"B"}`,
		want: Grant{TTL: 1, Parents: []GrantParent{{"C", 1}, {"4", 1}, {"D", 1}}, From: "A", To: "B"},
		out:  `{"event":"GRANT","delay":0,"TTL":1,"parents":[{"peer_id":"C","substreams":1},{"peer_id":"4","substreams":1},{"peer_id":"D","substreams":1}],"from_peer_id":"A","to_peer_id":"B"}`,
	},
	{
		name: "grant without parents", in: `{"event":"GRANT","TTL":-1,"parents":null,"from_peer_id":"A","to_peer_id":"B"}`,
		want: Grant{TTL: -1, From: "A", To: "B"}, out: `{"event":"GRANT","delay":0,"TTL":-1,"parents":[],"from_peer_id":"A","to_peer_id":"B"}`,
	},

	// Unknown (cases 30, 78).
	{name: "unknown event", in: `{"event":"FOO"}`, err: ErrUnknown},
	{name: "later event", in: `{"event":"CHOKE"}`, err: ErrUnknown},
	{name: "lower case", in: `{"event":"request","url":"s"}`, err: ErrUnknown},
	{name: "former name of piece", in: `{"event":"BINARY","attachments":1,"url":"s","size":1}`, err: ErrUnknown},

	// Malformed (cases 76 to 78, 82).
	{name: "nothing", in: ``, err: ErrMalformed},
	{name: "no JSON", in: `hello`, err: ErrMalformed},
	{name: "array", in: `[1]`, err: ErrMalformed},
	{name: "number", in: `1`, err: ErrMalformed},
	{name: "null", in: `null`, err: ErrMalformed},
	{name: "half", in: `{"event":"CLOSE"`, err: ErrMalformed},
	{name: "two", in: `{"event":"CLOSE"}{}`, err: ErrMalformed},
	{name: "too deep", in: `{"event":"CLOSE","x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, err: ErrMalformed},
	{name: "just not too deep", in: `{"event":"CLOSE","x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, want: Close{}, out: `{"event":"CLOSE"}`},
	{name: "brackets in strings", in: `{"event":"CLOSE","x":"\"` + strings.Repeat("[", 99) + `"}`, want: Close{}, out: `{"event":"CLOSE"}`},
	{name: "too long", in: `{"event":"CLOSE","x":"` + strings.Repeat("x", MaxText) + `"}`, err: ErrMalformed},
	{name: "invalid UTF-8", in: "{\"event\":\"REQUEST\",\"url\":\"\xff\"}", err: ErrMalformed},
	{name: "no event", in: `{}`, err: ErrMalformed},
	{name: "numeric event", in: `{"event":1}`, err: ErrMalformed},
	{name: "object as event", in: `{"event":{}}`, err: ErrMalformed},
	{name: "request for nothing", in: `{"event":"REQUEST"}`, err: ErrMalformed},
	{name: "numeric url", in: `{"event":"REQUEST","url":5,"sn":5}`, err: ErrMalformed},
	{name: "long url", in: `{"event":"REQUEST","url":"` + strings.Repeat("x", MaxURL+1) + `"}`, err: ErrMalformed},
	{name: "piece without url", in: `{"event":"PIECE","attachments":1,"size":1}`, err: ErrMalformed},
	{name: "piece without size", in: `{"event":"PIECE","attachments":1,"url":"s"}`, err: ErrMalformed},
	{name: "piece of negative size", in: `{"event":"PIECE","attachments":1,"url":"s","size":-1}`, err: ErrMalformed},
	{name: "piece without attachments", in: `{"event":"PIECE","attachments":0,"url":"s","size":1}`, err: ErrMalformed},
	{name: "more attachments than bytes", in: `{"event":"PIECE","attachments":2,"url":"s","size":1}`, err: ErrMalformed},
	{name: "too many attachments", in: `{"event":"PIECE","attachments":65537,"url":"s","size":1e9}`, err: ErrMalformed},
	{name: "most attachments", in: `{"event":"PIECE","attachments":65536,"url":"s","size":65536}`, want: Piece{Attachments: 65536, URL: "s", SN: NoSN, Size: 65536, Current: NoSN}},
	{name: "bitfield as a mask", in: `{"event":"BITFIELD","field":"1011"}`, err: ErrMalformed},
	{name: "bitfield as an object", in: `{"event":"BITFIELD","field":{"0":1}}`, err: ErrMalformed},
	{name: "bitfield as a number", in: `{"event":"BITFIELD","field":7}`, err: ErrMalformed},
	{name: "polluted nothing", in: `{"event":"POLLUTED","url":"seg42.ts"}`, err: ErrMalformed},
	{name: "polluted number", in: `{"event":"POLLUTED","sn":1,"url":7}`, err: ErrMalformed},
	{name: "have nothing", in: `{"event":"HAVE"}`, err: ErrMalformed},
	{name: "have null", in: `{"event":"HAVE","sn":null}`, err: ErrMalformed},
	{name: "have -1", in: `{"event":"HAVE","sn":-1}`, err: ErrMalformed},
	{name: "have half", in: `{"event":"HAVE","sn":0.5}`, err: ErrMalformed},
	{name: "have above 2^53", in: `{"event":"HAVE","sn":9007199254740993}`, err: ErrMalformed},
	{name: "lost nothing", in: `{"event":"LOST"}`, err: ErrMalformed},
	{name: "lost a list", in: `{"event":"LOST","sn":[1]}`, err: ErrMalformed},
	{name: "piece ack of nothing", in: `{"event":"PIECE_ACK","size":5}`, err: ErrMalformed},
	{name: "piece ack of a numeric url", in: `{"event":"PIECE_ACK","url":5,"sn":5}`, err: ErrMalformed},
	{name: "piece not found, nothing", in: `{"event":"PIECE_NOT_FOUND"}`, err: ErrMalformed},
	{name: "lack of nothing", in: `{"event":"LACK","current":3}`, err: ErrMalformed},
	{name: "transition without bandwidth", in: `{"event":"TRANSITION","TTL":2,"source_TTL":2,"from_peer_id":"B"}`, err: ErrMalformed},
	{name: "transition NaN", in: `{"event":"TRANSITION","ul_bw":"NaN","TTL":2,"source_TTL":2,"from_peer_id":"B"}`, err: ErrMalformed},
	{name: "transition Inf", in: `{"event":"TRANSITION","ul_bw":"Inf","TTL":2,"source_TTL":2,"from_peer_id":"B"}`, err: ErrMalformed},
	{name: "transition hexadecimal", in: `{"event":"TRANSITION","ul_bw":"0x1p4","TTL":2,"source_TTL":2,"from_peer_id":"B"}`, err: ErrMalformed},
	{name: "transition negative", in: `{"event":"TRANSITION","ul_bw":-1,"TTL":2,"source_TTL":2,"from_peer_id":"B"}`, err: ErrMalformed},
	{name: "transition 1e300", in: `{"event":"TRANSITION","ul_bw":1e300,"TTL":2,"source_TTL":2,"from_peer_id":"B"}`, err: ErrMalformed},
	{name: "transition 1e999", in: `{"event":"TRANSITION","ul_bw":1e999,"TTL":2,"source_TTL":2,"from_peer_id":"B"}`, err: ErrMalformed},
	{name: "transition without TTL", in: `{"event":"TRANSITION","ul_bw":1,"source_TTL":2,"from_peer_id":"B"}`, err: ErrMalformed},
	{name: "transition of huge TTL", in: `{"event":"TRANSITION","ul_bw":1,"TTL":1e9,"source_TTL":2,"from_peer_id":"B"}`, err: ErrMalformed},
	{name: "transition from nobody", in: `{"event":"TRANSITION","ul_bw":1,"TTL":2,"source_TTL":2,"from_peer_id":""}`, err: ErrMalformed},
	{name: "transition from a long id", in: `{"event":"TRANSITION","ul_bw":1,"TTL":2,"source_TTL":2,"from_peer_id":"` + strings.Repeat("x", maxID+1) + `"}`, err: ErrMalformed},
	{name: "grant with wrong parents", in: `{"event":"GRANT","TTL":1,"parents":{},"from_peer_id":"A","to_peer_id":"B"}`, err: ErrMalformed},
	{name: "grant with wrong delay", in: `{"event":"GRANT","delay":-1,"TTL":1,"parents":[],"from_peer_id":"A","to_peer_id":"B"}`, err: ErrMalformed},
	{name: "grant without sender", in: `{"event":"GRANT","TTL":1,"parents":[],"to_peer_id":"B"}`, err: ErrMalformed},
	{name: "grant to a fraction", in: `{"event":"GRANT","TTL":1,"parents":[],"from_peer_id":"A","to_peer_id":1.5}`, err: ErrMalformed},
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse([]byte(c.in))
			if !errors.Is(err, c.err) || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %#v, %v; want %#v, %v", got, err, c.want, c.err)
			}
		})
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		if c.want == nil {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := c.out
			if want == "" {
				want = c.in
			}
			if c.name == "request with quotes in the url" {
				want = `{"event":"REQUEST","url":"a\"b\\c\u0001中"}`
			}
			if got := string(Append([]byte("x"), c.want)); got != "x"+want {
				t.Errorf("got  %s\nwant x%s", got, want)
			}
		})
	}
}

func TestAppendNeverWritesInvalidNumbers(t *testing.T) {
	t.Parallel()
	for _, bw := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		text := Append(nil, Transition{UplinkBW: bw, From: "A"})
		if m, err := Parse(text); err != nil || m.(Transition).UplinkBW != 0 {
			t.Errorf("%s: %v, %v", text, m, err)
		}
	}
}

func TestMalformedErrorSaysWhere(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{"event":"PIECE","url":"s"}`))
	var m *MalformedError
	if !errors.As(err, &m) || m.Event != "PIECE" || m.Reason == "" {
		t.Errorf("got %#v", err)
	}
}

func TestParseCapsLists(t *testing.T) {
	t.Parallel()
	parents := strings.TrimSuffix(strings.Repeat(`"p",`, 40), ",")
	m, err := Parse(fmt.Appendf(nil, `{"event":"GRANT","TTL":1,"parents":[%s],"from_peer_id":"A","to_peer_id":"B"}`, parents))
	if err != nil || len(m.(Grant).Parents) != MaxGrantParents {
		t.Errorf("got %+v, %v", m, err)
	}
	m, err = Parse([]byte(`{"event":"ERROR","reason":"` + strings.Repeat("中", 200) + `"}`))
	if err != nil || m.(Error).Reason != strings.Repeat("中", maxReason/3) {
		t.Errorf("got %+v, %v", m, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range cases {
		if len(c.in) < 4096 {
			f.Add([]byte(c.in))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err != nil {
			if m != nil || errors.Is(err, ErrUnknown) == errors.Is(err, ErrMalformed) {
				t.Fatalf("%v and error %v", m, err)
			}
			return
		}
		if b, ok := m.(Bitfield); ok {
			m = Bitfield{SNs: b.written()} // "1e15" is shorter than what is written
		}
		again, err := Parse(Append(nil, m))
		if err != nil || !reflect.DeepEqual(again, m) {
			t.Fatalf("%#v became %#v, %v", m, again, err)
		}
	})
}
