package mesh

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// eventLines has every event in its text form.
var eventLines = []struct {
	line string
	ev   Event
}{
	{"tick", Tick{}},
	{"wanted sn=12 dur=2s play=9s", Wanted{SN: 12, Duration: 2 * time.Second, PlayAt: 9 * time.Second}},
	{"wanted sn=-1 dur=1.5µs play=-1m0s waiting", Wanted{SN: -1, Duration: 1500, PlayAt: -time.Minute, Waiting: true}},
	{"unwanted sn=9223372036854775807", Unwanted{SN: math.MaxInt64}},
	{"progress sn=0 bytes=16384 size=-1", Progress{Bytes: 16384, Size: -1}},
	{"wanted sn=1 dur=2s play=9s alone", Wanted{SN: 1, Duration: 2 * time.Second, PlayAt: 9 * time.Second, Alone: true}},
	{"wanted sn=1 dur=2s play=9s waiting watched", Wanted{SN: 1, Duration: 2 * time.Second, PlayAt: 9 * time.Second, Waiting: true, Watched: true}},
	{"progress sn=0 bytes=16384 size=20000 came=100 hops=3", Progress{Bytes: 16384, Size: 20000, Came: 100, Hops: 3}},
	{"arrived sn=3 bytes=10 first=50ms took=250ms", Arrived{SN: 3, Bytes: 10, First: 50 * time.Millisecond, Took: 250 * time.Millisecond}},
	{"met sn=3", Met{SN: 3}},
	{"arrived sn=3 bytes=10 took=250ms", Arrived{SN: 3, Bytes: 10, Took: 250 * time.Millisecond}},
	{"arrived sn=3 from=A bytes=10 took=0s", Arrived{SN: 3, From: "A", Bytes: 10}},
	{`failed sn=3 from="a b" why="bad size"`, Failed{SN: 3, From: "a b", Reason: BadSize}},
	{`failed sn=3 why=""`, Failed{SN: 3}},
	{"lacked sn=3 from=A", Lacked{SN: 3, From: "A"}},
	{"newest from=A theirs=-1 ours=3", Newest{From: "A", Theirs: -1, Ours: 3}},
	{"asked sn=3 from=K", Asked{SN: 3, From: "K"}},
	{"rated stream=2500000", Rated{Stream: 2_500_000}},
	{"rated stream=1e+300", Rated{Stream: 1e300}},
	{"rated stream=+Inf", Rated{Stream: BitRate(math.Inf(1))}},
	{"offering uplink=8000000 children=16", Offering{Uplink: 8_000_000, MaxChildren: 16}},
	{"offering uplink=0", Offering{}},
	{"entered self=M", Entered{Self: "M"}},
	{"entered self=M substreams=4", Entered{Self: "M", Substreams: 4}},
	{"relay-up", RelayUp{}},
	{"offline", Offline{}},
	{"barred", Barred{}},
	{`offered peer=""`, Offered{}},
	{"unreachable peer=A", Unreachable{Peer: "A"}},
	{"link-up peer=A child", LinkUp{Peer: "A", Child: true}},
	{"link-down peer=A failed", LinkDown{Peer: "A", Failed: true}},
	{"listed first=0 last=29 dur=2s", Listed{First: 0, Last: 29, Duration: 2 * time.Second}},
	{"listed first=5 last=9 dur=2s live", Listed{First: 5, Last: 9, Duration: 2 * time.Second, Live: true}},
	{"demanded sn=0", Demanded{}},
	{"evicted sn=3", Evicted{SN: 3}},
	{"peers", Peers{}},
	{"peers peer=A peer=B", Peers{IDs: []PeerID{"A", "B"}}},
	{"holds from=A", Holds{From: "A"}},
	{"holds from=A sn=0 sn=-5", Holds{From: "A", SNs: []SN{0, -5}}},
	{"has from=A sn=0", Has{From: "A"}},
	{"has-lost from=A sn=7", HasLost{From: "A", SN: 7}},
	{"parents", Parents{}},
	{`parents node=A:1.5 node="\n=\"\xff":-1`, Parents{Nodes: []Candidate{{"A", 1.5}, {"\n=\"\xff", -1}}}},
	{"connect peer=频道", nil},
	{`connect peer="频道"`, Connect{Peer: "频道"}},
	{"adopt parent=B residual=550", Adopt{Parent: "B", Residual: 550}},
	{"displaced from=K", Displaced{From: "K"}},
	{"displaced from=K substreams=-2", Displaced{From: "K", Substreams: -2}},
	{"transition-reply success", TransitionReply{Success: true}},
	{"transition-reply", TransitionReply{}},
	{
		"transition-asked from=K origin=R uplink=550.5 ttl=2 source-ttl=3",
		TransitionAsked{From: "K", Origin: "R", Uplink: 550.5, TTL: 2, SourceTTL: 3},
	},
	{"granted from=A granter=C to=M level=0 ttl=-1", Granted{From: "A", Granter: "C", To: "M", TTL: -1}},
	{
		`granted from=A granter=A to=M level=2 ttl=1 parent=C:3 parent="":0`,
		Granted{From: "A", Granter: "A", To: "M", Level: 2, TTL: 1, Parents: []GrantParent{{"C", 3}, {"", 0}}},
	},
	{"levelled level=3", Levelled{Level: 3}},
	{"disconnect", Disconnect{}},
	{"disconnect peer=A peer=B", Disconnect{Peers: []PeerID{"A", "B"}}},
}

