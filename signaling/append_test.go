package signaling

import (
	"encoding/json"
	"math"
	"testing"
)

func TestAppend(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		if !c.canonical {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.direction.write(c.want, c.envelope); got != c.text {
				t.Errorf("wrote %s\nwant  %s", got, c.text)
			}
		})
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	got := string(Append([]byte("before "), Connect{To: "C"}))
	if want := `before {"action":"connect","to_peer_id":"C"}`; got != want {
		t.Errorf("wrote %s, want %s", got, want)
	}
}

func TestAppendPeerNamesTheSenderOfASignal(t *testing.T) {
	t.Parallel()
	m := Signal{To: "C", Data: json.RawMessage(`{}`)}
	got := string(AppendPeer(nil, m, Envelope{Channel: "c", PeerID: "A"}))
	want := `{"channel":"c","peer_id":"A","action":"signal","from_peer_id":"A","to_peer_id":"C","data":{}}`
	if got != want {
		t.Errorf("wrote %s\nwant  %s", got, want)
	}
}

// Whatever the values, the text is valid JSON.
func TestAppendIsStrict(t *testing.T) {
	t.Parallel()
	for _, m := range []Message{
		UplinkBW{BitRate(math.NaN())},
		UplinkBW{BitRate(math.Inf(1))},
		UplinkBW{-1},
		Statistics{Level: math.NaN(), LossRate: math.Inf(-1)},
		Statistics{Level: math.MaxFloat64, LossRate: -math.MaxFloat64},
		Statistics{UplinkRates: map[PeerID]BitRate{"\"\\\x00": BitRate(math.NaN())}},
		Connect{To: "\xff\n\u2028\x7f"},
		Adopt{Parent: "x", ResidualBW: BitRate(math.NaN())},
		Totals{Nodes: map[PeerID]NodeTotals{"}": {}}},
	} {
		for _, text := range [][]byte{Append(nil, m), AppendPeer(nil, m, Envelope{"\"", "{"})} {
			if !json.Valid(text) {
				t.Errorf("%#v: wrote %s", m, text)
			}
		}
	}
}

func TestAppendRoundsRates(t *testing.T) {
	t.Parallel()
	for rate, want := range map[BitRate]string{
		1330053.33: `{"action":"ul_bw","value":1330053}`,
		0.5:        `{"action":"ul_bw","value":1}`,
		1e300:      `{"action":"ul_bw","value":10000000000}`,
	} {
		if got := string(Append(nil, UplinkBW{rate})); got != want {
			t.Errorf("%v: wrote %s, want %s", rate, got, want)
		}
	}
}
