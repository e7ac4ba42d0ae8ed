package peer

import (
	"time"

	"hlspeer/peer/mesh"
)

// goOnWith ends the wait for an audit, if there is one.
func (t *track) goOnWith(f *fill, au *audit) {
	if t.fills[f.seg.SN] == f && f.audit == au && f.held != nil && f.held == f.try {
		t.tried(f.try, nil)
	}
}

const (
	// signEvery is how often the brain hears, while a whole segment waits for its
	// audit, that its peer has not stopped.
	signEvery = 400 * time.Millisecond
	// waitForKnown is how long a segment of a peer that is believed waits.
	waitForKnown = time.Second
)

// hold lets a whole segment wait for its audit.
func (t *track) hold(f *fill, a *attempt) {
	if f.held == a {
		return
	}
	f.held, a.landed = a, time.Now()
	t.holdOn(f, a)
}

func (t *track) holdOn(f *fill, a *attempt) {
	au := f.audit
	time.AfterFunc(signEvery, func() {
		t.post(func() {
			if t.fills[f.seg.SN] != f || f.try != a || f.held != a || f.audit != au {
				return
			}
			known := a.from != "" && t.kit.cfg.Verify != VerifyStrict && t.kit.audits.believes(a.from)
			if known && !au.whole && time.Since(a.landed) >= waitForKnown {
				t.insist(f)
				return
			}
			s := f.filler.Segment()
			t.step(mesh.Progress{SN: mesh.SN(a.sn), Bytes: s.Len(), Size: s.Size(), Came: a.w.Offset() + a.w.Landed()})
			if f.held == a && f.try == a {
				t.holdOn(f, a)
			}
		})
	})
}

// insist ends the wait for an audit without its outcome.
func (t *track) insist(f *fill) {
	au := f.audit
	au.cancel()
	au.running, au.err = 0, errNoTime
	next := *au // what still comes is of no use
	f.audit = &next
	t.tried(f.try, nil)
}

// took is how long an attempt took to bring what it was to bring.
func (a *attempt) took() time.Duration {
	if !a.landed.IsZero() {
		return a.landed.Sub(a.began)
	}
	return time.Since(a.began)
}
