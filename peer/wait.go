package peer

import (
	"context"
	"time"
)

// A wait is what one player waits for one answer. It belongs to the goroutine that
// answers; nil: nobody asks.
type wait struct {
	t       *track
	group   Group         // "": it does not count
	lasts   time.Duration // the segment
	asked   time.Time
	blocked time.Duration // in which there was nothing to send
	began   bool          // the first byte is there
	stalled bool
}

// awaiting begins the wait for a segment.
func (t *track) awaiting(e entry) *wait {
	return &wait{t: t, group: t.compared(), lasts: e.Duration, asked: time.Now()}
}

// first notes that the first byte is there.
func (w *wait) first() {
	if w == nil || w.began || w.group == "" {
		return
	}
	w.began = true
	after := time.Since(w.asked)
	w.t.versus.in(w.group, func(s *GroupStatus) { s.began(after) })
	w.t.kit.metrics.firstByte.WithLabelValues(w.t.name, string(w.group)).Observe(after.Seconds())
}

// over notes that there was nothing to send from a moment until now. A player that
// gets a segment later than the one before has been played has probably stalled,
// unless it has a buffer, which the peer does not see.
func (w *wait) over(since time.Time) {
	if w == nil || w.group == "" {
		return
	}
	w.blocked += time.Since(since)
	if w.stalled || w.lasts <= 0 || w.blocked <= w.lasts {
		return
	}
	w.stalled = true
	w.t.versus.in(w.group, func(s *GroupStatus) { s.Stalls++ })
	w.t.kit.metrics.stalls.WithLabelValues(w.t.name, string(w.group)).Inc()
}

// Bytes is everything once it is there.
func (b body) Bytes() []byte {
	data := b.Segment.Bytes()
	if data != nil {
		b.wait.first()
	}
	return data
}

// WaitData waits for the first byte that players may see.
func (b body) WaitData(ctx context.Context) error {
	since := time.Now()
	err := b.Segment.WaitData(ctx)
	b.wait.over(since)
	if err == nil {
		b.wait.first()
	}
	return err
}
