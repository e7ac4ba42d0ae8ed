package main

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"hlspeer/cache"
	"hlspeer/datachannel"
)

const (
	roleRelay = "relay"

	// The flows of a relay: it is the child on one and the parent on the other.
	flowUp, flowDown = 0, 1
)

// playRelay passes on what a sender sends to a receiver, as it arrives.
func playRelay(ctx context.Context, w *wire) error {
	var f flows
	if err := w.next(ctx, kindFlows, &f); err != nil {
		return err
	}
	run := relayPion
	if f.Variants[0] == variantLink {
		run = relayLink
	}
	if err := run(ctx, f.end(w, flowUp), f.end(w, flowDown), f.Variants[0]); err != nil {
		return err
	}
	if err := w.tell(kindFlows, nil); err != nil {
		return err
	}
	return tellUsage(ctx, w)
}

// relayPion copies from one channel to the other.
func relayPion(ctx context.Context, up, down end, variant string) error {
	from, err := dialPion(ctx, up, variant)
	if err != nil {
		return err
	}
	to, err := answerPion(ctx, down, variant)
	if err != nil {
		return err
	}
	copyTo := func(from io.Reader, write func([]byte) error) {
		buf := make([]byte, pionMessage)
		for {
			n, err := from.Read(buf)
			if err != nil || write(buf[:n]) != nil {
				return // the receiver tells
			}
		}
	}
	go copyTo(from, newThrottle(to).write)
	go copyTo(to, func(b []byte) error { _, err := from.Write(b); return err })
	return nil
}

// linkRelay is a peer without a brain: what a child asks for it asks its parent
// for, and passes on what arrives through a segment in a ring.
type linkRelay struct {
	ctx    context.Context
	up     atomic.Pointer[datachannel.Link]
	ring   *cache.Ring
	filler atomic.Pointer[cache.Filler] // of the segment under way, one at a time
}

// relayCache is the budget of a relay, bytes.
const relayCache = 16 << 20

func relayLink(ctx context.Context, up, down end, _ string) error {
	r := &linkRelay{ctx: ctx, ring: cache.NewRing(cache.NewBudget(relayCache), 2*segmentSize)}
	child, parent := newLinkEnd(), newLinkEnd()
	child.sink = r.sink
	parent.asked = r.asked
	l, err := dialLink(ctx, up, child)
	if err != nil {
		return err
	}
	r.up.Store(l)
	_, err = answerLink(ctx, down, parent)
	return err
}

// asked serves a request of the child. The next one comes after all of this.
func (r *linkRelay) asked(l *datachannel.Link, q datachannel.Request) {
	s, filler := r.ring.Open(cache.SN(q.SN))
	if filler == nil {
		return
	}
	r.filler.Store(filler)
	if r.up.Load().Send(q) != nil {
		return
	}
	go func() {
		size, err := s.WaitSize(r.ctx)
		if err != nil {
			return
		}
		p := pieceFor(q)
		p.Size = size
		_ = l.SendPiece(r.ctx, p, s.Reader(r.ctx, 0, cache.Arriving)) // the receiver tells
	}()
}

// sink takes the piece that was asked for.
func (r *linkRelay) sink() datachannel.Sink {
	filler := r.filler.Load()
	w := filler.Writer(false)
	if w.SetSize(segmentSize) != nil {
		return nil
	}
	return relaySink{w, filler}
}

type relaySink struct {
	*cache.Writer
	filler *cache.Filler
}

func (s relaySink) Finish(err error) {
	if err == nil {
		err = s.filler.Seal()
	}
	if err != nil {
		s.filler.Abort(fmt.Errorf("relaying: %w", err))
	}
}
