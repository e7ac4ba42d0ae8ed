package peer

import (
	"testing"

	"hlspeer/hls"
)

func TestLedger(t *testing.T) {
	var l ledger
	if _, ok := (Traffic{}).Offload(); ok {
		t.Error("offload of nothing is known")
	}
	for sn := range hls.SN(2 * provenanceKept) {
		l.setHops(sn, 1)
		l.close(Provenance{SN: sn, P2P: 75, HTTP: 25, Wasted: 1, Hops: 1, Late: sn%2 == 0})
	}
	l.close(Provenance{SN: 9999, HTTP: 100, Wasted: 100, Failed: "not found"})
	sum := l.totals()
	want := Traffic{HTTP: 50 * provenanceKept, P2P: 150 * provenanceKept, Wasted: 2*provenanceKept + 100, SegmentsP2P: 2 * provenanceKept, Late: provenanceKept, Failed: 1}
	if sum != want {
		t.Errorf("totals %+v, want %+v", sum, want)
	}
	if share, _ := sum.Offload(); share != 0.75 {
		t.Errorf("offload %v, want 0.75", share)
	}
	list := l.list()
	if len(list) != provenanceKept || list[0].SN != provenanceKept+1 || list[len(list)-1].SN != 9999 {
		t.Errorf("list of %d, from %d to %d", len(list), list[0].SN, list[len(list)-1].SN)
	}
	if n := len(l.hops); n > provenanceKept+1 {
		t.Errorf("%d hop counts kept", n)
	}
	if level, ok := l.level(4); !ok || level != 1 {
		t.Errorf("level %d %v, want 1: segments that failed do not count", level, ok)
	}
}
