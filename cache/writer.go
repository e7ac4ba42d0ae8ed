package cache

import "io"

// Writer appends the bytes of one source to a segment. It belongs to one
// goroutine. It needs no closing: it ends with the segment, or when another
// writer takes over.
//
// SetSize and Write fail with ErrSuperseded once the writer has been replaced,
// and with the cause of an abort. A failed call changes nothing.
type Writer struct {
	segment *Segment
	trusted bool
	offset  int64
	landed  int64 // guarded by segment.mu
}

var _ io.Writer = (*Writer)(nil)

// Offset returns where this writer took over: how many bytes had landed.
func (w *Writer) Offset() int64 { return w.offset }

// Landed returns how many bytes this writer has brought.
func (w *Writer) Landed() int64 {
	w.segment.mu.Lock()
	defer w.segment.mu.Unlock()
	return w.landed
}

// SetSize declares the size of the whole segment in bytes. It allocates
// nothing. It fails with ErrEmpty below 1, with ErrTooLarge above the ring's
// largest segment, and with ErrSizeConflict if another size was declared before
// or if more than that has landed.
func (w *Writer) SetSize(total int64) error {
	s := w.segment
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := w.declare(total); err != nil {
		return s.wrap("declare the size of", err)
	}
	return nil
}

// declare is SetSize with the segment's mutex held.
func (w *Writer) declare(total int64) error {
	s := w.segment
	if err := w.check(); err != nil {
		return err
	}
	switch {
	case total < 1:
		return ErrEmpty
	case total > s.ring.maxSegment:
		return ErrTooLarge
	case total < s.len(), s.size != unknown && s.size != total:
		return ErrSizeConflict
	}
	s.size = total
	s.sizeTrusted = s.sizeTrusted || w.trusted
	s.wake()
	return nil
}

// Write appends a copy of p, all or nothing, but what reaches beyond the beginning of
// the segment's tail: that is there already. It fails with ErrOverflow beyond
// the declared size, with ErrTooLarge beyond the ring's largest segment, and
// with ErrBudget if the filling segments alone would exceed the budget.
func (w *Writer) Write(p []byte) (int, error) {
	s := w.segment
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := w.append(p); err != nil {
		return 0, s.wrap("write", err)
	}
	return len(p), nil
}

// append is Write with the segment's mutex held.
func (w *Writer) append(p []byte) error {
	s := w.segment
	if err := w.check(); err != nil {
		return err
	}
	if s.tail != nil && s.tail.writer == w {
		return s.extend(p)
	}
	landed := s.len()
	need := landed + int64(len(p))
	switch {
	case s.size != unknown && need > s.size:
		return ErrOverflow
	case need > s.ring.maxSegment:
		return ErrTooLarge
	}
	if err := s.grow(need); err != nil {
		return err
	}
	if s.tail != nil && need > s.tail.from {
		need = s.tail.from
		p = p[:need-landed]
	}
	s.data = append(s.data, p...)
	w.landed += int64(len(p))
	if w.trusted && s.verified == landed {
		s.verified = need
	}
	s.meet()
	s.wake()
	return nil
}

// check says why this writer may not go on. The caller holds the segment's mutex.
func (w *Writer) check() error {
	switch {
	case w.segment.err != nil:
		return w.segment.err
	case w.segment.writer != w && (w.segment.tail == nil || w.segment.tail.writer != w):
		return ErrSuperseded
	default:
		return nil
	}
}
