package datachannel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLinkCarriesMessages(t *testing.T) {
	t.Parallel()
	p := connectLocal(t)
	for _, c := range cases {
		switch c.want.(type) {
		case nil, Piece, Close, Error, Caps:
			continue
		}
		if err := p.child.Send(c.want); err != nil {
			t.Fatal(err)
		}
		if got := take(t, c.name, p.parentEar.messages); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("got %+v, want %+v", got, c.want)
		}
	}
	if p.child.Remote() != "parent" || p.parent.Remote() != "child" {
		t.Errorf("remotes %q and %q", p.child.Remote(), p.parent.Remote())
	}
	if !p.parent.Listens() || p.child.Listens() {
		t.Error("the child has greeted, the parent not")
	}
	if rtt := p.child.RTT(); rtt <= 0 || rtt > time.Second {
		t.Errorf("RTT %v over loopback", rtt)
	}
}

// Cases 1 to 3: how a piece is cut.
func TestLinkSendsPieces(t *testing.T) {
	t.Parallel()
	p := connectLocal(t)
	for _, c := range []struct {
		size int
		want []int
	}{
		{32868, []int{16384, 16384, 100}},
		{32768, []int{16384, 16384}},
		{1, []int{1}},
	} {
		data := noise(c.size, uint64(c.size))
		p.sendPiece(t, "seg42.ts", data)
		m := take(t, "piece", p.childEar.pieces)
		if err := take(t, "end of the piece", m.finished); err != nil {
			t.Errorf("%d bytes: %v", c.size, err)
		}
		want := Piece{Attachments: len(c.want), URL: "seg42.ts", SN: 42, Size: int64(c.size), Current: NoSN}
		if m.piece != want {
			t.Errorf("got %+v, want %+v", m.piece, want)
		}
		if !bytes.Equal(m.bytes(), data) || !slices.Equal(m.sizes, c.want) {
			t.Errorf("%d bytes came in %v", len(m.data), m.sizes)
		}
	}
	if !p.child.Listens() {
		t.Error("the parent has not greeted behind its first piece")
	}
}

// Case 4: a segment of no bytes is never announced.
func TestLinkRefusesToSendImpossiblePieces(t *testing.T) {
	t.Parallel()
	p := connectLocal(t)
	for _, size := range []int64{0, -1, DefaultConfig().MaxPiece + 1} {
		if err := p.parent.SendPiece(t.Context(), Piece{URL: "s", Size: size}, &source{}); err == nil {
			t.Errorf("sent %d bytes", size)
		}
	}
}

// Case 10, and the same from several callers at once: no binary message is ever
// out of place (hazard H-06).
func TestLinkNeverInterleavesPieces(t *testing.T) {
	t.Parallel()
	p := connectLocal(t)
	const callers, each = 4, 5
	var senders sync.WaitGroup
	for i := range callers {
		senders.Go(func() {
			for k := range each {
				data := bytes.Repeat([]byte{byte(i)}, 40000+k)
				p.sendPiece(t, fmt.Sprint(i), data)
			}
		})
	}
	for range callers * each {
		m := take(t, "piece", p.childEar.pieces)
		if err := take(t, "end of the piece", m.finished); err != nil {
			t.Errorf("piece %s: %v", m.piece.URL, err)
		}
		if data := m.bytes(); int64(len(data)) != m.piece.Size || bytes.Count(data, []byte(m.piece.URL[:1])) > 0 ||
			len(bytes.Trim(data, string(rune(m.piece.URL[0]-'0')))) != 0 {
			t.Errorf("piece %s holds bytes of another", m.piece.URL)
		}
	}
	senders.Wait()
}

// gate is a source that yields its bytes only when told to.
type gate struct {
	open chan []byte
	ctx  context.Context
}

func (g gate) Next(int) ([]byte, error) {
	select {
	case b := <-g.open:
		return b, nil
	case <-g.ctx.Done():
		return nil, g.ctx.Err()
	}
}

