package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"hlspeer/cache"
	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

var (
	errStopping   = errors.New("the peer is stopping")
	errNoSource   = errors.New("no source could deliver the segment")
	errUnwanted   = errors.New("the segment left the window")
	errBadContent = errors.New("the bytes are not the segment")
	errMismatch   = errors.New("the peer's bytes differ from what had come before")
)

// fill is a segment that is being brought in. It belongs to the track, not to
// the request that began it.
type fill struct {
	seg    entry
	filler *cache.Filler
	try    *attempt // in flight; nil between two
	tail   *attempt // of the HTTP source, for the end, beside try; nil: there is none
	story  Provenance
	began  time.Time
	opened time.Duration // the same, in the loop's time
	hurry  bool          // a player waits
	alone  bool          // no peer is asked
	group  Group         // that it is counted in; "": none
	peers  int           // asked since what is here was last beyond doubt
	part   extent        // that peers have brought of it, with what is between
	audit  *audit        // nil: none is made
	held   *attempt      // has brought the last byte, and waits for audit
	odd    int           // answers of the HTTP source that contradicted what is here
}

// listed takes over a new version of the playlist.
func (t *track) listed(m *hls.Media) {
	now := t.now()
	c := t.win.update(m, now)
	t.live, t.shareable = !m.Ended, shareable(m, t.shareable)
	if n := len(m.Segments); n > 0 {
		t.segment = m.Segments[n-1].Duration
		if t.live && t.segment > 0 && t.head.set {
			t.position.Store(int64(m.Segments[n-1].SN) - int64(t.head.lag/t.segment))
		}
	}
	t.clear(c)
	t.chooseEngine(m)
	t.sharing.Store(t.shares())
	for sn, f := range t.fills {
		if e, ok := t.win.segment(sn); ok {
			f.seg = e // it may have another address by now
		}
	}
	if !t.shares() || !t.chosen || len(c.fresh) == 0 {
		return
	}
	if t.swarms() {
		t.listedForSwarm()
		return
	}
	t.head.follow(t.segment)
	t.ahead.Store(int64(c.fresh[len(c.fresh)-1].SN) + 1)
	if t.session.plan(now) {
		t.backlog = snsOf(c.fresh[max(0, len(c.fresh)-startBehind):])
		t.pump()
		return
	}
	for _, s := range c.fresh[max(0, len(c.fresh)-maxAhead):] {
		t.fetchAhead(s.SN)
	}
}

// clear drops what is of no use after a change of the window.
func (t *track) clear(c change) {
	switch {
	case c.reset:
		t.log.Warn("the source began anew")
		t.forget(func(hls.SN) bool { return true })
		return
	case len(c.replaced) > 0:
		level := slog.LevelWarn
		if t.reused {
			level = slog.LevelDebug // some do so all the time
		}
		t.reused = true
		t.log.Log(t.ctx, level, "the source gave other bytes to numbers that were taken", "first", c.replaced[0], "segments", len(c.replaced))
		t.forget(func(sn hls.SN) bool { return slices.Contains(c.replaced, sn) })
	}
	if t.live {
		t.forget(func(sn hls.SN) bool { return sn < c.oldest })
		t.ring.Slide(cache.SN(c.oldest))
	}
}

func snsOf(segments []hls.Segment) []hls.SN {
	out := make([]hls.SN, len(segments))
	for i, s := range segments {
		out[i] = s.SN
	}
	return out
}

// shares says whether this track's segments may travel between peers now.
func (t *track) shares() bool {
	return t.shareable && (t.swarms() || t.engine == EngineFastmesh && t.live)
}

// shareable says whether peers may give each other the segments of a playlist:
// the newest that the source has tells for all; before, where there is none.
func shareable(m *hls.Media, before bool) bool {
	for _, s := range slices.Backward(m.Segments) {
		if e := (entry{Segment: s, name: nameOnWire(s)}); e.exists() {
			return e.travels() && !m.IFramesOnly
		}
	}
	return before
}

