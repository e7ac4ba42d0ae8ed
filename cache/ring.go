package cache

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// SN is a segment's media sequence number.
type SN int64

// maxWaiters bounds the callers of [Ring.Wait] that one ring holds at a time.
const maxWaiters = 1024

// Ring is the window of segments of one stream, keyed by sequence number.
// All methods may be called concurrently.
type Ring struct {
	budget     *Budget
	maxSegment int64

	// Guarded by budget.mu.
	segments map[SN]*Segment // filling or sealed
	openings map[SN]*opening
	waiting  int
	closed   bool
	gone     uint64 // segments that were removed so far
}

// opening is what all who wait for one sequence number share.
type opening struct {
	happened chan struct{} // closed when opened, or when the ring closes
	segment  *Segment      // nil until opened
	waiting  int
}

// NewRing returns an empty ring that draws on b and takes segments of at most
// maxSegment bytes.
func NewRing(b *Budget, maxSegment int64) *Ring {
	return &Ring{
		budget:     b,
		maxSegment: maxSegment,
		segments:   make(map[SN]*Segment),
		openings:   make(map[SN]*opening),
	}
}

// Open returns segment sn. If the ring has none that is filling or sealed, it
// makes one, and this caller alone also gets the Filler, which it must bring to
// Seal or Abort. After Close, Open returns an aborted segment and no Filler.
func (r *Ring) Open(sn SN) (*Segment, *Filler) {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	if s := r.segments[sn]; s != nil {
		return s, nil
	}
	s := newSegment(r, sn)
	if r.closed {
		s.end(ErrClosed)
		return s, nil
	}
	r.budget.add(s)
	if o := r.openings[sn]; o != nil {
		delete(r.openings, sn)
		o.segment = s
		close(o.happened)
	}
	return s, &Filler{segment: s}
}

// Lookup returns segment sn if it is filling or sealed, else nil.
func (r *Ring) Lookup(sn SN) *Segment {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	return r.segments[sn]
}

// Wait returns segment sn as soon as somebody has opened it, at once if it is
// there. It fails with the cause of ctx, with ErrClosed once the ring is
// closed, and with ErrTooManyWaiters beyond 1024 waiting callers.
func (r *Ring) Wait(ctx context.Context, sn SN) (*Segment, error) {
	s, err := r.wait(ctx, sn)
	if err != nil {
		return nil, fmt.Errorf("wait for segment %d: %w", sn, err)
	}
	return s, nil
}

func (r *Ring) wait(ctx context.Context, sn SN) (*Segment, error) {
	s, o, err := r.enter(sn)
	if o == nil {
		return s, err
	}
	select {
	case <-o.happened:
	case <-ctx.Done():
	}
	r.leave(sn, o)
	select {
	case <-o.happened: // counts even if ctx ended in the same moment
		if o.segment == nil {
			return nil, ErrClosed
		}
		return o.segment, nil
	default:
		return nil, context.Cause(ctx)
	}
}

// enter returns the segment or, if the caller has to wait for it, the opening.
func (r *Ring) enter(sn SN) (*Segment, *opening, error) {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	switch {
	case r.segments[sn] != nil:
		return r.segments[sn], nil, nil
	case r.closed:
		return nil, nil, ErrClosed
	case r.waiting >= maxWaiters:
		return nil, nil, ErrTooManyWaiters
	}
	o := r.openings[sn]
	if o == nil {
		o = &opening{happened: make(chan struct{})}
		r.openings[sn] = o
	}
	o.waiting++
	r.waiting++
	return nil, o, nil
}

// leave undoes enter; the last one out removes an opening that never happened.
func (r *Ring) leave(sn SN, o *opening) {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	r.waiting--
	o.waiting--
	if o.waiting == 0 && r.openings[sn] == o {
		delete(r.openings, sn)
	}
}

// Slide evicts every segment below oldest. Those still filling are aborted
// with ErrEvicted. Only what is there now goes: a player may seek back, so
// later Opens below oldest work as ever.
func (r *Ring) Slide(oldest SN) {
	for _, s := range r.Segments() {
		if s.sn >= oldest {
			return
		}
		s.drop(ErrEvicted)
	}
}

// Evict removes segment sn as Slide does, if it is there.
func (r *Ring) Evict(sn SN) {
	if s := r.Lookup(sn); s != nil {
		s.drop(ErrEvicted)
	}
}

// Segments returns all filling and sealed segments by ascending sequence number.
func (r *Ring) Segments() []*Segment {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	return slices.SortedFunc(maps.Values(r.segments), func(s, t *Segment) int {
		return cmp.Compare(s.sn, t.sn)
	})
}

// Evictions counts the segments that have left the ring since it was made, for
// whatever reason: while it does not change, what was sealed is still there.
func (r *Ring) Evictions() uint64 {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	return r.gone
}

// Newest returns the highest sealed sequence number, false if there is none.
func (r *Ring) Newest() (SN, bool) {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	var newest SN
	var found bool
	for sn, s := range r.segments {
		if s.slot.sealed && (!found || sn > newest) {
			newest, found = sn, true
		}
	}
	return newest, found
}

// Close empties the ring: it aborts what is filling and fails who waits with
// ErrClosed, and gives all bytes back to the budget. Readers of sealed segments
// finish. Closing twice is harmless.
func (r *Ring) Close() {
	r.shut()
	for _, s := range r.Segments() {
		s.drop(ErrClosed)
	}
}

func (r *Ring) shut() {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	r.closed = true
	for _, o := range r.openings {
		close(o.happened)
	}
	clear(r.openings)
}
