package datachannel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// bitfieldText is a BITFIELD whose list is written as given.
func bitfieldText(list string) []byte {
	return []byte(`{"event":"BITFIELD","field":[` + list + `]}`)
}

// filled is a list that makes a BITFIELD as long as a text may be.
func filled(entry string) string {
	n := (MaxText - len(bitfieldText(""))) / len(entry)
	return strings.TrimSuffix(strings.Repeat(entry, n), ",")
}

func TestParseBitfieldKeepsSoMany(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		entry string
		want  int
	}{
		{`1,`, MaxBitfield},
		{`"1",`, MaxBitfield},
		{`null,1,`, MaxBitfield},
		{`1234567,`, MaxText/8 - 4},
		{`null,123456,`, MaxText/12 - 3},
		{`"x",`, 0},
		{`"\t1",`, 0},
		{`{},[],`, 0},
		{`[1,2],`, 0},
		{`-1,`, 0},
	} {
		m, err := Parse(bitfieldText(filled(c.entry)))
		if err != nil {
			t.Errorf("%s: %v", c.entry, err)
			continue
		}
		sns := m.(Bitfield).SNs
		if len(sns) != c.want || cap(sns) > MaxBitfield {
			t.Errorf("%s: %d entries with room for %d, want %d", c.entry, len(sns), cap(sns), c.want)
		}
	}
	// A comma too many is no JSON, however long the rest.
	if _, err := Parse(bitfieldText(filled("1,") + ",")); !errors.Is(err, ErrMalformed) {
		t.Errorf("an open list: %v", err)
	}
}

// What a remote can make us allocate is bounded by the text, whatever the
// entries are: not even strings and objects are taken out one by one.
func TestParseBitfieldAllocatesLittle(t *testing.T) {
	for entry, most := range map[string]float64{
		`1,`: 20, `"1",`: 20, `"\t1",`: 20, `"x",`: 20, `{},`: 20, `[1],`: 20, `1e9,`: 20, `null,`: 20,
		`1e999,`: 3 * MaxText / 6, // the error of each, and no more
	} {
		text := bitfieldText(filled(entry))
		if n := testing.AllocsPerRun(3, func() { _, _ = Parse(text) }); n > most {
			t.Errorf("%s: %v allocations, want at most %v", entry, n, most)
		}
	}
}

// sequence is the numbers from first to last.
func sequence(first, last SN) []SN {
	var sns []SN
	for sn := first; sn <= last; sn++ {
		sns = append(sns, sn)
	}
	return sns
}

func TestAppendBitfieldWritesTheNewestThatFit(t *testing.T) {
	t.Parallel()
	const longest = MaxText - 1
	exact := slices.Concat(sequence(100_000, 100_000+9357-1), []SN{1}) // 9357 of 7 bytes each, and 1
	wide := sequence(maxInteger-4999, maxInteger)
	reversed := slices.Clone(wide)
	slices.Reverse(reversed)
	for _, c := range []struct {
		name  string
		given []SN
		want  []SN
	}{
		{"none", nil, nil},
		{"in the order given", []SN{3, 1, 2}, []SN{3, 1, 2}},
		{"only sequence numbers", []SN{3, NoSN, 1, math.MinInt64}, []SN{1, 3}},
		{"nothing but others", []SN{NoSN, NoSN}, nil},
		{"as many as are kept", sequence(0, MaxBitfield-1), sequence(0, MaxBitfield-1)},
		{"one more", sequence(0, MaxBitfield), sequence(1, MaxBitfield)},
		{"more than are kept, though they would fit", exact, sequence(100_000+9357-MaxBitfield, 100_000+9357-1)},
		{"long numbers", wide, wide[len(wide)-longestList(longest, 16):]},
		{"long numbers, newest first", reversed, wide[len(wide)-longestList(longest, 16):]},
		{"a segment per second for years", sequence(1_700_000_000, 1_700_010_000), sequence(1_700_010_001-SN(longestList(longest, 10)), 1_700_010_000)},
	} {
		given := slices.Clone(c.given)
		text := Append(nil, Bitfield{SNs: c.given})
		if len(text) > longest {
			t.Errorf("%s: %d bytes", c.name, len(text))
		}
		m, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := m.(Bitfield).SNs; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %d entries, want %d", c.name, len(got), len(c.want))
		}
		if !slices.Equal(given, c.given) {
			t.Errorf("%s: the list itself was changed", c.name)
		}
	}
}

// longestList is how many entries of so many digits fit in a BITFIELD of limit bytes.
func longestList(limit, digits int) int {
	return (limit - len(bitfieldText("")) + 1) / (digits + 1)
}

// The limit is exact: one byte more, and the lowest number goes.
func TestAppendBitfieldUsesTheWholeMessage(t *testing.T) {
	t.Parallel()
	room := MaxText - 1 - len(bitfieldText(""))
	sns := sequence(maxInteger-100, maxInteger)
	for range room/17 - len(sns) {
		sns = append(sns, maxInteger)
	}
	rest := room - 17*len(sns) // of the comma before the last entry, and itself
	sns = append(sns, SN(math.Pow10(rest)-1))
	if text := Append(nil, Bitfield{SNs: sns}); len(text) != MaxText-1 {
		t.Errorf("%d bytes of at most %d, want all entries", len(text), MaxText-1)
	}
	sns[len(sns)-1] = SN(math.Pow10(rest))
	if got := (Bitfield{SNs: sns}).written(); len(got) != len(sns)-1 || got[0] != maxInteger-100 {
		t.Errorf("%d of %d entries, from %d", len(got), len(sns), got[0])
	}
}

