package lab

import (
	"time"

	"hlspeer/peer/mesh"
)

// A moment is something that happens at a time.
type moment struct {
	at  time.Duration
	seq uint64
	do  func()
}

// A timeline is all that is going to happen. Of two moments at the same time,
// the one that was added first comes first, which makes a run repeatable.
type timeline struct {
	now  time.Duration
	heap []moment
	seq  uint64
}

func (t *timeline) add(at time.Duration, do func()) {
	t.seq++
	t.heap = append(t.heap, moment{max(at, t.now), t.seq, do})
	for i := len(t.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !t.before(i, up) {
			break
		}
		t.heap[i], t.heap[up] = t.heap[up], t.heap[i]
		i = up
	}
}

// next lets the next moment happen; false when none is left before end.
func (t *timeline) next(end time.Duration) bool {
	if len(t.heap) == 0 || t.heap[0].at > end {
		t.now = end
		return false
	}
	first, last := t.heap[0], len(t.heap)-1
	t.heap[0], t.heap[last] = t.heap[last], moment{}
	t.heap = t.heap[:last]
	t.sink()
	t.now = first.at
	first.do()
	return true
}

// sink puts the first moment where it belongs.
func (t *timeline) sink() {
	for i := 0; ; {
		down := 2*i + 1
		if down >= len(t.heap) {
			return
		}
		if down+1 < len(t.heap) && t.before(down+1, down) {
			down++
		}
		if !t.before(down, i) {
			return
		}
		t.heap[i], t.heap[down] = t.heap[down], t.heap[i]
		i = down
	}
}

func (t *timeline) before(i, j int) bool {
	a, b := &t.heap[i], &t.heap[j]
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

// An alarm wakes somebody whose wake-up time changes all the time. At most one
// of its moments counts: the earliest.
type alarm struct {
	set bool
	at  time.Duration // of the moment that counts
	due time.Duration // when it is really to ring; not before at
}

// wake asks for ring at due, or never if that is [mesh.Never]. It takes the
// place of what was asked before.
func (w *world) wake(a *alarm, due time.Duration, ring func()) {
	a.due = due
	if due == mesh.Never || a.set && a.at <= due {
		return
	}
	at := max(due, w.now())
	a.set, a.at = true, at
	w.queue.add(at, func() {
		if !a.set || a.at != at {
			return
		}
		a.set = false
		if a.due <= w.now() {
			ring()
			return
		}
		w.wake(a, a.due, ring)
	})
}
