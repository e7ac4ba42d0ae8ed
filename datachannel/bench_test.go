package datachannel

import (
	"io"
	"testing"

	"github.com/pion/datachannel"
	"github.com/pion/webrtc/v4"
)

const benchSegment = 2 << 20

// BenchmarkSegment sends segments of 2 MB one after another over loopback: by a
// link, and by nothing but pion. Run the whole several times and compare the
// medians: -count repeats each variant before the next one begins.
func BenchmarkSegment(b *testing.B) {
	b.Run("Link", benchLink)
	b.Run("BarePion/default", func(b *testing.B) { benchPion(b, webrtc.SettingEngine{}) })
	b.Run("BarePion/tuned", benchTunedPion)
}

// benchLink measures SendPiece to Sink.
func benchLink(b *testing.B) {
	ear := newEar()
	done := make(chan error, 1)
	ear.sink = func(*Link, Piece) Sink { return drain{done} }
	p := connectEars(b, newTestHost(b, testConfig()), newTestHost(b, testConfig()), ear, newEar())
	data := noise(benchSegment, 1)
	b.SetBytes(benchSegment)
	b.ReportAllocs()
	for b.Loop() {
		p.sendPiece(b, "seg.ts", data)
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

// drain is a Sink that only tells its end.
type drain struct{ done chan<- error }

func (drain) Write(p []byte) (int, error) { return len(p), nil }
func (d drain) Finish(err error)          { d.done <- err }

// benchTunedPion measures a detached channel with the settings of a link, but
// without framing, outbox and handler.
func benchTunedPion(b *testing.B) {
	c := testConfig()
	engine, err := newEngine(c, newTestHost(b, c).log)
	if err != nil {
		b.Fatal(err)
	}
	roomy, err := newRoomyNet()
	if err != nil {
		b.Fatal(err)
	}
	engine.SetNet(roomy)
	engine.SetSCTPMinCwnd(64 << 10)
	benchPion(b, engine)
}

func benchPion(b *testing.B, engine webrtc.SettingEngine) {
	engine.DetachDataChannels()
	engine.SetIncludeLoopbackCandidate(true)
	in, out := connectPion(b, engine)
	packet := noise(DefaultConfig().PacketSize, 1)
	segments := make(chan struct{}, 1)
	go func() {
		buf := make([]byte, len(packet))
		for got := 0; ; got %= benchSegment {
			n, err := in.Read(buf)
			if err != nil {
				return
			}
			if got += n; got == benchSegment {
				segments <- struct{}{}
			}
		}
	}()
	b.SetBytes(benchSegment)
	b.ReportAllocs()
	for b.Loop() {
		for range benchSegment / len(packet) {
			waitBelow(out, 1<<20)
			if _, err := out.Write(packet); err != nil {
				b.Fatal(err)
			}
		}
		<-segments
	}
}

// waitBelow holds a writer that would fill the send buffer without end.
func waitBelow(out io.Writer, high uint64) {
	ch := out.(*datachannel.DataChannel)
	if ch.BufferedAmount() <= high {
		return
	}
	low := make(chan struct{}, 1)
	ch.SetBufferedAmountLowThreshold(high / 2)
	ch.OnBufferedAmountLow(func() {
		select {
		case low <- struct{}{}:
		default:
		}
	})
	if ch.BufferedAmount() > high/2 {
		<-low
	}
}

// connectPion opens one detached channel between two bare peer connections.
func connectPion(b *testing.B, engine webrtc.SettingEngine) (in, out io.ReadWriteCloser) {
	b.Helper()
	api := webrtc.NewAPI(webrtc.WithSettingEngine(engine))
	ends := [2]*webrtc.PeerConnection{}
	for i := range ends {
		pc, err := api.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = pc.GracefulClose() })
		ends[i] = pc
	}
	opened := [2]chan io.ReadWriteCloser{make(chan io.ReadWriteCloser, 1), make(chan io.ReadWriteCloser, 1)}
	detach := func(i int, dc *webrtc.DataChannel) {
		dc.OnOpen(func() {
			if raw, err := dc.Detach(); err == nil {
				opened[i] <- raw
			}
		})
	}
	dc, err := ends[0].CreateDataChannel("bench", nil)
	if err != nil {
		b.Fatal(err)
	}
	detach(0, dc)
	ends[1].OnDataChannel(func(dc *webrtc.DataChannel) { detach(1, dc) })
	negotiatePion(b, ends[0], ends[1])
	return take(b, "open channel", opened[0]), take(b, "open channel", opened[1])
}

// negotiatePion exchanges descriptions with all candidates inside.
func negotiatePion(tb testing.TB, a, b *webrtc.PeerConnection) {
	tb.Helper()
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	offer, err := a.CreateOffer(nil)
	must(err)
	gathered := webrtc.GatheringCompletePromise(a)
	must(a.SetLocalDescription(offer))
	take(tb, "candidates", gathered)
	must(b.SetRemoteDescription(*a.LocalDescription()))
	answer, err := b.CreateAnswer(nil)
	must(err)
	gathered = webrtc.GatheringCompletePromise(b)
	must(b.SetLocalDescription(answer))
	take(tb, "candidates", gathered)
	must(a.SetRemoteDescription(*b.LocalDescription()))
}