// The longest BITFIELD goes over a link in one message.
func TestLinkCarriesALongBitfield(t *testing.T) {
	t.Parallel()
	p := connectLocal(t)
	sns := sequence(1_700_000_000, 1_700_010_000)
	for range 3 {
		if err := p.child.Send(Bitfield{SNs: sns}); err != nil {
			t.Fatal(err)
		}
		m := take(t, "bitfield", p.parentEar.messages)
		if got := m.(Bitfield).SNs; len(got) < 5000 || got[len(got)-1] != 1_700_010_000 {
			t.Errorf("%d entries came", len(got))
		}
	}
}

// Cases 12 and 15: what a remote hears that asks in vain depends on what it
// understands.
func TestLinkWritesLackAsTheRemoteKnowsIt(t *testing.T) {
	t.Parallel()
	var engine webrtc.SettingEngine
	engine.SetIncludeLoopbackCandidate(true)
	e := newEar()
	b, l := connectBare(t, engine, nil, newTestHost(t, testConfig()), e)
	lacks := func(want string, lack Lack) {
		t.Helper()
		if err := l.Send(lack); err != nil {
			t.Fatal(err)
		}
		if got := take(t, "lack", b.texts); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	breaksOff := func(want string) {
		t.Helper()
		p := Piece{URL: "s", SN: 7, Size: 40000, Current: NoSN}
		if err := l.SendPiece(t.Context(), p, &source{data: make([]byte, 16384), fail: errTest}); !errors.Is(err, errTest) {
			t.Errorf("SendPiece: %v", err)
		}
		var heard []string
		for range 3 { // header, attachment, end
			heard = append(heard, take(t, "message", b.texts))
		}
		if heard[2] != want {
			t.Errorf("got  %s\nwant %s", heard[2], want)
		}
	}
	tells := func(text string) {
		t.Helper()
		if err := b.channel.SendText(text); err != nil {
			t.Fatal(err)
		}
		take(t, "message", e.messages)
	}
	both := Lack{URL: "s", Current: 41, SN: 44}

	lacks(`{"event":"LACK","url":"s","current":41,"sn":44}`, both)
	breaksOff(`{"event":"LACK","url":"s","current":-1,"sn":7}`)
	tells(`{"event":"HAVE","sn":1}`) // says nothing about what it understands
	lacks(`{"event":"LACK","url":"s","current":41,"sn":44}`, both)

	tells(`{"event":"BITFIELD","field":[]}`)
	lacks(`{"event":"PIECE_NOT_FOUND","url":"s","sn":44}`, both)
	lacks(`{"event":"PIECE_NOT_FOUND","url":"s"}`, Lack{URL: "s", Current: 41, SN: NoSN})
	lacks(`{"event":"PIECE_NOT_FOUND","sn":0}`, Lack{Current: 41})
	breaksOff(`{"event":"PIECE_NOT_FOUND","url":"s","sn":7}`)
}

// A peer of a swarm breaks a piece off, and another one of our own kind reads it.
func TestLinkBreaksPiecesOffInASwarm(t *testing.T) {
	t.Parallel()
	p := connectLocal(t)
	if err := p.child.Send(Bitfield{}); err != nil {
		t.Fatal(err)
	}
	take(t, "bitfield", p.parentEar.messages)
	ctx, cancel := context.WithCancelCause(t.Context())
	g := gate{make(chan []byte), ctx}
	sent := goSend(ctx, p.parent, "s", 40000, g)
	g.open <- noise(16384, 1)
	m := take(t, "piece", p.childEar.pieces)
	cancel(errTest)
	if err := take(t, "SendPiece", sent); !errors.Is(err, errTest) && !errors.Is(err, context.Canceled) {
		t.Errorf("SendPiece: %v", err)
	}
	if err := take(t, "end of the piece", m.finished); !errors.Is(err, ErrBrokenOff) {
		t.Errorf("the piece ended with %v", err)
	}
	if err := p.parent.Send(Lack{URL: "s", Current: 41, SN: 42}); err != nil {
		t.Fatal(err)
	}
	if got := take(t, "lack", p.childEar.messages); got != (Lack{URL: "s", Current: NoSN, SN: 42}) {
		t.Errorf("got %+v", got)
	}
}

// BenchmarkBitfield reads and writes the list of a peer that holds 5,000 segments.
func BenchmarkBitfield(b *testing.B) {
	m := Bitfield{SNs: sequence(10_000, 14_999)}
	text := Append(nil, m)
	b.Run("Parse", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Parse(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Append", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		buf := bytes.Clone(text)
		for b.Loop() {
			buf = Append(buf[:0], m)
		}
	})
	if got := fmt.Sprint(len(text)); got != "30030" {
		b.Errorf("%s bytes", got)
	}
}