func TestEventLines(t *testing.T) {
	t.Parallel()
	for _, tt := range eventLines {
		line := "@1.5s " + tt.line
		now, ev, err := ParseEvent(line)
		if tt.ev == nil {
			if err == nil {
				t.Errorf("%s: no error", line)
			}
			continue
		}
		if err != nil || now != 1500*time.Millisecond || !reflect.DeepEqual(ev, tt.ev) {
			t.Errorf("%s: read as %v %#v, %v", line, now, ev, err)
		}
		if got := FormatEvent(1500*time.Millisecond, tt.ev); got != line {
			t.Errorf("%#v: written as %s, want %s", tt.ev, got, line)
		}
	}
}

// badLines are no events.
var badLines = []string{
	"",
	"tick",
	"@1s",
	"@ tick",
	"@1 tick",
	"@1s=2 tick",
	"@1s tick=2",
	"@1s tock",
	"@1s tick now",
	"@1s unwanted",
	"@1s unwanted sn",
	"@1s unwanted sn=",
	"@1s unwanted sn=x",
	"@1s unwanted sn=1 sn=2",
	"@1s unwanted sn=1:2",
	"@1s unwanted sn=9223372036854775808",
	"@1s unwanted =1",
	"@1s wanted sn=1 dur=2 play=1s",
	"@1s wanted sn=1 dur=2s play=1s waiting=yes",
	"@1s rated stream=fast",
	"@1s parents node=A",
	"@1s parents node=A:",
	"@1s parents node=A;3",
	`@1s connect peer="A`,
	`@1s connect peer="A"B`,
	"@1s connect peer=A=B",
	"@1s adopt parent=B",
	"@1s displaced from",
	"@1s granted from=A granter=C to=M level=0 ttl=1 parent=A",
	"@1s granted from=A granter=C to=M level=0 ttl=1 parent=A3",
	"@1s granted from=A granter=C to=M level=0 ttl=1 parent=A:x",
	"@1s levelled level=",
	"@1s disconnect peer",
	"@1s connect peer=" + strings.Repeat("A", maxLine),
}

func TestBadLines(t *testing.T) {
	t.Parallel()
	for _, line := range badLines {
		if now, ev, err := ParseEvent(line); err == nil || ev != nil || now != 0 {
			t.Errorf("%.60q: read as %v %#v, %v", line, now, ev, err)
		}
	}
}

func TestFormatAction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a    Action
		want string
	}{
		{AskParent{Peer: "A", SN: 1}, "ask parent=A sn=1"},
		{AskOrigin{SN: 1}, "ask origin sn=1"},
		{AskTail{SN: 1, From: 2}, "ask tail sn=1 at=2"},
		{AskOrigin{SN: 1, Delay: time.Second}, "ask origin sn=1 delay=1s"},
		{GiveUp{SN: 1, Reason: NotFound}, `give-up sn=1 why="not found"`},
		{Dial{Peer: "a b"}, `dial peer="a b"`},
		{Accept{Peer: "A"}, "accept peer=A"},
		{Refuse{Peer: "A", Reason: Full}, "refuse peer=A why=full"},
		{Drop{Peer: "A", Reason: Ordered}, "drop peer=A why=ordered"},
		{GetParents{}, "get-parents"},
		{AskParent{Peer: "A", SN: 3, Urgent: true}, "ask parent=A sn=3 urgent"},
		{Fetch{SN: 0}, "fetch sn=0"},
		{GetPeers{}, "get-peers"},
		{ReportOpened{Parent: "A", Substreams: 2, Rate: 1.5}, "report-opened parent=A substreams=2 rate=1.5"},
		{ReportOpened{Child: "A", Substreams: 2, Rate: 1}, "report-opened child=A substreams=2 rate=1"},
		{Displace{Peer: "A", Substreams: 2}, "displace peer=A substreams=2"},
		{Ignored{From: "A", What: NotChild}, `ignored from=A what="not a child"`},
		{Ignored{What: OwnID}, `ignored what="own id"`},
		{AskAdopt{Peer: "A"}, "ask-adopt peer=A"},
		{
			SendTransition{Peer: "A", Origin: "M", Uplink: 550, TTL: 1, SourceTTL: 2},
			"send-transition peer=A origin=M uplink=550 ttl=1 source-ttl=2",
		},
		{
			SendGrant{Peer: "K", Granter: "M", To: "R", Level: 1, TTL: 2, Parents: []GrantParent{{"A", 3}}},
			"send-grant peer=K granter=M to=R level=1 ttl=2 parent=A:3",
		},
		{ReportClosed{Child: "A", Substreams: 1}, "report-closed child=A substreams=1 rate=0"},
		{ReportFailed{Parent: "A"}, "report-failed parent=A"},
	} {
		if got := FormatAction(tt.a); got != "  -> "+tt.want {
			t.Errorf("%#v: %q, want %q", tt.a, got, tt.want)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, tt := range eventLines {
		f.Add("@1.5s " + tt.line)
	}
	for _, line := range badLines[:len(badLines)-1] {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		now, ev, err := ParseEvent(line)
		if err != nil {
			return
		}
		once := FormatEvent(now, ev)
		now2, ev2, err := ParseEvent(once)
		if err != nil {
			t.Fatalf("%q was written as %q: %v", line, once, err)
		}
		if twice := FormatEvent(now2, ev2); twice != once {
			t.Fatalf("%q, then %q", once, twice)
		}
	})
}
