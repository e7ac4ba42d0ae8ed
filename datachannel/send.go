package datachannel

import (
	"context"
	"fmt"
	"time"
)

// frame is one part of a piece on its way to the writer: the header, or one
// attachment.
type frame struct {
	header *Piece
	data   []byte
}

// SendPiece sends p with the bytes of src and blocks until the last attachment
// is on its way. Only one piece is sent at a time: callers wait for their turn.
// p.Attachments is set here; p.Size must be from 1 to Config.MaxPiece.
//
// Once the header is out, an error of src or the end of ctx breaks the piece off
// with a [Lack] of its url, and the link stays up. Before that, nothing is sent. A
// source that blocks must end by itself when ctx ends or the link closes.
func (l *Link) SendPiece(ctx context.Context, p Piece, src PacketSource) error {
	if l.channel() == nil {
		return ErrNotOpen
	}
	cfg := &l.host.cfg
	if p.Size < 1 || p.Size > cfg.MaxPiece {
		return fmt.Errorf("piece of %d bytes: want 1 to %d", p.Size, cfg.MaxPiece)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("before sending a piece: %w", context.Cause(ctx))
	}
	packet := l.packet(src)
	p.Attachments = int((p.Size + packet - 1) / packet)
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("waiting to send a piece: %w", context.Cause(ctx))
	case <-l.closing:
		return fmt.Errorf("waiting to send a piece: %w", l.cause)
	}
	if err := l.hand(ctx, frame{header: &p}); err != nil {
		<-l.turn
		return fmt.Errorf("sending a PIECE: %w", err)
	}
	if err := l.sendAttachments(ctx, p, packet, src); err != nil {
		// Not through the outbox: that could overtake a frame in the writer's hand.
		l.brokenOff <- Lack{URL: p.URL, Current: NoSN, SN: p.SN}
		return fmt.Errorf("sending attachments: %w", err)
	}
	<-l.turn
	return nil
}

const (
	// largePacket is the largest attachment that peers of our kind give each
	// other, bytes.
	largePacket = 64 << 10
	// packetTime is how long the path may be busy with one attachment that is
	// larger than need be: who passes a piece on has to wait for it.
	packetTime = 2 * time.Millisecond
)

// packet is the size of attachments for a piece, bytes.
func (l *Link) packet(src PacketSource) int64 {
	size := int64(l.host.cfg.PacketSize)
	if whole, ok := src.(WholeSource); !ok || !whole.Whole() {
		return size
	}
	most := min(l.largest.Load(), int64(float64(l.rate.Load())*packetTime.Seconds()))
	for 2*size <= most {
		size *= 2
	}
	return size
}

func (l *Link) sendAttachments(ctx context.Context, p Piece, packet int64, src PacketSource) error {
	for left := p.Size; left > 0; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n := int(min(left, packet))
		data, err := src.Next(n)
		if len(data) != n {
			if err == nil {
				err = fmt.Errorf("the source ended %d bytes early", left-int64(len(data)))
			}
			return err
		}
		if err := l.hand(ctx, frame{data: data}); err != nil {
			return err
		}
		left -= int64(n)
	}
	return nil
}

// hand gives a frame to the writer.
func (l *Link) hand(ctx context.Context, f frame) error {
	select {
	case l.frames <- f:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.closing:
		return l.cause
	}
}
