package datachannel

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

// packet is one message of a script: text if it begins with "{" or is marked so.
type packet struct {
	data []byte
	text bool
}

func txt(s string) packet         { return packet{[]byte(s), true} }
func bin(n int) packet            { return packet{bytes.Repeat([]byte{7}, n), false} }
func (p packet) n(k int) []packet { return slices.Repeat([]packet{p}, k) }

// scripted is a channel that delivers a script and then ends cleanly.
type scripted struct {
	channel
	script  []packet
	largest int // buffer that was ever offered
}

func (s *scripted) ReadDataChannel(p []byte) (int, bool, error) {
	s.largest = max(s.largest, len(p))
	if len(s.script) == 0 {
		return 0, false, io.EOF
	}
	next := s.script[0]
	if len(next.data) > len(p) {
		return 0, false, io.ErrShortBuffer
	}
	s.script = s.script[1:]
	return copy(p, next.data), next.text, nil
}

func (*scripted) SetReadDeadline(time.Time) error      { return nil }
func (*scripted) SetWriteDeadline(time.Time) error     { return nil }
func (*scripted) SetBufferedAmountLowThreshold(uint64) {}
func (*scripted) OnBufferedAmountLow(func())           {}

// scriptedLink is an open link over a channel that is none.
func scriptedLink(c Config, e *ear, ch channel) *Link {
	l := newLink(&Host{cfg: c, log: slog.New(slog.DiscardHandler)}, "remote", nil, nil, e)
	l.use(ch)
	return l
}

// story runs a script and tells what the handler heard, in order.
func story(c Config, script []packet) (heard []string, largest int, cause error) {
	e := newEar()
	t := &teller{ear: e, heard: &heard}
	ch := &scripted{script: script}
	l := scriptedLink(c, e, ch)
	l.handler = t
	l.receive()
	return heard, ch.largest, l.cause
}

// teller is a Handler and a Sink that writes down what it hears.
type teller struct {
	*ear
	heard *[]string
	fail  error
}

func (t *teller) tell(format string, args ...any) {
	*t.heard = append(*t.heard, fmt.Sprintf(format, args...))
}
func (t *teller) Message(_ *Link, m Message) { t.tell("%s", Append(nil, m)) }
func (t *teller) Piece(_ *Link, p Piece) Sink {
	t.tell("piece %s", p.URL)
	switch p.URL {
	case "unwanted":
		return nil
	case "full":
		return &teller{ear: t.ear, heard: t.heard, fail: errTest}
	}
	return t
}
func (t *teller) Write(p []byte) (int, error) { t.tell("%d", len(p)); return len(p), t.fail }
func (t *teller) Finish(err error)            { t.tell("end: %v", err) }

