package cache

// tail is the end of a segment that a trusted source brings while another one is
// still busy with what is before. Its bytes lie in the segment's own array, beyond
// what has landed, where no reader looks.
type tail struct {
	writer *Writer
	from   int64
	landed int64 // bytes
}

// Tail lets a trusted source bring the end of the segment, from byte from on, or
// from where the segment stands if that is later, while the current Writer goes on
// up to there. Nobody sees these bytes before it has got there; then they land all
// at once, the current Writer is superseded, and that of the tail goes on as any
// other. A Writer that takes over from the current one leaves the tail alone; Rewind
// drops it.
//
// The whole of the declared size is charged to the budget from now on. Tail fails with
// ErrNoTail while no size is declared, or if there is a tail already or no byte left
// for it; with ErrBudget if the filling segments alone would exceed the budget; and
// once the segment is sealed or aborted.
func (f *Filler) Tail(from int64) (*Writer, error) {
	s := f.segment
	s.mu.Lock()
	defer s.mu.Unlock()
	w, err := s.beginTail(from)
	if err != nil {
		return nil, s.wrap("begin the tail of", err)
	}
	return w, nil
}

// DropTail takes Tail back, with all that its writer has brought. It does nothing once
// the tail has landed.
func (f *Filler) DropTail() {
	s := f.segment
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tail = nil
}

// The methods below want s.mu held.

func (s *Segment) beginTail(from int64) (*Writer, error) {
	from = max(from, s.len())
	switch {
	case s.err != nil:
		return nil, s.err
	case s.sealed, s.tail != nil, s.size == unknown, from >= s.size:
		return nil, ErrNoTail
	}
	if int64(cap(s.data)) < s.size {
		if err := s.ring.budget.reserve(s, s.size); err != nil {
			return nil, err
		}
		s.move(s.size)
	}
	s.tail = &tail{writer: &Writer{segment: s, trusted: true, offset: from}, from: from}
	w := s.tail.writer
	s.meet()
	return w, nil
}

// extend appends p to the tail.
func (s *Segment) extend(p []byte) error {
	t := s.tail
	at := t.from + t.landed
	if at+int64(len(p)) > s.size {
		return ErrOverflow
	}
	copy(s.data[at:s.size], p)
	t.landed += int64(len(p))
	t.writer.landed += int64(len(p))
	return nil
}

// meet lets the tail land if the segment has got there.
func (s *Segment) meet() {
	t := s.tail
	if t == nil || s.len() < t.from {
		return
	}
	trusted := s.verified == s.len()
	s.data = s.data[:t.from+t.landed]
	if trusted {
		s.verified = s.len()
	}
	s.writer, s.tail = t.writer, nil
}
