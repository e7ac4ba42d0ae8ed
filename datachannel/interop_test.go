package datachannel

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

// Case 71: label and protocol do not matter, and a channel may lose packets.
func TestLinkOverAPartlyReliableChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newLAN(t)
		c := DefaultConfig()
		c.Net = n.net()
		var engine webrtc.SettingEngine
		engine.SetNet(n.net())
		engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
		n.start()
		protocol, never := "any", uint16(0)
		e := newEar()
		b, l := connectBare(t, engine, &webrtc.DataChannelInit{Protocol: &protocol, MaxRetransmits: &never}, newTestHost(t, c), e)

		if err := l.Send(Keepalive{Current: 7}); err != nil {
			t.Fatal(err)
		}
		if got := take(t, "keepalive", b.texts); got != `{"event":"KEEPALIVE","current":7}` {
			t.Errorf("got %s", got)
		}
		sendBare(t, b, `{"event":"PIECE","attachments":3,"url":"a","size":3000}`, 1000)
		<-time.After(time.Second)
		n.drop.Store(1)
		sendBare(t, b, "", 1000)
		<-time.After(time.Second)
		sendBare(t, b, "", 1000)
		sendBare(t, b, `{"event":"PIECE","attachments":1,"url":"b","size":10}`, 10)
		if err := take(t, "end of the piece", take(t, "first piece", e.pieces).finished); !errors.Is(err, ErrReplaced) {
			t.Errorf("the piece with a hole ended with %v", err)
		}
		if err := take(t, "end of the piece", take(t, "second piece", e.pieces).finished); err != nil {
			t.Errorf("the next piece ended with %v", err)
		}
	})
}

func sendBare(t *testing.T, b *barePeer, header string, attachment int) {
	t.Helper()
	if header != "" {
		if err := b.channel.SendText(header); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.channel.Send(make([]byte, attachment)); err != nil {
		t.Fatal(err)
	}
}

// A remote without backpressure sends a whole segment at once (hazard H-04).
func TestLinkTakesASegmentAtOnce(t *testing.T) {
	t.Parallel()
	var engine webrtc.SettingEngine
	engine.SetIncludeLoopbackCandidate(true)
	e := newEar()
	b, _ := connectBare(t, engine, nil, newTestHost(t, testConfig()), e)
	const packets, each = 120, 65536
	sendBare(t, b, fmt.Sprintf(`{"event":"PIECE","attachments":%d,"url":"a","size":%d}`, packets, packets*each), each)
	for range packets - 1 {
		sendBare(t, b, "", each)
	}
	m := take(t, "piece", e.pieces)
	if err := take(t, "end of the piece", m.finished); err != nil || len(m.bytes()) != packets*each {
		t.Errorf("%d bytes, ended with %v", len(m.bytes()), err)
	}
}

// A page that is left tears everything down at once, and not each of its links
// gets a CLOSE (hazard H-09): no failure.
func TestLinkSeesABareCloseAsDeliberate(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*barePeer) error{
		"channel":    func(b *barePeer) error { return b.channel.Close() },
		"connection": func(b *barePeer) error { return b.pc.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var engine webrtc.SettingEngine
			engine.SetIncludeLoopbackCandidate(true)
			e := newEar()
			b, _ := connectBare(t, engine, nil, newTestHost(t, testConfig()), e)
			if err := leave(b); err != nil {
				t.Fatal(err)
			}
			if err := take(t, "Closed", e.closed); !errors.Is(err, ErrClosedByPeer) {
				t.Errorf("closed with %v", err)
			}
		})
	}
}

// Our end must be seen as a close of the channel, not as a failure (protocol 16.10).
func TestLinkLeavesInGoodOrder(t *testing.T) {
	t.Parallel()
	var engine webrtc.SettingEngine
	engine.SetIncludeLoopbackCandidate(true)
	b, l := connectBare(t, engine, nil, newTestHost(t, testConfig()), newEar())
	ended := make(chan error, 2)
	b.channel.OnError(func(err error) { ended <- err })
	b.channel.OnClose(func() { ended <- nil })
	l.Close(nil)
	if got := take(t, "CLOSE", b.texts); got != `{"event":"CLOSE"}` {
		t.Errorf("got %s", got)
	}
	if err := take(t, "end of the channel", ended); err != nil {
		t.Errorf("the remote saw %v", err)
	}
}

// Glare (protocol 16.15): both sides made a channel, and the remote speaks only
// on its own. Ours gives way.
func TestLinkFollowsTheRemoteToItsChannel(t *testing.T) {
	t.Parallel()
	var engine webrtc.SettingEngine
	engine.SetIncludeLoopbackCandidate(true)
	b := newBarePeer(t, engine, nil)
	b.pc.OnDataChannel(func(*webrtc.DataChannel) {}) // or pion closes it
	up, down := newWire(), newWire()
	b.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c != nil {
			down.send(encodeCandidate(c.ToJSON().Candidate, "0"))
		}
	})
	e := newEar()
	l, err := newTestHost(t, testConfig()).Offer("bare", up.send, e)
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseSignal(take(t, "offer", up.queue))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: s.sdp}); err != nil {
		t.Fatal(err)
	}
	answer, err := b.pc.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.pc.SetLocalDescription(answer); err != nil {
		t.Fatal(err)
	}
	if err := l.Signal(encodeDescription("answer", answer.SDP)); err != nil {
		t.Fatal(err)
	}
	go down.pump(t.Context(), func(data []byte) { _ = l.Signal(data) })
	take(t, "opened link", e.opened)
	take(t, "opened channel", b.opened)
	if err := b.channel.SendText(`{"event":"REQUEST","url":"a"}`); err != nil {
		t.Fatal(err)
	}
	take(t, "request on the remote's channel", e.messages)
	if err := l.Send(Lack{URL: "a", Current: NoSN, SN: NoSN}); err != nil {
		t.Fatal(err)
	}
	take(t, "answer on the remote's channel", b.texts)
}