func TestReceive(t *testing.T) {
	t.Parallel()
	piece := func(n, size int) packet {
		return txt(fmt.Sprintf(`{"event":"PIECE","attachments":%d,"url":"a","sn":1,"size":%d}`, n, size))
	}
	header := func(url string, n, size int) packet {
		return txt(fmt.Sprintf(`{"event":"PIECE","attachments":%d,"url":%q,"size":%d}`, n, url, size))
	}
	lackB := `{"event":"LACK","url":"b","current":3}`
	notFoundB := `{"event":"PIECE_NOT_FOUND","url":"b","sn":3}`
	swarm := []packet{
		txt(`{"event":"BITFIELD","field":[0,1]}`), txt(`{"event":"HAVE","sn":2}`), txt(`{"event":"LOST","sn":0}`),
		txt(`{"event":"PIECE_ACK","sn":2,"url":"b"}`), txt(`{"event":"PING"}`), txt(`{"event":"PONG"}`),
	}
	keepalive := `{"event":"KEEPALIVE","current":5}`
	request := `{"event":"REQUEST","url":"b"}`
	for _, c := range []struct {
		name   string
		script []packet
		heard  []string
		cause  error
	}{
		{"case 5: sizes do not matter", []packet{piece(2, 10), bin(4), bin(6)}, []string{"piece a", "4", "6", "end: <nil>"}, ErrClosedByPeer},
		{
			"case 6: text between attachments",
			[]packet{piece(2, 10), bin(4), txt(lackB), txt(keepalive), bin(6)},
			[]string{"piece a", "4", lackB, keepalive, "6", "end: <nil>"},
			ErrClosedByPeer,
		},
		{"case 7: binary before PIECE", append(bin(5).n(10), txt(request)), []string{request}, ErrClosedByPeer},
		{"case 7: too many of them", append(bin(5).n(11), txt(request)), nil, ErrMisbehaved},
		{"case 8: large attachments", []packet{piece(2, 65636), bin(65536), bin(100)}, []string{"piece a", "65536", "100", "end: <nil>"}, ErrClosedByPeer},
		{"case 9: largest attachment", []packet{piece(1, 256<<10), bin(256 << 10)}, []string{"piece a", "262144", "end: <nil>"}, ErrClosedByPeer},
		{"case 9: too large", []packet{piece(1, 300<<10), bin(300 << 10), txt(request)}, []string{"piece a", "end: " + tooLarge}, ErrMisbehaved},
		{"case 26: CLOSE", []packet{txt(`{"event":"CLOSE"}`), txt(request)}, nil, ErrClosedByPeer},
		{"case 26: CLOSE in a piece", []packet{piece(2, 10), bin(4), txt(`{"event":"CLOSE"}`), bin(6)}, []string{"piece a", "4", "end: closed by the peer"}, ErrClosedByPeer},
		{"case 28: ERROR", []packet{txt(`{"event":"ERROR","reason":"no"}`), txt(request)}, nil, ErrRemoteError},
		{"case 30: unknown events", append(txt(`{"event":"FOO"}`).n(99), txt(request)), []string{request}, ErrClosedByPeer},
		{"case 71: a lost attachment", []packet{piece(3, 10), bin(4), piece(1, 3), bin(3)}, []string{"piece a", "4", "end: " + ErrReplaced.Error(), "piece a", "3", "end: <nil>"}, ErrClosedByPeer},
		{"case 76: malformed text", []packet{txt("x"), txt(""), txt("[]"), txt("5"), txt("null"), txt(strings.Repeat("[", 99)), txt(request)}, []string{request}, ErrClosedByPeer},
		{"case 76: too much of it", append(txt("x").n(11), txt(request)), nil, ErrMisbehaved},
		{"case 77: longest text", []packet{txt(strings.Repeat(" ", MaxText-len(request)) + request)}, []string{request}, ErrClosedByPeer},
		{"case 77: too long text", []packet{txt(strings.Repeat(" ", MaxText-len(request)+1) + request), txt(request)}, nil, ErrMisbehaved},
		{"case 78: wrong events", []packet{txt(`{"event":1}`), txt(`{"event":{}}`), txt(`{"event":"request","url":"a"}`), txt(request)}, []string{request}, ErrClosedByPeer},
		{
			"case 79: larger than the limit",
			[]packet{piece(2, 64<<20+1), bin(4), bin(6), txt(request)},
			[]string{`{"event":"LACK","url":"a","current":-1,"sn":1}`, request},
			ErrClosedByPeer,
		},
		{"hazard H-13: empty piece", []packet{piece(0, 0), txt(request)}, []string{`{"event":"LACK","url":"a","current":-1,"sn":1}`, request}, ErrClosedByPeer},
		{"empty attachment counts", []packet{piece(2, 10), bin(0), bin(10)}, []string{"piece a", "10", "end: <nil>"}, ErrClosedByPeer},
		{"too few bytes", []packet{piece(2, 10), bin(4), bin(5)}, []string{"piece a", "4", "end: " + ErrBadSize.Error()}, ErrClosedByPeer},
		{"too many bytes", []packet{piece(3, 10), bin(4), bin(7), bin(1), piece(1, 1), bin(1)}, []string{"piece a", "4", "end: " + ErrBadSize.Error(), "piece a", "1", "end: <nil>"}, ErrClosedByPeer},
		{"broken off", []packet{header("b", 2, 10), bin(4), txt(lackB), txt(lackB)}, []string{"piece b", "4", "end: " + ErrBrokenOff.Error(), lackB}, ErrClosedByPeer},
		{"broken off by PIECE_NOT_FOUND", []packet{header("b", 2, 10), bin(4), txt(notFoundB), txt(notFoundB)}, []string{"piece b", "4", "end: " + ErrBrokenOff.Error(), `{"event":"LACK","url":"b","current":-1,"sn":3}`}, ErrClosedByPeer},
		{"PIECE_NOT_FOUND of another", []packet{header("a", 2, 10), bin(4), txt(notFoundB), bin(6)}, []string{"piece a", "4", `{"event":"LACK","url":"b","current":-1,"sn":3}`, "6", "end: <nil>"}, ErrClosedByPeer},
		{"messages of swarms", swarm, []string{string(swarm[0].data), string(swarm[1].data), string(swarm[2].data), string(swarm[3].data), string(swarm[4].data), string(swarm[5].data)}, ErrClosedByPeer},
		{"unwanted piece", append(append([]packet{header("unwanted", 20, 40)}, bin(2).n(20)...), txt(request)), []string{"piece unwanted", request}, ErrClosedByPeer},
		{"sink that fails", append(append([]packet{header("full", 20, 40)}, bin(2).n(20)...), txt(request)), []string{"piece full", "2", "end: test", request}, ErrClosedByPeer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			heard, largest, cause := story(DefaultConfig(), c.script)
			if !slices.Equal(heard, c.heard) {
				t.Errorf("heard %q, want %q", heard, c.heard)
			}
			if !errors.Is(cause, c.cause) {
				t.Errorf("closed with %v, want %v", cause, c.cause)
			}
			if largest > DefaultConfig().MaxMessage {
				t.Errorf("buffer of %d bytes", largest)
			}
		})
	}
}

