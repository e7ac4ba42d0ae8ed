package mesh

import (
	"fmt"
	"testing"
	"time"
)

func TestQuarantineSpans(t *testing.T) {
	t.Parallel()
	q := newQuarantine(5*time.Minute, time.Hour)
	now := time.Duration(0)
	for i, minutes := range []time.Duration{5, 10, 20, 40, 60, 60} {
		q.punish("A", now, false)
		end := now + minutes*time.Minute
		if !q.holds("A", end-1) || q.holds("A", end) {
			t.Errorf("failure %d: not held until %v: %+v", i+1, end, q.sentences["A"])
		}
		now = end
	}
	now += time.Hour
	q.punish("A", now, false)
	if q.holds("A", now+5*time.Minute) {
		t.Error("an hour of peace is not enough to forget")
	}
}

func TestQuarantineRest(t *testing.T) {
	t.Parallel()
	q := newQuarantine(5*time.Minute, time.Hour)
	q.rest("A", 0)
	if !q.holds("A", restFor-1) || q.holds("A", restFor) {
		t.Errorf("rest is not %v", restFor)
	}
	q.punish("A", time.Minute, true)
	q.rest("A", 2*time.Minute)
	if !q.bars("A", 6*time.Minute-1) || q.bars("A", 6*time.Minute) {
		t.Error("a rest changes a quarantine")
	}
	q.rest("A", 7*time.Minute)
	if !q.holds("A", 7*time.Minute) || q.bars("A", 7*time.Minute) {
		t.Error("what was bad once stays bad")
	}
	q.punish("A", 8*time.Minute, false)
	if q.bars("A", 8*time.Minute) || !q.holds("A", 18*time.Minute-1) {
		t.Error("a failure after a strike: want ten minutes, not bad")
	}
}

func TestQuarantineIsBounded(t *testing.T) {
	t.Parallel()
	q := newQuarantine(5*time.Minute, time.Hour)
	for i := range 3 * maxSentences {
		q.punish(PeerID(fmt.Sprint(i)), time.Duration(i), false)
	}
	if n := len(q.sentences); n != maxSentences {
		t.Fatalf("%d peers remembered, want %d", n, maxSentences)
	}
	if q.holds("0", 0) || !q.holds(PeerID(fmt.Sprint(3*maxSentences-1)), 0) {
		t.Error("the newest was forgotten, or the oldest was not")
	}
}
