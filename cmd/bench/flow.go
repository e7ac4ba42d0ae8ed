package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
)

// The transports that segments are sent over. A TCP flow may name its
// congestion control: "tcp:cubic".
const (
	variantLink    = "link"         // datachannel.Link as it is
	variantTuned   = "pion-tuned"   // bare pion with the settings of a link's first version
	variantSockets = "pion-sockets" // bare pion with large UDP socket buffers
	variantDefault = "pion-default" // bare pion, nothing set
	variantTCP     = "tcp"
)

// end is what one end of a flow is made of.
type end struct {
	line     line   // to the other end
	host     string // address to listen on
	loopback bool   // the other end is on this machine
}

// asker is the receiving end: it asks for a segment and says when it is there.
type asker interface {
	ask(ctx context.Context) error
}

// openSender opens the sending end of a flow. It answers each request with a
// segment until ctx ends.
func openSender(ctx context.Context, variant string, e end) error {
	kind, congestion, _ := strings.Cut(variant, ":")
	switch kind {
	case variantLink:
		return sendLink(ctx, e)
	case variantTCP:
		return sendTCP(ctx, e, congestion)
	case variantTuned, variantSockets, variantDefault:
		return sendPion(ctx, e, kind)
	}
	return fmt.Errorf("there is no transport %q", variant)
}

// openReceiver opens the receiving end of a flow.
func openReceiver(ctx context.Context, variant string, e end, t *tally) (asker, error) {
	kind, _, _ := strings.Cut(variant, ":")
	switch kind {
	case variantLink:
		return receiveLink(ctx, e, t)
	case variantTCP:
		return receiveTCP(ctx, e, t)
	case variantTuned, variantSockets, variantDefault:
		return receivePion(ctx, e, kind, t)
	}
	return nil, fmt.Errorf("there is no transport %q", variant)
}

// tally counts what arrives on a flow. One segment is under way at a time.
type tally struct {
	got  atomic.Int64  // bytes
	part int64         // of the segment under way; the adder's
	done chan struct{} // a segment is complete
	fail chan error    // the flow has ended
}

func newTally() *tally {
	return &tally{done: make(chan struct{}, 1), fail: make(chan error, 1)}
}

// add is called by one goroutine at a time.
func (t *tally) add(n int) {
	t.got.Add(int64(n))
	if t.part += int64(n); t.part >= segmentSize {
		t.part -= segmentSize
		t.done <- struct{}{}
	}
}

// end says that nothing will come any more.
func (t *tally) end(err error) {
	select {
	case t.fail <- err:
	default:
	}
}

// fetch asks for a segment and waits for all of it.
func (t *tally) fetch(ctx context.Context, from asker) error {
	if err := from.ask(ctx); err != nil {
		return fmt.Errorf("asking for a segment: %w", err)
	}
	select {
	case <-t.done:
		return nil
	case err := <-t.fail:
		return fmt.Errorf("waiting for a segment: %w", err)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// segment is what is sent: bytes that no compression would help.
var segment = noise(segmentSize)

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // it never fails
	return b
}
