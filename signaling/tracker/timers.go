package tracker

import "time"

// A chore is something that a room does later.
type chore int

const (
	choreExpire  chore = iota // end a reservation that was not used
	choreRetry                // place a waiting peer again
	choreRepair               // place a peer that reported the loss itself
	choreRoots                // look for a root too many
	choreUnroot               // make an ordinary peer of a root that was made in vain
	chorePromote              // promote a peer at the end of its probation
	choreCompact              // look for peers that lie too deep
	choreSend                 // send a peer to its new parents
	choreEase                 // end the excess of a promotion
	choreExcess               // end what a peer bears too much for too long
	choreStandby              // see whether a standby is still good
	choreDrop                 // end old links after a move
)

// A timer names a chore and when it is due. One whose subject has changed in
// the meantime does nothing.
type timer struct {
	at    time.Duration
	chore chore
	node  *node // of choreRetry, choreRepair, choreUnroot, chorePromote, choreExcess and choreStandby
	edge  *edge // of choreExpire
	move  *move // of choreSend, choreEase and choreDrop
	seq   uint64
}

// timers is a heap, the next one first. Timers of the same moment keep their
// order, which makes a room deterministic.
type timers struct {
	heap []timer
	seq  uint64
}

func (t *timers) add(e timer) {
	t.seq++
	e.seq = t.seq
	t.heap = append(t.heap, e)
	for i := len(t.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !t.before(i, up) {
			break
		}
		t.heap[i], t.heap[up] = t.heap[up], t.heap[i]
		i = up
	}
}

// due takes the next timer if its time has come.
func (t *timers) due(now time.Duration) (timer, bool) {
	if len(t.heap) == 0 || t.heap[0].at > now {
		return timer{}, false
	}
	first, last := t.heap[0], len(t.heap)-1
	t.heap[0] = t.heap[last]
	t.heap[last] = timer{}
	t.heap = t.heap[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if down+1 < last && t.before(down+1, down) {
			down++
		}
		if !t.before(down, i) {
			break
		}
		t.heap[i], t.heap[down] = t.heap[down], t.heap[i]
		i = down
	}
	return first, true
}

// next returns when the next timer is due, 0 when there is none.
func (t *timers) next() time.Duration {
	if len(t.heap) == 0 {
		return 0
	}
	return t.heap[0].at
}

func (t *timers) before(i, j int) bool {
	a, b := t.heap[i], t.heap[j]
	if a.at != b.at {
		return a.at < b.at
	}
	return a.seq < b.seq
}
