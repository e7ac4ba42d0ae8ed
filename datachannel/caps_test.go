package datachannel

import (
	"testing"

	"github.com/pion/webrtc/v4"
)

type whole bool

func (whole) Next(int) ([]byte, error) { return nil, nil }
func (w whole) Whole() bool            { return bool(w) }

// TestLinkGreets wants CAPS once, and behind the first message: in a swarm that
// has to be BITFIELD.
func TestLinkGreets(t *testing.T) {
	t.Parallel()
	var engine webrtc.SettingEngine
	engine.SetIncludeLoopbackCandidate(true)
	b, l := connectBare(t, engine, nil, newTestHost(t, testConfig()), newEar())
	for range 3 {
		if err := l.Send(Bitfield{}); err != nil {
			t.Fatal(err)
		}
		take(t, "bitfield", b.texts)
	}
	if before := take(t, "CAPS", b.caps); before != 1 {
		t.Errorf("CAPS came behind %d messages, want 1", before)
	}
	if len(b.caps) > 0 {
		t.Error("CAPS came twice")
	}
}

// TestPacketSize wants larger packets only for who has said so, of a piece that
// is whole, and where the path is fast.
func TestPacketSize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		largest int64
		rate    int64
		whole   whole
		want    int64
	}{
		{"to others", 0, 1e9, true, 16 << 10},
		{"on an unknown path", 64 << 10, 0, true, 16 << 10},
		{"on a slow path", 64 << 10, 5e6, true, 16 << 10},
		{"on a faster path", 64 << 10, 20e6, true, 32 << 10},
		{"on a fast path", 64 << 10, 1e9, true, 64 << 10},
		{"of a piece that is still arriving", 64 << 10, 1e9, false, 16 << 10},
		{"to who likes them small", 4 << 10, 1e9, true, 16 << 10},
	}
	for _, c := range tests {
		l := &Link{host: &Host{cfg: DefaultConfig()}}
		l.largest.Store(c.largest)
		l.rate.Store(c.rate)
		if got := l.packet(c.whole); got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.want)
		}
	}
	l := &Link{host: &Host{cfg: DefaultConfig()}}
	if got := l.packet(&gate{}); got != 16<<10 {
		t.Errorf("of a source that does not say: %d bytes", got)
	}
}
