package peer

import (
	"testing"

	"hlspeer/datachannel"
	"hlspeer/peer/mesh"
)

// counted is the ignored messages of a track by their reason.
func counted(t *testing.T, tr *track) map[string]float64 {
	t.Helper()
	families, err := tr.kit.metrics.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if v := m.GetCounter().GetValue(); f.GetName() == "hlspeer_ignored_messages_total" && v > 0 {
				out[m.GetLabel()[1].GetValue()] = v
			}
		}
	}
	return out
}

// TestIgnoredMessagesAreCounted: whoever finds a message senseless, the data
// channel, the link or the brain, it is counted by its reason.
func TestIgnoredMessagesAreCounted(t *testing.T) {
	t.Parallel()
	tr, _ := testTrack(t)
	l := &link{t: tr, peer: "K", child: true}
	l.expect.add("7.ts", &attempt{})
	l.expect.add("8.ts", &attempt{})
	l.expect.late("7.ts")
	l.expect.late("8.ts")
	l.Message(nil, datachannel.Lack{URL: "7.ts"}) // late: that is nobody's fault
	l.Message(nil, datachannel.Lack{URL: "other.ts"})
	l.Struck(nil, datachannel.Malformed)
	l.Struck(nil, datachannel.Malformed)
	tr.step(mesh.Entered{Self: "M"})
	tr.step(mesh.RelayUp{})
	tr.step(mesh.Connect{Peer: "M"})
	tr.step(l.climbing(datachannel.Displace{}))
	want := map[string]float64{"not asked": 1, "malformed": 2, "own id": 1, "not a child": 1}
	got := counted(t, tr)
	for reason, n := range want {
		if got[reason] != n {
			t.Errorf("%s: %v, want %v", reason, got[reason], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

// TestClosedLinksAreCounted: a link that ends because of what the remote has said,
// so gross or so much that the answers pile up, is counted; one that just ends is
// not.
func TestClosedLinksAreCounted(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]float64{
		datachannel.ErrMisbehaved: 1, datachannel.ErrStalled: 1, datachannel.ErrClosedByPeer: 0, datachannel.ErrFailed: 0,
	} {
		tr, _ := testTrack(t)
		l := &link{t: tr, peer: "K", child: true}
		l.up = newUploader(t.Context(), func() {}, tr, &l.sent)
		l.Closed(nil, cause)
		if got := counted(t, tr)[linkClosed]; got != want {
			t.Errorf("%v: counted %v, want %v", cause, got, want)
		}
	}
}

// TestCase21: a segment that comes twice is kept once. The second piece has
// nowhere to go, and is nobody's fault.
func TestCase21(t *testing.T) {
	t.Parallel()
	tr, f := testTrack(t)
	l := &link{t: tr, peer: "A"}
	l.expect.add("7.ts", newAttempt(tr, f, "A", func() {}))
	body := packets(1)
	piece := datachannel.Piece{URL: "7.ts", SN: 7, Size: int64(len(body))}
	sink := l.Piece(nil, piece)
	if sink == nil {
		t.Fatal("no sink for what was asked for")
	}
	if _, err := sink.Write(body); err != nil {
		t.Fatal(err)
	}
	used := tr.kit.budget.Used()
	if l.Piece(nil, piece) != nil || tr.kit.budget.Used() != used {
		t.Errorf("%d bytes after the second piece, %d before", tr.kit.budget.Used(), used)
	}
	if got := counted(t, tr); len(got) > 0 {
		t.Errorf("counted %v", got)
	}
}
