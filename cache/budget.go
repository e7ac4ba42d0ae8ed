package cache

import (
	"cmp"
	"slices"
	"sync"
)

// Budget is one byte limit shared by all rings of a process. It counts what
// segments have allocated, not what has landed in them. When a filling segment
// needs room, sealed segments are evicted in the order in which they were
// opened, whichever ring they are in; a segment that is still filling never is.
//
// Used never exceeds Limit. The process may hold more for a while: readers
// keep evicted contents alive until they are done, and a growing segment
// is copied.
type Budget struct {
	// mu guards the fields below, the index of every ring, and every
	// Segment's slot. It is taken after Segment.mu, never before.
	mu      sync.Mutex
	limit   int64
	used    int64
	filling int64 // the part of used that cannot be evicted
	opened  uint64
	order   []*Segment // what all rings hold, by age
}

// slot is a segment's place in the books of its budget.
type slot struct {
	age    uint64
	charge int64 // bytes
	sealed bool
}

// NewBudget returns a budget of limit bytes, which must be positive.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit}
}

// Limit returns the limit in bytes.
func (b *Budget) Limit() int64 { return b.limit }

// Used returns the bytes allocated for segments that are in a ring.
func (b *Budget) Used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// add enters a new, filling segment. The caller holds b.mu.
func (b *Budget) add(s *Segment) {
	b.opened++
	s.slot.age = b.opened
	b.order = append(b.order, s)
	s.ring.segments[s.sn] = s
}

// reserve raises the charge of a filling segment to capacity bytes and makes
// room for it.
func (b *Budget) reserve(s *Segment, capacity int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	more := capacity - s.slot.charge
	if b.filling+more > b.limit {
		return ErrBudget
	}
	b.evict(more)
	b.used += more
	b.filling += more
	s.slot.charge = capacity
	return nil
}

// evict removes the oldest sealed segments until room bytes are free. The
// caller holds b.mu and has made sure that the sealed ones suffice.
func (b *Budget) evict(room int64) {
	for i := 0; b.used+room > b.limit; {
		if !b.order[i].slot.sealed {
			i++
			continue
		}
		b.removeAt(i)
	}
}

// refund lowers the charge of a filling segment to capacity bytes.
func (b *Budget) refund(s *Segment, capacity int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	less := s.slot.charge - capacity
	b.used -= less
	b.filling -= less
	s.slot.charge = capacity
}

// seal makes a filling segment evictable.
func (b *Budget) seal(s *Segment) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.filling -= s.slot.charge
	s.slot.sealed = true
}

// remove takes a segment out of its ring and gives its bytes back. It does
// nothing if the segment is gone already.
func (b *Budget) remove(s *Segment) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, found := slices.BinarySearchFunc(b.order, s.slot.age, func(s *Segment, age uint64) int {
		return cmp.Compare(s.slot.age, age)
	})
	if found {
		b.removeAt(i)
	}
}

// removeAt removes the i-th oldest segment. The caller holds b.mu.
func (b *Budget) removeAt(i int) {
	s := b.order[i]
	b.order = slices.Delete(b.order, i, i+1)
	delete(s.ring.segments, s.sn)
	s.ring.gone++
	b.used -= s.slot.charge
	if !s.slot.sealed {
		b.filling -= s.slot.charge
	}
	s.slot.charge = 0
}