// demanded notes that a player asks for sn; filler is given where nobody has
// opened it before.
func (t *track) demanded(sn hls.SN, filler *cache.Filler) {
	now := t.now()
	e, ok := t.win.segment(sn)
	if filler != nil && filler.Segment().Err() != nil {
		return // it has left the ring, on its way to here
	}
	if !ok {
		if filler != nil {
			filler.Abort(errUnwanted)
		}
		return
	}
	t.head.demand(e.at, now, e.Duration, t.live)
	t.stays(e, now)
	switch {
	case t.shares() && t.swarms():
		if t.chosen {
			t.step(mesh.Demanded{SN: mesh.SN(sn)})
		}
	case !t.live && t.chosen:
		t.readAhead(sn)
	}
	switch f := t.fills[sn]; {
	case filler != nil:
		t.open(e, filler, true)
	case f != nil && !f.hurry:
		f.hurry = true
		t.want(f)
	}
	t.pump()
}

// open begins to bring a segment in.
func (t *track) open(e entry, filler *cache.Filler, hurry bool) {
	f := t.fills[e.SN]
	if f == nil {
		f = &fill{seg: e, began: time.Now(), opened: t.now()}
		f.story = Provenance{SN: e.SN, Began: f.began, Attempts: []Step{}}
		g, _ := t.group()
		f.alone, f.group = g == GroupHeld, t.compared()
		t.fills[e.SN] = f
	}
	f.filler, f.hurry = filler, f.hurry || hurry
	t.want(f)
}

func (t *track) want(f *fill) {
	playAt := t.head.playAt(f.seg.at)
	if f.hurry {
		playAt = max(playAt, t.now())
	}
	t.step(mesh.Wanted{
		SN: mesh.SN(f.seg.SN), Duration: f.seg.Duration, PlayAt: playAt,
		Waiting: f.hurry, Watched: t.head.watched(t.now(), time.Minute), Alone: f.alone,
	})
}

// forget drops the fills that match: they left the window.
func (t *track) forget(match func(hls.SN) bool) {
	for sn, f := range t.fills {
		if !match(sn) {
			continue
		}
		t.supersede(f)
		f.dropTail()
		f.endAudit()
		f.filler.Abort(errUnwanted)
		delete(t.fills, sn)
		f.waste()
		t.ledger.wasted(f.story.Wasted)
		t.step(mesh.Unwanted{SN: mesh.SN(sn)})
	}
	t.backlog = slices.DeleteFunc(t.backlog, match)
}

// giveUp ends a fill without a segment.
func (t *track) giveUp(sn hls.SN, why mesh.Reason) {
	f := t.fills[sn]
	if f == nil {
		return
	}
	t.supersede(f)
	f.dropTail()
	if why == mesh.Idle && !f.hurry {
		t.park(f)
		return
	}
	f.filler.Abort(causeOf(why))
	f.waste()
	f.story.Failed = string(why)
	t.settle(f)
	t.log.Warn("segment lost", "sn", sn, "reason", why)
}

// park keeps the place of a segment that was to come only from peers, and does
// not. A player may be about to ask for it.
func (t *track) park(f *fill) {
	if f.filler.Segment().Len() > 0 {
		f.rewind(errUnwanted)
	}
}

// waste books that what has come is of no use.
func (f *fill) waste() {
	f.story.Wasted += f.story.HTTP + f.story.P2P
	f.story.HTTP, f.story.P2P = 0, 0
}

// settle closes the books of a fill.
func (t *track) settle(f *fill) {
	delete(t.fills, f.seg.SN)
	f.endAudit()
	f.story.Took = time.Since(f.began).Seconds()
	playAt := t.head.playAt(f.seg.at) // gone by already for a player far behind the edge, whom nothing is late for
	watched := t.head.watched(t.now(), time.Minute)
	f.story.Late = t.now() > playAt && f.opened < playAt && watched
	t.compare(f, watched)
	t.ledger.close(f.story)
	t.tellSegment(f.story)
	t.kit.metrics.settled(t.name, f.story)
	t.leveled()
	t.pump()
}