const tooLarge = "the peer broke the protocol: a message longer than 262144 bytes"

// TestViolations: the handler hears of each fault by its name.
func TestViolations(t *testing.T) {
	t.Parallel()
	piece := func(n, size int) packet {
		return txt(fmt.Sprintf(`{"event":"PIECE","attachments":%d,"url":"a","size":%d}`, n, size))
	}
	for _, c := range []struct {
		script []packet
		want   Violation
	}{
		{[]packet{txt("x")}, Malformed},
		{[]packet{txt(`{"event":"TRANSITION","ul_bw":-1,"TTL":1,"source_TTL":2,"from_peer_id":"A"}`)}, Malformed},
		{[]packet{piece(2, 64<<20+1)}, Oversized},
		{[]packet{bin(5)}, Unannounced},
		{[]packet{piece(2, 10), bin(4), bin(5)}, WrongSize},
		{[]packet{piece(2, 10), bin(4), bin(6), txt(`{"event":"FOO"}`), txt(`{"event":"CLOSE"}`)}, ""},
	} {
		e := newEar()
		l := scriptedLink(DefaultConfig(), e, &scripted{script: c.script})
		l.receive()
		var got []Violation
		e.struck.Range(func(v, _ any) bool { got = append(got, v.(Violation)); return true })
		if want := []Violation{c.want}; c.want == "" && got != nil || c.want != "" && !slices.Equal(got, want) {
			t.Errorf("%v: %q, want %q", c.script, got, c.want)
		}
	}
}

func TestReceiveKeepsASmallBuffer(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	if _, largest, _ := story(c, bin(c.PacketSize).n(3)); largest != c.PacketSize {
		t.Errorf("buffer of %d bytes for packets of %d", largest, c.PacketSize)
	}
}

// broken is a channel whose reading fails.
type broken struct {
	scripted
	err error
}

func (b *broken) ReadDataChannel([]byte) (int, bool, error) { return 0, false, b.err }

func TestReceiveTellsFailuresFromEnds(t *testing.T) {
	t.Parallel()
	l := scriptedLink(DefaultConfig(), newEar(), &broken{err: errTest})
	l.receive()
	if !errors.Is(l.cause, ErrFailed) || !errors.Is(l.cause, errTest) {
		t.Errorf("closed with %v", l.cause)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte("\x01{\"event\":\"BITFIELD\",\"field\":[1]}\x00\x00\x01{\"event\":\"HAVE\",\"sn\":0}\x00\x00\x01{\"event\":\"PIECE\",\"attachments\":2,\"url\":\"a\",\"size\":10}\x00\x00\x0012345\x00\x00\x01{\"event\":\"PIECE_NOT_FOUND\",\"url\":\"a\"}"))
	f.Add([]byte("\x01{\"event\":\"PIECE\",\"attachments\":2,\"url\":\"a\",\"size\":10}\x00\x00\x0012345\x00\x00\x0067890"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var script []packet
		for part := range bytes.SplitSeq(data, []byte{0, 0}) {
			if len(part) > 0 && len(script) < maxPace { // more would be read with a delay
				script = append(script, packet{part[1:], part[0]&1 == 1})
			}
		}
		heard, _, cause := story(DefaultConfig(), script)
		begun, ended := 0, 0
		for _, h := range heard {
			switch {
			case strings.HasPrefix(h, "piece ") && h != "piece unwanted":
				begun++
			case strings.HasPrefix(h, "end: "):
				ended++
			}
		}
		if begun != ended || cause == nil {
			t.Fatalf("%d pieces begun, %d ended, closed with %v", begun, ended, cause)
		}
	})
}
