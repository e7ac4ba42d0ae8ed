package peer

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/peer/mesh"
)

// share is how many of n segments of a peer are audited, and with how many ranges.
func (b *auditBook) share(peer mesh.PeerID, n int, alert bool) (segments, ranges float64) {
	for range n {
		k := b.ranges(peer, false, alert, "source")
		if ranges += float64(k); k > 0 {
			segments++
		}
	}
	return segments / float64(n), ranges / float64(n)
}

// TestAuditRate: all of a new peer is audited, of one that proves right ever less,
// and never nothing; after a fault it is a new peer again.
func TestAuditRate(t *testing.T) {
	t.Parallel()
	b := &auditBook{}
	for passed, want := range map[int]float64{0: 1, 2: 1, 3: 1, 12: .25, 30: .1, 48: 1. / 16, 1000: 1. / 16} {
		id := mesh.PeerID(fmt.Sprint(passed))
		for range passed {
			b.pass(id)
		}
		got, ranges := b.share(id, 20_000, false)
		if got < want*.85 || got > want*1.15 || passed < probation && ranges != fullAudit || passed >= probation && ranges != got {
			t.Errorf("after %d audits %.3f of the segments with %.3f ranges each, want %.3f", passed, got, ranges, want)
		}
		if in, _ := b.share(id, 100, true); in != 1 {
			t.Errorf("in an alert %.2f of the segments", in)
		}
		if n := b.ranges(id, true, false, "source"); n != fullAudit {
			t.Errorf("strict: %d ranges", n)
		}
		b.fault(id, false)
		if got, ranges := b.share(id, 100, false); got != 1 || ranges != fullAudit {
			t.Errorf("after a fault %.2f of the segments with %.2f ranges each", got, ranges)
		}
	}
}

// TestAuditRateWithoutRanges: the first segment of a new peer, and later one of 64.
func TestAuditRateWithoutRanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &auditBook{}
		if b.isDeaf("source") || !b.deafened("source") || b.deafened("source") || !b.isDeaf("source") || b.isDeaf("other") {
			t.Error("the host is not remembered")
		}
		if b.ranges("A", false, false, "source") == 0 {
			t.Error("the first segment is not audited")
		}
		b.pass("A")
		if got, _ := b.share("A", 50_000, true); got < .8*rarelyWhole || got > 1.2*rarelyWhole {
			t.Errorf("%.4f of the segments", got)
		}
		time.Sleep(deafFor)
		if b.isDeaf("source") {
			t.Error("the source may have learnt it by now")
		}
	})
}

// TestFaults: what is forgiven, and to whom.
func TestFaults(t *testing.T) {
	t.Parallel()
	type fault struct {
		after    time.Duration
		forgiven bool
	}
	for name, c := range map[string]struct {
		passed  int
		relayed bool
		faults  []fault
	}{
		"a new peer":                    {0, false, []fault{{0, false}, {time.Hour, false}}},
		"one with a good name":          {20, false, []fault{{0, true}, {time.Minute, false}}},
		"one that was deceived":         {0, true, []fault{{0, true}, {time.Minute, false}, {time.Minute, false}}},
		"what was under way":            {20, false, []fault{{0, true}, {2 * time.Second, true}, {2 * time.Second, true}, {4 * time.Second, false}}},
		"once in ten minutes":           {0, true, []fault{{0, true}, {11 * time.Minute, true}, {time.Minute, false}}},
		"a good name is lost with both": {20, false, []fault{{0, true}, {11 * time.Minute, false}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &auditBook{}
				for range c.passed {
					b.pass("A")
				}
				for i, f := range c.faults {
					time.Sleep(f.after)
					if got := b.fault("A", c.relayed); got != f.forgiven {
						t.Errorf("fault %d: forgiven %v, want %v", i, got, f.forgiven)
					}
					if b.believes("A") {
						t.Error("it is believed after a fault")
					}
				}
			})
		})
	}
}

// TestAuditBookIsBounded: identities cost nothing.
func TestAuditBookIsBounded(t *testing.T) {
	t.Parallel()
	b := &auditBook{}
	for i := range maxRecords + 100 {
		b.pass(mesh.PeerID(fmt.Sprint(i)))
	}
	for i := range maxDeaf + 100 {
		b.deafened(fmt.Sprint(i))
	}
	if len(b.peers) != maxRecords || len(b.deaf) > maxDeaf {
		t.Errorf("%d peers and %d hosts are remembered", len(b.peers), len(b.deaf))
	}
	b.bar("A")
	if !b.barred("A") || b.barred("A") || b.barred("B") {
		t.Error("the brain is to hear of A once")
	}
}
