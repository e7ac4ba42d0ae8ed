package cache

import (
	"context"
	"fmt"
	"sync"
)

const (
	// firstAlloc is the first allocation for a segment whose size is unknown
	// or only claimed by an untrusted source. From there memory doubles as
	// bytes land, so a claim alone costs nothing. The size that a trusted source
	// declares is allocated at once, with the first byte.
	firstAlloc = 256 << 10
	// maxSlack is the largest part of a sealed segment (one in maxSlack) that
	// may be allocated but unused. What is beyond is worth a copy.
	maxSlack = 8
	// unknown is the size of a segment before anybody declared it.
	unknown = -1
)

// Segment is one media segment: an append-only run of bytes that is filling,
// sealed, or aborted. All methods may be called concurrently. A sealed segment
// stays whole for those who hold it, in the ring or not.
type Segment struct {
	ring *Ring
	sn   SN
	done chan struct{}
	slot slot // guarded by ring.budget.mu

	checksum checksum

	mu          sync.Mutex
	data        []byte // what landed; never written below len, so readers need no lock
	verified    int64  // length of the prefix that came from trusted sources alone
	size        int64  // bytes, or unknown
	sizeTrusted bool
	sealed      bool
	err         error // why it was aborted
	writer      *Writer
	tail        *tail // nil: nobody brings the end meanwhile
	epoch       *epoch
	changed     chan struct{} // nil while nobody waits; closed by the next change
}

// epoch is the time between two rewinds of a segment. Readers remember theirs;
// a rewind leaves in it what they need to know.
type epoch struct {
	kept  int64 // length of the prefix that outlived the epoch
	cause error // why the rest was dropped
}

func newSegment(r *Ring, sn SN) *Segment {
	return &Segment{ring: r, sn: sn, done: make(chan struct{}), size: unknown, epoch: new(epoch)}
}

// SN returns the sequence number.
func (s *Segment) SN() SN { return s.sn }

// Done returns a channel that is closed when the segment is sealed or aborted.
func (s *Segment) Done() <-chan struct{} { return s.done }

// Size returns the declared or, once sealed, the final size in bytes; -1 while
// it is unknown. A rewind may take back what an untrusted source declared.
func (s *Segment) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// Len returns how many bytes have landed; 0 after an abort.
func (s *Segment) Len() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.len()
}

// Sealed reports whether the segment is complete.
func (s *Segment) Sealed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sealed
}

// Err returns the cause of the abort, nil for a filling or sealed segment.
func (s *Segment) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Bytes returns the whole contents of a sealed segment, else nil. The slice
// must not be changed. It stays valid after eviction.
func (s *Segment) Bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sealed {
		return nil
	}
	return s.slice(0, s.len())
}

// WaitSize blocks until the size is known and returns it. It fails with the
// cause of ctx or of the abort. Whoever announces the size to others should
// compare it with Size before the last packet: a rewind may have changed it.
func (s *Segment) WaitSize(ctx context.Context) (int64, error) {
	var size int64
	err := s.await(ctx, func() (bool, error) {
		size = s.size
		return size != unknown, nil
	})
	if err != nil {
		return 0, s.wrap("wait for the size of", err)
	}
	return size, nil
}

// WaitData blocks until a Verified reader from the start would find a byte. It
// fails with the cause of ctx or of the abort.
func (s *Segment) WaitData(ctx context.Context) error {
	err := s.await(ctx, func() (bool, error) { return s.verified > 0, nil })
	if err != nil {
		return s.wrap("wait for data of", err)
	}
	return nil
}

// await blocks until ready says so or fails, until the segment is aborted, or
// until ctx ends. It calls ready with s.mu held, again after each change.
func (s *Segment) await(ctx context.Context, ready func() (bool, error)) error {
	for ctx.Err() == nil {
		changed, err := s.try(ready)
		if changed == nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return context.Cause(ctx)
}

// try returns a nil channel when there is nothing left to wait for.
func (s *Segment) try(ready func() (bool, error)) (<-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	if ok, err := ready(); ok || err != nil {
		return nil, err
	}
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed, nil
}

// wrap says what failed on which segment.
func (s *Segment) wrap(doing string, err error) error {
	return fmt.Errorf("%s segment %d: %w", doing, s.sn, err)
}

// drop takes the segment out of its ring, and aborts it if it is filling.
func (s *Segment) drop(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The ring forgets first: whoever learns of the abort may open anew.
	s.ring.budget.remove(s)
	s.end(cause)
}

// The methods below want s.mu held.

func (s *Segment) len() int64 { return int64(len(s.data)) }

func (s *Segment) filling() bool { return !s.sealed && s.err == nil }

// slice returns contents whose capacity ends with them, so that an append by
// the receiver cannot reach into the segment.
func (s *Segment) slice(from, to int64) []byte { return s.data[from:to:to] }

// wake tells all who wait to look again.
func (s *Segment) wake() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// end aborts a filling segment. It has left the ring already.
func (s *Segment) end(cause error) {
	if !s.filling() {
		return
	}
	s.err = cause
	s.data, s.verified = nil, 0
	s.writer, s.tail = nil, nil
	close(s.done)
	s.wake()
}

// grow makes room for need bytes in all.
func (s *Segment) grow(need int64) error {
	have := int64(cap(s.data))
	if need <= have {
		return nil
	}
	most := s.ring.maxSegment
	if s.size != unknown {
		most = s.size
	}
	want := min(max(need, 2*have, firstAlloc), most)
	if s.sizeTrusted {
		want = most
	}
	if err := s.ring.budget.reserve(s, want); err != nil {
		return err
	}
	s.move(want)
	return nil
}

// shrink gives back what is allocated beyond the contents.
func (s *Segment) shrink() {
	s.move(s.len())
	s.ring.budget.refund(s, s.len())
}

// move copies the contents to a new array. Readers may go on with the old one.
func (s *Segment) move(capacity int64) {
	data := make([]byte, len(s.data), capacity)
	copy(data, s.data)
	s.data = data
}
