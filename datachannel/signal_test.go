package datachannel

import (
	"errors"
	"strings"
	"testing"
)

const hostLine = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host"

var signalCases = []struct {
	name string
	in   string
	want signal
	err  error
}{
	{name: "offer", in: `{"type":"offer","sdp":"v=0"}`, want: signal{kind: signalOffer, sdp: "v=0"}},
	{name: "answer", in: `{"type":"answer","sdp":"v=0"}`, want: signal{kind: signalAnswer, sdp: "v=0"}},
	{name: "JSON string (case 68)", in: ` "{\"type\":\"offer\",\"sdp\":\"v=0\"}"`, want: signal{kind: signalOffer, sdp: "v=0"}},
	{name: "candidate", in: `{"candidate":{"candidate":"` + hostLine + `","sdpMLineIndex":0,"sdpMid":"0"}}`, want: signal{kind: signalCandidate, candidate: hostLine}},
	{name: "candidate with type", in: `{"type":"candidate","candidate":{"candidate":"` + hostLine + `"}}`, want: signal{kind: signalCandidate, candidate: hostLine}},
	{name: "flat candidate", in: `{"candidate":"` + hostLine + `","sdpMid":"0"}`, want: signal{kind: signalCandidate, candidate: hostLine}},
	{name: "end of candidates", in: `{"candidate":{"candidate":""}}`},
	{name: "null candidate", in: `{"candidate":null}`},
	{name: "TCP candidate", in: `{"candidate":{"candidate":"candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active"}}`},
	{name: "name of multicast DNS", in: `{"candidate":{"candidate":"candidate:1 1 udp 1 4c7c1b2e.LOCAL 5000 typ host"}}`},
	{name: "cut candidate", in: `{"candidate":{"candidate":"candidate:1 1 udp"}}`},
	{name: "renegotiate", in: `{"renegotiate":true}`},
	{name: "rollback", in: `{"type":"rollback","sdp":""}`},
	{name: "nothing", in: ``, err: ErrBadSignal},
	{name: "null", in: `null`, err: ErrBadSignal},
	{name: "array", in: `[]`, err: ErrBadSignal},
	{name: "string of nonsense", in: `"hello"`, err: ErrBadSignal},
	{name: "broken string", in: `"{`, err: ErrBadSignal},
	{name: "numeric candidate", in: `{"candidate":5}`, err: ErrBadSignal},
	{name: "too long", in: `{"type":"offer","sdp":"` + strings.Repeat("x", MaxText) + `"}`, err: ErrBadSignal},
}

func TestParseSignal(t *testing.T) {
	t.Parallel()
	for _, c := range signalCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseSignal([]byte(c.in))
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %+v, %v; want %+v, %v", got, err, c.want, c.err)
			}
			if IsOffer([]byte(c.in)) != (c.want.kind == signalOffer) {
				t.Error("IsOffer disagrees")
			}
		})
	}
}

func TestEncodeSignal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{string(encodeDescription("offer", "v=0\r\n")), `{"type":"offer","sdp":"v=0\r\n"}`},
		{string(encodeCandidate(hostLine, "0")), `{"candidate":{"candidate":"` + hostLine + `","sdpMLineIndex":0,"sdpMid":"0"}}`},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestMediaID(t *testing.T) {
	t.Parallel()
	for sdp, want := range map[string]string{
		"v=0\r\na=mid:data\r\na=x\r\n": "data",
		"v=0\na=mid:1":                 "1",
		"v=0\r\n":                      "0",
	} {
		if got := mediaID(sdp); got != want {
			t.Errorf("%q: got %q, want %q", sdp, got, want)
		}
	}
}

func FuzzParseSignal(f *testing.F) {
	for _, c := range signalCases {
		if len(c.in) < 4096 {
			f.Add([]byte(c.in))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseSignal(data)
		if err != nil && !errors.Is(err, ErrBadSignal) {
			t.Fatalf("error of an unknown kind: %v", err)
		}
		if s.kind == signalCandidate && !usableCandidate(s.candidate) {
			t.Fatalf("unusable candidate %q", s.candidate)
		}
	})
}