func TestLinkSendsMessagesBetweenAttachments(t *testing.T) {
	t.Parallel()
	p := connectLocal(t)
	g := gate{make(chan []byte), t.Context()}
	sent := goSend(t.Context(), p.parent, "seg", 20000, g)
	g.open <- noise(16384, 1)
	m := take(t, "piece", p.childEar.pieces)
	want := Lack{URL: "other", Current: 3, SN: NoSN}
	if err := p.parent.Send(want); err != nil {
		t.Fatal(err)
	}
	if got := take(t, "lack", p.childEar.messages); got != want {
		t.Errorf("got %+v", got)
	}
	if len(m.finished) > 0 {
		t.Error("the piece ended early")
	}
	g.open <- noise(20000-16384, 2)
	if err := errors.Join(take(t, "SendPiece", sent), take(t, "end of the piece", m.finished)); err != nil {
		t.Error(err)
	}
}

func TestLinkBreaksPiecesOff(t *testing.T) {
	t.Parallel()
	p := connectLocal(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	for _, c := range []struct {
		name string
		send func() error
		want error
	}{
		{"the source fails", func() error {
			return p.parent.SendPiece(ctx, Piece{URL: "s", Size: 40000}, &source{data: noise(20000, 1)[:16384], fail: errTest})
		}, errTest},
		{"the source ends early", func() error {
			return p.parent.SendPiece(ctx, Piece{URL: "s", Size: 40000}, &source{data: noise(20000, 1)})
		}, nil},
		{"the context ends", func() error {
			g := gate{make(chan []byte), t.Context()}
			sent := goSend(ctx, p.parent, "s", 40000, g)
			g.open <- noise(16384, 1)
			cancel(errTest)
			select {
			case g.open <- noise(16384, 2): // it was waiting for the source
			case err := <-sent: // it was handing on the first attachment
				return err
			}
			return take(t, "SendPiece", sent)
		}, errTest},
	} {
		err := c.send()
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: SendPiece gave %v", c.name, err)
		}
		m := take(t, "piece", p.childEar.pieces)
		if err := take(t, "end of the piece", m.finished); !errors.Is(err, ErrBrokenOff) {
			t.Errorf("%s: the piece ended with %v", c.name, err)
		}
	}
	if err := p.parent.SendPiece(ctx, Piece{URL: "s", Size: 1}, &source{data: []byte{1}}); !errors.Is(err, errTest) {
		t.Errorf("SendPiece with an ended context: %v", err)
	}
	p.sendPiece(t, "s", noise(40000, 3))
	if err := take(t, "end of the piece", take(t, "piece", p.childEar.pieces).finished); err != nil {
		t.Errorf("the link does not work afterwards: %v", err)
	}
}

// Case 26: a deliberate close, seen from both ends.
func TestLinkCloses(t *testing.T) {
	t.Parallel()
	for _, mine := range []string{"child", "parent"} {
		t.Run(mine, func(t *testing.T) {
			t.Parallel()
			p := connectLocal(t)
			near, far, nearEar, farEar := p.child, p.parent, p.childEar, p.parentEar
			if mine == "parent" {
				near, far, nearEar, farEar = far, near, farEar, nearEar
			}
			if near.Err() != nil {
				t.Error("Err before the end")
			}
			near.Close(errTest)
			near.Close(ErrFailed) // too late to count
			if err := near.Send(Keepalive{}); !errors.Is(err, errTest) {
				t.Errorf("Send while closing: %v", err)
			}
			take(t, "end of this side", near.Done())
			take(t, "end of the other side", far.Done())
			if !errors.Is(near.Err(), errTest) || !errors.Is(far.Err(), ErrClosedByPeer) {
				t.Errorf("closed with %v and %v", near.Err(), far.Err())
			}
			if len(nearEar.closed) != 1 || len(farEar.closed) != 1 {
				t.Errorf("Closed was called %d and %d times", len(nearEar.closed), len(farEar.closed))
			}
			if near.RTT() != 0 {
				t.Error("RTT of a closed link")
			}
		})
	}
}

