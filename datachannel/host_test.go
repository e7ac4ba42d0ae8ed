package datachannel

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pion/webrtc/v4"
)

// A bubble fails the test if a goroutine is left at its end.
func TestHostLeavesNoGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newLAN(t)
		a, b := DefaultConfig(), DefaultConfig()
		a.Net, b.Net = n.net(), n.net()
		n.start()
		child, parent := newTestHost(t, a), newTestHost(t, b)
		for i := range 50 {
			p := connect(t, child, parent)
			if i%2 == 0 {
				p.child.Close(nil)
				take(t, "end of the parent", p.parent.Done())
			}
		}
	})
}

func TestHostCloseEndsItsLinks(t *testing.T) {
	t.Parallel()
	p := connectLocal(t)
	if err := p.child.host.Close(); err != nil {
		t.Fatal(err)
	}
	take(t, "end of the child", p.child.Done())
	if !errors.Is(p.child.Err(), ErrClosed) {
		t.Errorf("closed with %v", p.child.Err())
	}
	if _, err := p.child.host.Offer("x", func([]byte) {}, newEar()); !errors.Is(err, ErrClosed) {
		t.Errorf("Offer on a closed host: %v", err)
	}
	if err := take(t, "Closed", p.parentEar.closed); !errors.Is(err, ErrClosedByPeer) {
		t.Errorf("the other side closed with %v", err)
	}
}

