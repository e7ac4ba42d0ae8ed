package signaling

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, e, err := c.direction.parse(c.text)
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if !reflect.DeepEqual(m, c.want) {
				t.Errorf("message %#v\nwant %#v", m, c.want)
			}
			if c.err == nil && e != c.envelope {
				t.Errorf("merged fields %+v, want %+v", e, c.envelope)
			}
		})
	}
}

func TestParseNamesTheFault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"action":"adopt"}`:         "adopt without a valid to_peer_id",
		`{"action":"dance"}`:         `action "dance"`,
		pad(`{}`, MaxMessage+1):      "more than 262144",
		nest(maxNesting + 1):         "nested deeper than 32",
		`{"action":"signal","data":`: "not JSON",
		"\xff":                       "not UTF-8",
	} {
		_, _, err := ParsePeer([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want one with %q", text, err, want)
		}
	}
}

// A message outlives the buffer that it was read from.
func TestParseCopies(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		text := []byte(c.text)
		m, err := parseBytes(c.direction, text)
		if err != nil {
			continue
		}
		for i := range text {
			text[i] = 'x'
		}
		if !reflect.DeepEqual(m, c.want) {
			t.Errorf("%s: changed to %#v with its buffer", c.name, m)
		}
	}
}

// Many small fields must not cost many allocations.
func TestParseAllocatesLittle(t *testing.T) {
	text := []byte(`{"action":"enter","x":[` + strings.Repeat("1,", MaxMessage/2-50) + `1]}`)
	many := []byte(`{"action":"enter"` + strings.Repeat(`,"a":{}`, MaxMessage/8) + `}`)
	for _, text := range [][]byte{text, many} {
		allocs := testing.AllocsPerRun(3, func() {
			if _, _, err := ParsePeer(text); err != nil {
				t.Fatal(err)
			}
		})
		if allocs > 10 {
			t.Errorf("%.30s…: %v allocations", text, allocs)
		}
	}
}

func parseBytes(d direction, text []byte) (Message, error) {
	switch d {
	case fromPeer:
		m, _, err := ParsePeer(text)
		return m, err
	case fromServer:
		return ParseServer(text)
	case fromViewer:
		return ParseViewer(text)
	}
	return ParseFeed(text)
}

func FuzzParsePeer(f *testing.F)   { fuzzDirection(f, fromPeer) }
func FuzzParseServer(f *testing.F) { fuzzDirection(f, fromServer) }
func FuzzParseViewer(f *testing.F) { fuzzDirection(f, fromViewer) }
func FuzzParseFeed(f *testing.F)   { fuzzDirection(f, feed) }

// fuzzDirection checks that whatever can be read is written as a text that
// means the same.
func fuzzDirection(f *testing.F, d direction) {
	for _, c := range cases {
		if c.direction == d && len(c.text) < 10_000 {
			f.Add(c.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, e, err := d.parse(text)
		if err != nil {
			if !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v is of no kind", err)
			}
			return
		}
		once := d.write(m, e)
		if len(once) > MaxMessage {
			return // amounts without a field in the text are written out
		}
		again, e2, err := d.parse(once)
		if err != nil {
			t.Fatalf("cannot read %q: %v", once, err)
		}
		if twice := d.write(again, e2); twice != once {
			t.Fatalf("%q became\n%q and then\n%q", text, once, twice)
		}
	})
}

func BenchmarkParsePeer(b *testing.B) {
	text := []byte(`{"channel":"http://x/live.m3u8","peer_id":"A","action":"dc_opened","dc_id":"A-C","substreams":3,"stream_rate":100000}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ParsePeer(text); err != nil {
			b.Fatal(err)
		}
	}
}
