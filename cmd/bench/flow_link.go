package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hlspeer/datachannel"
)

// openTime is how long a flow may take to open.
const openTime = 20 * time.Second

// linkEnd is the handler of a link on either side.
type linkEnd struct {
	opened chan struct{}
	once   sync.Once
	closed chan error
	asked  func(l *datachannel.Link, r datachannel.Request) // parent only
	sink   func() datachannel.Sink                          // child only
}

var _ datachannel.Handler = (*linkEnd)(nil)

func newLinkEnd() *linkEnd {
	return &linkEnd{opened: make(chan struct{}), closed: make(chan error, 1)}
}

// Opened implements [datachannel.Handler], like the rest.
func (h *linkEnd) Opened(*datachannel.Link) { h.once.Do(func() { close(h.opened) }) }

func (h *linkEnd) Message(l *datachannel.Link, m datachannel.Message) {
	if r, ok := m.(datachannel.Request); ok && h.asked != nil {
		h.asked(l, r)
	}
}

func (h *linkEnd) Piece(*datachannel.Link, datachannel.Piece) datachannel.Sink {
	if h.sink == nil {
		return nil
	}
	return h.sink()
}

func (h *linkEnd) Struck(*datachannel.Link, datachannel.Violation) {}
func (h *linkEnd) Silent(*datachannel.Link, bool)                  {}
func (h *linkEnd) Closed(_ *datachannel.Link, cause error)         { h.closed <- cause }

func linkConfig(e end) datachannel.Config {
	c := datachannel.DefaultConfig()
	c.Loopback = e.loopback
	return c
}

// wait waits until the link is open.
func (h *linkEnd) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	select {
	case <-h.opened:
		return nil
	case err := <-h.closed:
		return fmt.Errorf("opening a link: %w", err)
	case <-ctx.Done():
		return fmt.Errorf("opening a link: %w", context.Cause(ctx))
	}
}

// signalTo gives what the other end says to a link, until ctx ends.
func signalTo(ctx context.Context, e end, l *datachannel.Link) {
	for {
		var data []byte
		if e.line.receive(ctx, &data) != nil {
			return
		}
		_ = l.Signal(data) // a late candidate may be of no use
	}
}

func signalFrom(e end) datachannel.SignalFunc {
	return func(data []byte) { _ = e.line.send(data) } // the end of the process is told elsewhere
}

// dialLink opens a link as the child.
func dialLink(ctx context.Context, e end, h *linkEnd) (*datachannel.Link, error) {
	host, err := datachannel.NewHost(linkConfig(e))
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { host.Close() })
	l, err := host.Offer("parent", signalFrom(e), h)
	if err != nil {
		return nil, fmt.Errorf("offering a link: %w", err)
	}
	go signalTo(ctx, e, l)
	return l, h.wait(ctx)
}

// answerLink opens a link as the parent.
func answerLink(ctx context.Context, e end, h *linkEnd) (*datachannel.Link, error) {
	host, err := datachannel.NewHost(linkConfig(e))
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { host.Close() })
	var offer []byte
	if err := e.line.receive(ctx, &offer); err != nil {
		return nil, err
	}
	l, err := host.Answer("child", offer, signalFrom(e), h)
	if err != nil {
		return nil, fmt.Errorf("answering a link: %w", err)
	}
	go signalTo(ctx, e, l)
	return l, h.wait(ctx)
}

// memory yields the bytes of a segment.
type memory struct{ left []byte }

func (*memory) Whole() bool { return true }

func (m *memory) Next(n int) ([]byte, error) {
	n = min(n, len(m.left))
	b := m.left[:n]
	m.left = m.left[n:]
	return b, nil
}

func pieceFor(r datachannel.Request) datachannel.Piece {
	return datachannel.Piece{URL: r.URL, SN: r.SN, Size: segmentSize, Current: datachannel.NoSN}
}

func sendLink(ctx context.Context, e end) error {
	h := newLinkEnd()
	h.asked = func(l *datachannel.Link, r datachannel.Request) {
		go func() {
			_ = l.SendPiece(ctx, pieceFor(r), &memory{segment}) // the other end tells
		}()
	}
	_, err := answerLink(ctx, e, h)
	return err
}

// counter is a sink that only counts.
type counter struct{ t *tally }

func (c counter) Write(p []byte) (int, error) {
	c.t.add(len(p))
	return len(p), nil
}

func (c counter) Finish(err error) {
	if err != nil {
		c.t.end(err)
	}
}

type linkAsker struct {
	link *datachannel.Link
	next datachannel.SN
}

func (a *linkAsker) ask(context.Context) error {
	a.next++
	return a.link.Send(datachannel.Request{URL: fmt.Sprintf("seg%d.ts", a.next), SN: a.next})
}

func receiveLink(ctx context.Context, e end, t *tally) (asker, error) {
	h := newLinkEnd()
	h.sink = func() datachannel.Sink { return counter{t} }
	l, err := dialLink(ctx, e, h)
	if err != nil {
		return nil, err
	}
	go func() {
		<-l.Done()
		t.end(errors.Join(errors.New("the link has ended"), l.Err()))
	}()
	return &linkAsker{link: l}, nil
}