func TestHostWithOnePort(t *testing.T) {
	t.Parallel()
	probe, err := net.ListenUDP("udp", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	c := testConfig()
	c.UDPPort = probe.LocalAddr().(*net.UDPAddr).Port
	if _, err := NewHost(c); err == nil {
		t.Fatal("a port that is taken was no error")
	}
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	parent := newTestHost(t, c)
	for range 3 { // several children share the port
		p := connect(t, newTestHost(t, testConfig()), parent)
		p.sendPiece(t, "seg", noise(100_000, 1))
		if err := take(t, "end of the piece", take(t, "piece", p.childEar.pieces).finished); err != nil {
			t.Error(err)
		}
	}
	var engine webrtc.SettingEngine // one that knows IPv4 only
	engine.SetIncludeLoopbackCandidate(true)
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	connectBare(t, engine, nil, parent, newEar())
}

func TestHostAnswersOnlyOffers(t *testing.T) {
	t.Parallel()
	h := newTestHost(t, testConfig())
	for in, want := range map[string]error{
		`{"type":"answer","sdp":"v=0"}`: ErrUnexpectedSignal,
		`{"candidate":null}`:            ErrUnexpectedSignal,
		`{}`:                            ErrUnexpectedSignal,
		`5`:                             ErrBadSignal,
	} {
		if _, err := h.Answer("x", []byte(in), func([]byte) {}, newEar()); !errors.Is(err, want) {
			t.Errorf("%s: %v", in, err)
		}
	}
	for _, sdp := range []string{"", "v=0", "hello", strings.Repeat("a=x\r\n", 1000)} {
		e := newEar()
		if _, err := h.Answer("x", encodeDescription("offer", sdp), func([]byte) {}, e); err != nil {
			t.Fatal(err)
		}
		if err := take(t, "Closed", e.closed); !errors.Is(err, ErrFailed) {
			t.Errorf("offer %.10q: closed with %v", sdp, err)
		}
	}
}

func TestHostAdvertises(t *testing.T) {
	t.Parallel()
	c := testConfig()
	c.Advertise = []string{"192.0.2.77"}
	w := newWire()
	if _, err := newTestHost(t, c).Offer("x", w.send, newEar()); err != nil {
		t.Fatal(err)
	}
	take(t, "offer", w.queue)
	if line := string(take(t, "candidate", w.queue)); !strings.Contains(line, "192.0.2.77") {
		t.Errorf("candidate %s", line)
	}
}

// Cases 67 and 70: what goes out, in the words of the older browser client.
func TestSignalsAreWhatOldPeersAccept(t *testing.T) {
	t.Parallel()
	h := newTestHost(t, testConfig())
	up, down := newWire(), newWire()
	if _, err := h.Offer("parent", up.send, newEar()); err != nil {
		t.Fatal(err)
	}
	offer := take(t, "offer", up.queue)
	if _, err := h.Answer("child", offer, down.send, newEar()); err != nil {
		t.Fatal(err)
	}
	for kind, data := range map[string][]byte{"offer": offer, "answer": take(t, "answer", down.queue)} {
		var o map[string]string
		if err := json.Unmarshal(data, &o); err != nil || len(o) != 2 || o["type"] != kind || !strings.HasPrefix(o["sdp"], "v=0\r\n") {
			t.Errorf("%s: %s (%v)", kind, data, err)
		}
		if strings.Contains(o["sdp"], "candidate") || len(data) >= maxSignal {
			t.Errorf("%s of %d bytes holds candidates", kind, len(data))
		}
	}
	for _, w := range []wire{up, down} {
		var o struct {
			Candidate struct {
				Candidate     string
				SDPMid        *string
				SDPMLineIndex *int
			}
		}
		data := take(t, "candidate", w.queue)
		if err := json.Unmarshal(data, &o); err != nil || len(data) >= maxSignal {
			t.Errorf("%s: %v", data, err)
		}
		c := o.Candidate
		if !usableCandidate(c.Candidate) || c.SDPMid == nil || *c.SDPMid != "0" || c.SDPMLineIndex == nil || *c.SDPMLineIndex != 0 {
			t.Errorf("candidate %s", data)
		}
	}
}

// Cases 68 and 69, and candidates that overtake the answer.
func TestLinkTakesSignalsInAnyOrder(t *testing.T) {
	t.Parallel()
	h := newTestHost(t, testConfig())
	up, down := newWire(), newWire()
	childEar, parentEar := newEar(), newEar()
	child, err := h.Offer("parent", up.send, childEar)
	if err != nil {
		t.Fatal(err)
	}
	offer := take(t, "offer", up.queue)
	quoted, err := json.Marshal(string(offer))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Answer("child", quoted, down.send, parentEar); err != nil {
		t.Fatal(err)
	}
	answer, candidate := take(t, "answer", down.queue), take(t, "candidate", down.queue)
	for _, data := range [][]byte{candidate, []byte(`{"candidate":{"candidate":"candidate:1 1 udp nonsense x y z w"}}`), answer, answer} {
		if err := child.Signal(data); err != nil {
			t.Errorf("%.40s: %v", data, err)
		}
	}
	take(t, "opened child", childEar.opened)
	take(t, "opened parent", parentEar.opened)
	if err := child.Signal(candidate); err != nil {
		t.Errorf("candidate for an open link: %v", err)
	}
	if err := child.Signal(offer); !errors.Is(err, ErrUnexpectedSignal) {
		t.Errorf("offer for an open link: %v", err)
	}
	if err := child.Signal([]byte("x")); !errors.Is(err, ErrBadSignal) {
		t.Errorf("nonsense: %v", err)
	}
	if err := child.Send(Keepalive{Current: 3}); err != nil {
		t.Errorf("the link does not work afterwards: %v", err)
	}
	take(t, "keepalive", parentEar.messages)
}

func TestLinkBoundsWaitingSignals(t *testing.T) {
	t.Parallel()
	block := make(chan struct{})
	defer close(block)
	l, err := newTestHost(t, testConfig()).Offer("x", func([]byte) { <-block }, newEar())
	if err != nil {
		t.Fatal(err)
	}
	for i := range signalsSize + 1 {
		err = l.Signal(encodeCandidate(fmt.Sprintf("candidate:%d 1 udp 1 192.0.2.1 5000 typ host", i), "0"))
	}
	if !errors.Is(err, ErrBadSignal) {
		t.Errorf("got %v", err)
	}
}

// barePeer is a peer that is pion and nothing else.
type barePeer struct {
	pc      *webrtc.PeerConnection
	channel *webrtc.DataChannel
	opened  chan struct{}
	texts   chan string
	caps    chan int // how many texts had come before CAPS
}

// connectBare makes a bare peer the child of a host.
func connectBare(t *testing.T, engine webrtc.SettingEngine, init *webrtc.DataChannelInit, h *Host, e *ear) (*barePeer, *Link) {
	t.Helper()
	b := newBarePeer(t, engine, init)
	offer, err := b.pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(b.pc)
	if err := b.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	take(t, "candidates", gathered)
	w := newWire()
	l, err := h.Answer("bare", encodeDescription("offer", b.pc.LocalDescription().SDP), w.send, e)
	if err != nil {
		t.Fatal(err)
	}
	b.hear(t, w)
	take(t, "opened link", e.opened)
	take(t, "opened channel", b.opened)
	return b, l
}

func newBarePeer(t *testing.T, engine webrtc.SettingEngine, init *webrtc.DataChannelInit) *barePeer {
	t.Helper()
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(engine)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	dc, err := pc.CreateDataChannel("an arbitrary label", init)
	if err != nil {
		t.Fatal(err)
	}
	b := &barePeer{pc: pc, channel: dc, opened: make(chan struct{}), texts: make(chan string, 16), caps: make(chan int, 1)}
	dc.OnOpen(func() { close(b.opened) })
	texts := 0
	dc.OnMessage(func(m webrtc.DataChannelMessage) {
		if parsed, _ := Parse(m.Data); parsed == (Caps{Packet: largePacket, Polluted: true}) {
			b.caps <- texts
			return
		}
		texts++
		b.texts <- string(m.Data)
	})
	return b
}

// hear applies the signals of a host until the description has come.
func (b *barePeer) hear(t *testing.T, w wire) {
	t.Helper()
	s, err := parseSignal(take(t, "answer", w.queue))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: s.sdp}); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			select {
			case data := <-w.queue:
				if s, err := parseSignal(data); err == nil {
					_ = b.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: s.candidate})
				}
			case <-t.Context().Done():
				return
			}
		}
	}()
}

// All links together have no more under way than the host allows.
func TestHostShares(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	c.HighWater, c.TotalHighWater = 2<<20, 4<<20
	h := &Host{cfg: c}
	for links, want := range map[int64]int{0: 2 << 20, 1: 2 << 20, 2: 2 << 20, 4: 1 << 20, 1000: firstWindow} {
		h.open.Store(links)
		if got := h.share(); got != want {
			t.Errorf("%d links: %d bytes each, want %d", links, got, want)
		}
	}
}