func causeOf(why mesh.Reason) error {
	switch why {
	case mesh.NotFound:
		return fmt.Errorf("%w: %w", errNoSource, hls.ErrGone)
	case mesh.NoAnswer, mesh.TimedOut:
		return fmt.Errorf("%w: %w", errNoSource, hls.ErrSourceTimeout)
	default:
		return fmt.Errorf("%w: %s", errNoSource, why)
	}
}

// askOrigin fetches sn by HTTP, from where the segment stands.
func (t *track) askOrigin(sn hls.SN, delay time.Duration) {
	f := t.fills[sn]
	if f == nil || t.finished(f) {
		return
	}
	if f.met() {
		t.supersede(f)
		f.try, f.tail = f.tail, nil
		return
	}
	ctx, cancel := context.WithCancel(t.ctx)
	try := t.begin(f, "", cancel)
	try.asked = try.asked.Add(delay)
	t.bring(ctx, try, delay)
}

// bring runs an attempt of the HTTP source, until ctx ends.
func (t *track) bring(ctx context.Context, try *attempt, delay time.Duration) {
	t.work.Go(func() {
		defer try.cancel()
		if delay > 0 && !sleep(ctx, delay) {
			return
		}
		err := try.fetch(ctx)
		if ctx.Err() == nil {
			t.post(func() { t.tried(try, err) })
		}
	})
}

// askParent sends a REQUEST.
func (t *track) askParent(sn hls.SN, peer mesh.PeerID, urgent bool) {
	f := t.fills[sn]
	if f == nil || t.finished(f) {
		return
	}
	if !f.seg.travels() {
		t.step(mesh.Lacked{SN: mesh.SN(sn), From: peer})
		return
	}
	if t.kit.audits.barred(peer) {
		t.step(mesh.Failed{SN: mesh.SN(sn), From: peer, Reason: mesh.BadContent})
		return
	}
	try := t.begin(f, peer, func() {})
	l := t.links[peer]
	if l == nil {
		t.step(mesh.Failed{SN: mesh.SN(sn), From: peer, Reason: mesh.LinkLost})
		return
	}
	name := f.seg.name
	try.cancel, try.count = func() { l.expect.late(name) }, &l.received
	l.request(f.seg, try, urgent)
}

// finished handles the case that the last attempt brought everything, but its
// end is still on its way to the loop, or waits for an audit.
func (t *track) finished(f *fill) bool {
	if f.try == nil || !f.whole() {
		return false
	}
	if f.held != f.try {
		t.tried(f.try, nil)
	}
	if f.held != nil && f.held == f.try {
		t.insist(f)
	}
	return t.fills[f.seg.SN] != f
}

// whole says that all bytes are there.
func (f *fill) whole() bool {
	s := f.filler.Segment()
	return s.Size() >= 0 && s.Len() >= s.Size()
}

// begin makes the next attempt of a fill; it takes over from the last one.
func (t *track) begin(f *fill, from mesh.PeerID, cancel context.CancelFunc) *attempt {
	next := newAttempt(t, f, from, cancel) // what the last one still sends goes nowhere
	switch {
	case f.tail == nil:
	case next.w.Offset() < f.tail.w.Offset():
		next.until = f.tail.w.Offset()
	default: // the last one met it just now
		f.tail.cancel()
		if f.try != nil {
			f.note(f.try, Met, "")
		}
		f.bookTail()
	}
	t.supersede(f)
	f.story.Tries++
	switch {
	case from != "":
		f.story.Asked = true
		f.peers++
	case next.w.Offset() == 0:
		t.ledger.setHops(f.seg.SN, 0)
	}
	if !f.story.Asked && f.story.NoPeer == "" {
		f.story.NoPeer = t.noPeer(f)
	}
	f.try = next
	if from != "" {
		next.inHand = t.inHand(from)
	}
	return next
}

// supersede ends the attempt in flight; what it brought counts.
func (t *track) supersede(f *fill) {
	if f.try == nil {
		return
	}
	f.try.cancel()
	f.account()
	t.noteEnd(f)
	f.try = nil
}
