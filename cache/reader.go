package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// View says which bytes of a filling segment a reader may see. A sealed segment
// looks the same in every view.
type View uint8

const (
	// Verified shows what may reach a player: the bytes that landed from
	// trusted sources with nothing untrusted before them.
	Verified View = iota
	// Arriving shows every byte as it lands, for relaying, but holds the last
	// packet back until the segment is sealed, so that nobody completes a
	// segment we have not verified.
	Arriving
)

// Reader reads one segment from an offset on. It belongs to one goroutine.
//
// Every method blocks until it has what it promises, and fails with the cause
// of the reader's context, of an abort, or, in the Arriving view, of a rewind
// that dropped bytes the reader has gone past. The end of the segment alone is
// reported as io.EOF; no failure matches it. A reader needs no closing.
type Reader struct {
	ctx     context.Context
	segment *Segment
	view    View
	off     int64
	epoch   *epoch
}

var (
	_ io.Reader   = (*Reader)(nil)
	_ io.WriterTo = (*Reader)(nil)
)

// Reader returns a reader that starts at byte off, which must not be negative.
// An offset at or beyond the end reads as the end.
func (s *Segment) Reader(ctx context.Context, off int64, v View) *Reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Reader{ctx: ctx, segment: s, view: v, off: max(off, 0), epoch: s.epoch}
}

// Next returns the next n bytes (at least 1), fewer only at the end of the
// segment, and io.EOF after it. It copies nothing: the slice must not be
// changed, and stays valid.
//
// In the Arriving view, the n bytes that reach the end of the declared size
// come only after the seal. While no size is declared, they come only once a
// byte has landed after them.
func (r *Reader) Next(n int) ([]byte, error) {
	n = max(n, 1)
	return r.take(int64(n), int64(n))
}

// Read copies what is there, at least 1 byte, and returns io.EOF after the end
// of the segment. In the Arriving view it holds back at least the last byte
// until the seal.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := r.take(1, int64(len(p)))
	return copy(p, b), err
}

// WriteTo writes everything up to the end of the segment to w, whatever is
// there in one Write; so a sealed segment leaves in one Write. It holds back
// like Read.
func (r *Reader) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		b, err := r.take(1, math.MaxInt64)
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		n, err := w.Write(b)
		total += int64(n)
		if err == nil && n < len(b) {
			err = io.ErrShortWrite
		}
		if err != nil {
			r.off -= int64(len(b) - n)
			return total, r.segment.wrap("write out", err)
		}
	}
}

// take returns between least and most bytes, fewer than least only at the end,
// and a bare io.EOF after it.
func (r *Reader) take(least, most int64) ([]byte, error) {
	var b []byte
	var end bool
	err := r.segment.await(r.ctx, func() (bool, error) {
		var err error
		b, end, err = r.peek(least, most)
		return b != nil || end, err
	})
	switch {
	case end:
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		// The cause of an abort may well be an io.EOF, that of a source which
		// broke off. Nobody must take it for the end of the segment.
		return nil, r.segment.wrap("read", fmt.Errorf("%w: %v", io.ErrUnexpectedEOF, err))
	case err != nil:
		return nil, r.segment.wrap("read", err)
	}
	r.off += int64(len(b))
	return b, nil
}

// peek is take without waiting: it returns nothing if the bytes are not there
// yet. The caller holds the segment's mutex.
func (r *Reader) peek(least, most int64) (b []byte, end bool, err error) {
	s := r.segment
	if r.epoch != s.epoch {
		// The verified prefix never shrinks, so who is within what the first
		// missed rewind kept is within what the later ones kept.
		if r.view == Arriving && r.off > r.epoch.kept {
			return nil, false, r.epoch.cause
		}
		r.epoch = s.epoch
	}
	limit := s.visible(r.view)
	have := limit - r.off
	if have >= least || have > 0 && limit == s.size {
		return s.slice(r.off, r.off+min(have, most)), false, nil
	}
	return nil, s.sealed, nil
}

// visible returns up to where a view shows the segment. The caller holds s.mu.
func (s *Segment) visible(v View) int64 {
	switch {
	case s.sealed:
		return s.len()
	case v == Verified:
		return s.verified
	case s.size == unknown:
		return s.len() - 1
	default:
		return min(s.len(), s.size-1)
	}
}
