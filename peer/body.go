package peer

import (
	"context"
	"io"
	"time"

	"hlspeer/cache"
	"hlspeer/hls"
)

// body shows a segment to players: the bytes that may reach a screen.
type body struct {
	*cache.Segment
	wait *wait
}

var _ hls.Body = body{}

// From reads the verified bytes from off on, as they come, but the last one
// only when the whole segment has proved right: so an answer that turns out
// wrong is never complete.
func (b body) From(ctx context.Context, off int64) io.Reader {
	return &screen{ctx: ctx, wait: b.wait, segment: b.Segment, from: b.Reader(ctx, off, cache.Verified), off: off}
}

// screen is what a player reads.
type screen struct {
	ctx     context.Context
	wait    *wait
	segment *cache.Segment
	from    *cache.Reader
	off     int64
	held    []byte // the last byte, before the segment is sealed
}

// Read implements [io.Reader]. An answer without a declared size ends with the
// reader's end, which comes after the seal anyway.
func (s *screen) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	since := time.Now()
	defer func() { s.wait.over(since) }()
	if s.held == nil {
		n, err := s.from.Read(p)
		s.off += int64(n)
		if size := s.segment.Size(); n == 0 || size < 0 || s.off < size || s.segment.Sealed() {
			return n, err
		}
		n--
		s.held = []byte{p[n]}
		if n > 0 {
			return n, nil
		}
	}
	select {
	case <-s.segment.Done():
	case <-s.ctx.Done():
		return 0, context.Cause(s.ctx)
	}
	if err := s.segment.Err(); err != nil {
		return 0, err
	}
	n := copy(p, s.held)
	s.held = nil
	return n, nil
}