func TestLinkClosesInMidPiece(t *testing.T) {
	t.Parallel()
	for _, mine := range []string{"child", "parent"} {
		t.Run(mine, func(t *testing.T) {
			t.Parallel()
			p := connectLocal(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			g := gate{make(chan []byte), ctx}
			sent := goSend(ctx, p.parent, "seg", 40000, g)
			g.open <- noise(16384, 1)
			m := take(t, "piece", p.childEar.pieces)
			near, sinkEnd := p.parent, ErrClosedByPeer
			if mine == "child" {
				near, sinkEnd = p.child, errTest
			}
			near.Close(errTest)
			take(t, "end of the child", p.child.Done())
			take(t, "end of the parent", p.parent.Done())
			cancel() // as the owner of a blocked source must
			if err := take(t, "end of the piece", m.finished); !errors.Is(err, sinkEnd) {
				t.Errorf("the piece ended with %v, want %v", err, sinkEnd)
			}
			if err := take(t, "SendPiece", sent); err == nil {
				t.Error("SendPiece succeeded")
			}
		})
	}
}

func TestLinkNeedsToBeOpen(t *testing.T) {
	t.Parallel()
	e := newEar()
	l, err := newTestHost(t, testConfig()).Offer("nobody", func([]byte) {}, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Send(Keepalive{}); !errors.Is(err, ErrNotOpen) {
		t.Errorf("Send: %v", err)
	}
	if err := l.SendPiece(t.Context(), Piece{Size: 1}, &source{}); !errors.Is(err, ErrNotOpen) {
		t.Errorf("SendPiece: %v", err)
	}
	if l.Pending() != 0 || l.RTT() != 0 {
		t.Error("figures of a link that is not open")
	}
	l.Close(nil)
	if err := take(t, "Closed", e.closed); !errors.Is(err, ErrClosed) {
		t.Errorf("closed with %v", err)
	}
}

func TestLinkTimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newLAN(t)
		c := DefaultConfig()
		c.Net = n.net()
		n.start()
		e := newEar()
		within(t, c.OpenTimeout+time.Second, "giving up", func() {
			if _, err := newTestHost(t, c).Offer("nobody", func([]byte) {}, e); err != nil {
				t.Fatal(err)
			}
			if err := take(t, "Closed", e.closed); !errors.Is(err, ErrTimeout) {
				t.Errorf("closed with %v", err)
			}
		})
	})
}

// A process that dies says nothing; ICE must notice.
func TestLinkNoticesADeadRemote(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, n := connectLAN(t, newEar(), newEar())
		n.dead.Store(true)
		sent := goSend(t.Context(), p.parent, "seg", 8<<20, &source{data: make([]byte, 8<<20)})
		within(t, disconnectedAfter+DefaultConfig().Grace+3*time.Second, "noticing", func() {
			for _, e := range []*ear{p.childEar, p.parentEar} {
				if err := take(t, "Closed", e.closed); !errors.Is(err, ErrFailed) || Deliberate(err) {
					t.Errorf("closed with %v", err)
				}
			}
		})
		if err := take(t, "SendPiece", sent); !errors.Is(err, ErrFailed) {
			t.Errorf("SendPiece: %v", err)
		}
	})
}

// TestLinkTellsOfSilence: a network that is away for a few seconds ends no link,
// but both sides hear of it soon, and of its return.
func TestLinkTellsOfSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, n := connectLAN(t, newEar(), newEar())
		both := func(want bool) {
			for _, e := range []*ear{p.childEar, p.parentEar} {
				for take(t, "Silent", e.silences) != want {
				}
			}
		}
		time.Sleep(time.Minute) // nothing is said, and nobody is silent
		for _, e := range []*ear{p.childEar, p.parentEar} {
			for len(e.silences) > 0 {
				if <-e.silences {
					t.Error("silent without a reason")
				}
			}
		}
		n.dead.Store(true)
		within(t, disconnectedAfter+keepaliveInterval+100*time.Millisecond, "falling silent", func() { both(true) })
		time.Sleep(3 * time.Second)
		n.dead.Store(false)
		within(t, 2*keepaliveInterval, "being heard again", func() { both(false) })
		if p.child.isClosing() || p.parent.isClosing() {
			t.Error("the link has ended")
		}
	})
}

