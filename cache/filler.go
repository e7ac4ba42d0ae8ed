package cache

import "cmp"

// Filler is the right and the duty to fill one segment: whoever gets it from
// [Ring.Open] must call Seal or Abort in the end. All methods may be called
// concurrently.
type Filler struct {
	segment *Segment
}

// Segment returns the segment to fill.
func (f *Filler) Segment() *Segment { return f.segment }

// Writer lets a source take over where the last one stopped. Every earlier
// Writer of the segment is superseded, so a loser's late bytes are dropped.
// Bytes of a trusted source may reach players as they land, those of any other
// only after Seal.
func (f *Filler) Writer(trusted bool) *Writer {
	s := f.segment
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &Writer{segment: s, trusted: trusted, offset: s.len()}
	if s.filling() {
		s.writer = w
	}
	return w
}

// Bytes returns what has landed so far, for verification before Seal; nothing
// after an abort. The slice must not be changed. It stays valid.
func (f *Filler) Bytes() []byte {
	s := f.segment
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slice(0, s.len())
}

// Rewind drops what failed verification: all bytes after the verified prefix,
// and the size if only an untrusted source declared it. It supersedes the
// current Writer; a new one continues. Arriving readers beyond the prefix fail
// with cause (ErrAborted if nil); all others go on. It does nothing once the
// segment is sealed or aborted.
func (f *Filler) Rewind(cause error) {
	s := f.segment
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.filling() {
		return
	}
	s.writer, s.tail = nil, nil
	if !s.sizeTrusted {
		s.size = unknown
	}
	s.epoch.kept, s.epoch.cause = s.verified, orAborted(cause)
	s.epoch = new(epoch)
	if s.verified < s.len() {
		s.data = s.data[:s.verified]
		s.shrink() // to a new array: readers may still hold what was dropped
	}
	s.wake()
}

// Seal declares the segment complete, which shows all of it to every reader. It
// fails with ErrShort if the declared size is not reached and with ErrEmpty if
// nothing has landed, and the segment stays filling; after an abort it fails
// with the cause. Sealing twice is harmless.
func (f *Filler) Seal() error {
	s := f.segment
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := f.seal(); err != nil {
		return s.wrap("seal", err)
	}
	return nil
}

// seal is Seal with the segment's mutex held.
func (f *Filler) seal() error {
	s := f.segment
	switch {
	case !s.filling():
		return s.err
	case s.len() < s.size:
		return ErrShort
	case s.len() == 0:
		return ErrEmpty
	}
	if slack := int64(cap(s.data)) - s.len(); slack > s.len()/maxSlack {
		s.shrink()
	}
	s.size, s.verified = s.len(), s.len()
	s.writer, s.tail = nil, nil
	s.sealed = true
	s.ring.budget.seal(s)
	close(s.done)
	s.wake()
	return nil
}

// Abort gives up: readers fail with cause (ErrAborted if nil), the bytes go
// back to the budget, and the ring forgets the segment, so that the next Open
// gives a new Filler. It does nothing once the segment is sealed or aborted.
func (f *Filler) Abort(cause error) {
	s := f.segment
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.filling() {
		s.ring.budget.remove(s)
		s.end(orAborted(cause))
	}
}

func orAborted(cause error) error { return cmp.Or(cause, ErrAborted) }
