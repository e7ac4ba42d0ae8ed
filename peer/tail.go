package peer

import (
	"context"

	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

// upTo is the beginning of a segment, without what is behind byte end.
func upTo(s hls.Segment, end int64) hls.Segment {
	r := hls.ByteRange{Length: end}
	if s.Range != nil {
		r.Offset = s.Range.Offset
	}
	s.Range = &r
	return s
}

// askTail fetches the end of sn by HTTP, beside the peer that is at it.
func (t *track) askTail(sn hls.SN, from int64) {
	f := t.fills[sn]
	if f == nil || f.held == nil && t.finished(f) {
		return
	}
	if f.try == nil || f.try.from == "" || f.tail != nil || f.held == f.try {
		t.step(mesh.Failed{SN: mesh.SN(sn), Reason: mesh.Broken})
		return
	}
	w, err := f.filler.Tail(from)
	if err != nil {
		t.log.Debug("no tail", "sn", sn, "error", err)
		t.step(mesh.Failed{SN: mesh.SN(sn), Reason: mesh.Broken})
		return
	}
	ctx, cancel := context.WithCancel(t.ctx)
	f.tail = newTail(t, f, w, cancel)
	f.story.Tries++
	t.bring(ctx, f.tail, 0)
}

// tailEnded takes the outcome of an attempt that brings a tail.
func (t *track) tailEnded(f *fill, a *attempt, err error) {
	switch {
	case f.held != nil && f.held == f.try:
		// All is there and waits for its audit.
	case f.met():
		// The other one has done its part, and that is on its way to here.
		if f.try == nil {
			f.try, f.tail = a, nil
		} else {
			t.tried(f.try, nil)
		}
		t.tried(a, err)
	case err == nil:
		f.note(a, Tail, "") // the rest is the other one's
	default:
		t.log.Debug("tail failed", "sn", a.sn, "error", err)
		why := reasonOf(err)
		a.fault = why
		f.dropTail()
		if why == mesh.BadContent || why == mesh.BadSize {
			t.contradicted(f, err)
			return
		}
		if f.try == nil || f.try.from != "" {
			t.step(mesh.Failed{SN: mesh.SN(a.sn), Reason: why})
		}
	}
}

// contradicted drops what a peer has brought, as the source says something else of
// the segment.
func (t *track) contradicted(f *fill, err error) {
	from := mesh.PeerID("")
	if f.try != nil {
		from, f.try.fault = f.try.from, mesh.BadContent
		t.supersede(f)
	}
	f.rewind(err)
	if from == "" {
		t.askOrigin(f.seg.SN, 0)
		return
	}
	t.step(mesh.Failed{SN: mesh.SN(f.seg.SN), From: from, Reason: mesh.Broken})
}

// met says that what comes from the beginning has reached the tail.
func (f *fill) met() bool {
	return f.tail != nil && f.filler.Segment().Len() >= f.tail.w.Offset()
}

// goOn makes the tail, which the attempt in flight has met and which is not done, the
// attempt in flight.
func (t *track) goOn(f *fill) {
	before := f.try
	t.supersede(f)
	f.try, f.tail = f.tail, nil
	if before != nil && before.from != "" {
		t.step(mesh.Met{SN: mesh.SN(f.seg.SN)})
	}
}

// dropTail ends the attempt that brings the tail; what it brought is of no use.
func (f *fill) dropTail() {
	if f.tail == nil {
		return
	}
	f.tail.cancel()
	f.filler.DropTail()
	if f.tail.fault != "" {
		f.note(f.tail, Failed, f.tail.fault)
	} else {
		f.note(f.tail, Superseded, "")
	}
	f.story.Wasted += f.tail.w.Landed()
	f.tail = nil
}

// bookTail books what a tail that has landed brought.
func (f *fill) bookTail() {
	if f.tail != nil {
		if f.whole() {
			f.note(f.tail, Tail, "")
		} else {
			f.note(f.tail, Superseded, "")
		}
		f.story.HTTP += f.tail.w.Landed()
		f.tail = nil
	}
}