// stuck is a Sink whose reader never comes back, until released.
type stuck struct {
	release  chan struct{}
	finished chan error
}

func (s stuck) Write(p []byte) (int, error) { <-s.release; return len(p), nil }
func (s stuck) Finish(err error)            { s.finished <- err }

// Case 11: a receiver that does not read holds the sender, whose memory stays
// bounded, and who can still close.
func TestLinkBlocksOnASlowReaderAndStaysClosable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stuck{make(chan struct{}), make(chan error, 1)}
		e := newEar()
		e.sink = func(*Link, Piece) Sink { return s }
		p, _ := connectLAN(t, e, newEar())
		const size = 32 << 20
		sent := goSend(t.Context(), p.parent, "seg", size, &source{data: make([]byte, size)})
		<-time.After(time.Minute)
		if len(sent) > 0 {
			t.Fatal("the piece was sent to a peer that does not read")
		}
		cfg := DefaultConfig()
		if got := p.parent.Pending(); got == 0 || got > int(cfg.HighWater)+cfg.PacketSize {
			t.Errorf("%d bytes wait to be sent", got)
		}
		within(t, 2*time.Second, "closing", func() {
			p.parent.Close(errTest)
			if err := take(t, "SendPiece", sent); !errors.Is(err, errTest) {
				t.Errorf("SendPiece: %v", err)
			}
			take(t, "end of the parent", p.parent.Done())
		})
		close(s.release)
		take(t, "end of the child", p.child.Done())
		if err := take(t, "end of the piece", s.finished); err == nil {
			t.Error("the piece was complete")
		}
	})
}

// Case 11, the other half: sending goes on when the reader does.
func TestLinkResumesAfterASlowReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stuck{make(chan struct{}), make(chan error, 1)}
		e := newEar()
		e.sink = func(*Link, Piece) Sink { return s }
		p, _ := connectLAN(t, e, newEar())
		const size = 4 << 20
		sent := goSend(t.Context(), p.parent, "seg", size, &source{data: make([]byte, size)})
		<-time.After(10 * time.Second)
		close(s.release)
		if err := errors.Join(take(t, "SendPiece", sent), take(t, "end of the piece", s.finished)); err != nil {
			t.Error(err)
		}
	})
}

func TestLinkClosesWhenMessagesPileUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, n := connectLAN(t, newEar(), newEar())
		n.dead.Store(true)
		var err error
		for range 10 * outboxSize {
			if err = p.child.Send(Request{URL: string(bytes.Repeat([]byte("x"), 2000)), SN: NoSN}); err != nil {
				break
			}
		}
		if !errors.Is(err, ErrStalled) {
			t.Errorf("Send: %v", err)
		}
		if err := take(t, "Closed", p.childEar.closed); !errors.Is(err, ErrStalled) {
			t.Errorf("closed with %v", err)
		}
	})
}

func TestLinkStrikes(t *testing.T) {
	t.Parallel()
	p := connectLocal(t)
	for range maxStrikes {
		p.child.Strike(Unasked)
	}
	if p.child.isClosing() {
		t.Error("closed too early")
	}
	p.child.Strike(Unasked)
	if err := take(t, "Closed", p.childEar.closed); !errors.Is(err, ErrMisbehaved) {
		t.Errorf("closed with %v", err)
	}
	if err := take(t, "Closed", p.parentEar.closed); !errors.Is(err, ErrClosedByPeer) {
		t.Errorf("the other side closed with %v", err)
	}
}
