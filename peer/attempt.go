package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"hlspeer/cache"
	"hlspeer/datachannel"
	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

// progressEvery is how much time passes at least between two words to the brain.
const progressEvery = 100 * time.Millisecond

// attempt is one source's try to bring a segment. The source writes into it
// from its own goroutine; once another attempt has begun, its bytes go
// nowhere.
type attempt struct {
	t      *track
	sn     hls.SN
	from   mesh.PeerID // "": the HTTP source
	seg    hls.Segment
	w      *cache.Writer
	cancel context.CancelFunc
	began  time.Time
	before []byte // what had landed already: a peer sends it once more
	until  int64  // up to where it is to bring the segment; 0: all of it
	proof  *proof // of a segment's beginning; nil once it is there
	tail   bool   // it brings the end, beside another one
	hops   int    // from the HTTP source, as the peer says
	seen   int64  // bytes that came
	noted  time.Time

	asked   time.Time     // when it was, or will be, asked; set once
	firstAt atomic.Int64  // ns from asked to the first byte; 0: none has come
	lastAt  atomic.Int64  // the same of the newest one
	count   *atomic.Int64 // bytes that come over the link; nil: the HTTP source
	fault   mesh.Reason   // loop: why it failed, where another attempt takes over; "": it has not
	inHand  int           // loop: segments that the peer is asked for, this one too; 0: the HTTP source
	noticed bool          // loop: the story has it
	landed  time.Time     // loop: when all was there, of a segment that waits for its audit; zero: it does not
}

// proof is the beginning of a segment from the HTTP source. Its bytes reach
// players as they land, so nothing lands before it looks like a segment:
// neither an error page nor its size.
type proof struct {
	size int64 // declared; -1: not
	head []byte
}

// proofSize is how much is looked at, at least.
const proofSize = 4 * 188

var (
	_ hls.SegmentSink  = (*attempt)(nil)
	_ datachannel.Sink = (*attempt)(nil)
)

func newAttempt(t *track, f *fill, from mesh.PeerID, cancel context.CancelFunc) *attempt {
	a := &attempt{t: t, sn: f.seg.SN, from: from, seg: f.seg.Segment, cancel: cancel, began: time.Now()}
	a.asked = a.began
	a.w = f.filler.Writer(from == "") // from here on nobody else writes
	switch {
	case from != "":
		a.before = f.filler.Bytes()
	case a.w.Offset() == 0:
		a.proof = &proof{size: -1}
	}
	return a
}

// newTail is the attempt of the HTTP source to bring a segment's end.
func newTail(t *track, f *fill, w *cache.Writer, cancel context.CancelFunc) *attempt {
	a := &attempt{t: t, sn: f.seg.SN, seg: f.seg.Segment, w: w, cancel: cancel, began: time.Now(), tail: true}
	a.asked = a.began
	return a
}

// Began takes when the HTTP source was asked for what it answers.
func (a *attempt) Began(at time.Time) { a.began = at }

// SetSize takes the total size that the source declares. That of a byte range is
// known.
func (a *attempt) SetSize(total int64) error {
	if a.from == "" && a.until > 0 {
		return nil // of what it is to bring
	}
	if r := a.seg.Range; r != nil && total != r.Length {
		return fmt.Errorf("%w: %d bytes of a byte range of %d", datachannel.ErrBadSize, total, r.Length)
	}
	if a.proof != nil {
		a.proof.size = total
		return nil
	}
	return a.w.SetSize(total)
}

// Write takes the next bytes. Those that are there already are compared.
func (a *attempt) Write(p []byte) (int, error) {
	n := len(p)
	now := time.Now()
	since := int64(max(1, now.Sub(a.asked)))
	a.lastAt.Store(since)
	a.firstAt.CompareAndSwap(0, since)
	if a.count != nil {
		a.count.Add(int64(n))
	}
	if a.proof != nil {
		a.proof.head = append(a.proof.head, p...)
		if len(a.proof.head) < proofSize {
			return n, nil
		}
		return n, a.prove()
	}
	if k := min(len(a.before), n); k > 0 {
		if !bytes.Equal(a.before[:k], p[:k]) {
			return 0, errMismatch
		}
		a.before, p = a.before[k:], p[k:]
	}
	if len(p) > 0 {
		if _, err := a.w.Write(p); err != nil {
			return 0, err
		}
	}
	a.progress(int64(n), now)
	return n, nil
}

// prove lets the beginning of the segment in, if it is one.
func (a *attempt) prove() error {
	p := a.proof
	check := a.seg.PlausibleHead
	if len(p.head) < proofSize {
		check = a.seg.Plausible // it is the whole
	}
	if err := check(p.head); err != nil {
		return fmt.Errorf("%w: %w", errBadContent, err)
	}
	if p.size >= 0 {
		if err := a.w.SetSize(p.size); err != nil {
			return err
		}
	}
	a.proof = nil
	_, err := a.Write(p.head)
	return err
}

// fetch is the attempt of the HTTP source.
func (a *attempt) fetch(ctx context.Context) error {
	a.began = time.Now()
	seg := a.seg
	if a.until > 0 {
		seg = upTo(seg, a.until)
	}
	err := a.t.kit.origin.Segment(ctx, seg, a.w.Offset(), a)
	if err == nil && a.proof != nil {
		err = a.prove()
	}
	return err
}

// first is how long the first byte took that answers the request which is being
// answered; 0: none has come.
func (a *attempt) first() time.Duration {
	at := a.firstAt.Load()
	if at == 0 {
		return 0
	}
	return max(1, a.asked.Add(time.Duration(at)).Sub(a.began))
}

// progress tells the brain that n bytes more have come, the first ones at once,
// and then now and again. What the loop is too busy for is told with the next ones.
func (a *attempt) progress(n int64, now time.Time) {
	a.seen += n
	if now.Sub(a.noted) < progressEvery {
		return
	}
	came, hops := a.seen, a.hops
	told := a.t.hint(func() {
		if f := a.t.fills[a.sn]; f != nil && f.try == a {
			s := f.filler.Segment()
			a.t.step(mesh.Progress{SN: mesh.SN(a.sn), Bytes: s.Len(), Size: s.Size(), Came: came, Hops: hops})
		}
	})
	if told {
		a.noted = now
	}
}

// Finish ends a peer's transfer.
func (a *attempt) Finish(err error) {
	a.t.post(func() { a.t.tried(a, err) })
}

// tried takes the outcome of an attempt, unless another has taken over.
func (t *track) tried(a *attempt, err error) {
	f := t.fills[a.sn]
	switch {
	case f == nil:
		return
	case f.tail == a:
		t.tailEnded(f, a, err)
		return
	case f.try != a:
		return
	case f.met() && !f.whole():
		t.goOn(f)
		return
	case f.met():
		err = nil // what it still has is here
	case err == nil && a.from == "" && a.until > 0 && f.tail == nil:
		t.supersede(f)
		t.askOrigin(a.sn, 0) // the tail has failed meanwhile
		return
	}
	if err == nil {
		var wait bool
		if wait, err = t.vouch(f, a); wait {
			return
		}
	}
	brought, met := f.account(), f.met()
	f.try = nil
	if err == nil {
		f.bookTail()
		err = f.complete()
	}
	if err != nil {
		t.failed(f, a, err)
		return
	}
	switch {
	case met:
		f.note(a, Met, "")
	case a.tail:
		f.note(a, Tail, "")
	default:
		f.note(a, Complete, "")
	}
	n := f.filler.Segment().Size()
	f.story.Hops = t.ledger.hopsOf(a.sn)
	t.settle(f)
	t.tellHave(f.seg)
	if t.rate.observe(n, f.seg.Duration) {
		t.bits.Store(int64(t.rate.bits()))
		t.introduce()
		t.step(mesh.Rated{Stream: t.rate.bits()})
	}
	t.session.joinBy = min(t.session.joinBy, t.now()) // protocol 7.1, J1
	t.step(mesh.Arrived{SN: mesh.SN(a.sn), From: a.from, Bytes: brought, First: a.first(), Took: a.took()})
}

// complete checks what has landed and seals it.
func (f *fill) complete() error {
	if err := f.seg.Plausible(f.filler.Bytes()); err != nil {
		return fmt.Errorf("%w: %w", errBadContent, err)
	}
	return f.filler.Seal()
}

// account books what the attempt in flight brought, bytes.
func (f *fill) account() (n int64) {
	n = f.try.w.Landed()
	if f.try.from == "" {
		f.story.HTTP += n
	} else if n > 0 {
		f.story.P2P += n
		f.story.From = f.try.from
		f.part = f.part.with(f.try.brought())
	}
	switch {
	case f.story.P2P == 0:
		f.story.Source = "http"
	case f.story.HTTP == 0:
		f.story.Source = "p2p"
	default:
		f.story.Source = "mixed"
	}
	return n
}

// rewind throws away what is not known to be right.
func (f *fill) rewind(cause error) {
	f.filler.Rewind(cause)
	kept := f.filler.Segment().Len()
	f.story.Wasted += f.story.HTTP + f.story.P2P - kept
	f.story.HTTP, f.story.P2P = kept, 0
	f.peers = 0
	f.rewindAudit()
}

// failed sorts a failed attempt: bytes that prove wrong are dropped, bytes
// that are merely too few stay for the next source.
func (t *track) failed(f *fill, a *attempt, err error) {
	why := reasonOf(err)
	f.story.Why = string(why)
	f.note(a, Failed, why)
	t.log.Debug("attempt failed", "sn", a.sn, "from", a.from, "error", err)
	if t.ctx.Err() != nil {
		return
	}
	if spoils(why) || t.withdrawn(a, err) {
		f.dropTail()
		differs := errors.Is(err, cache.ErrSizeConflict) || errors.Is(err, errMismatch)
		switch {
		case a.from == "" && (f.story.P2P > 0 || differs && f.peers > 0):
			// A peer had begun it, so it is the peer's part that is wrong.
			f.rewind(err)
			t.askOrigin(a.sn, 0)
			return
		case a.from != "":
			if why = t.verdict(why, err); differs && f.peers > 1 {
				why = mesh.Broken // one of two peers is wrong, nobody knows which
			}
			if f.rewind(err); why == mesh.Broken {
				t.restored(f)
			}
		case f.filler.Segment().Len() == 0:
			// Nothing of it was let in.
		case differs && f.odd < maxOdd:
			// The answer does not go on where the one before ended. What is
			// here has reached players, and the next answer may fit it again.
			f.odd++
			why = mesh.Refused
		case !t.restart(f, err):
			return
		}
	}
	t.step(mesh.Failed{SN: mesh.SN(a.sn), From: a.from, Reason: why})
}

// spoils says that for this reason bytes are thrown away.
func spoils(why mesh.Reason) bool {
	return why == mesh.BadContent || why == mesh.BadSize || why == Polluted || why == Unaudited
}

// maxOdd is how many answers of the HTTP source may contradict its first one
// before that is given up.
const maxOdd = 2

// restart makes an empty place for a segment whose bytes from the HTTP source
// are useless; false when somebody else did so at the same moment, whose
// demand is on its way to the loop.
func (t *track) restart(f *fill, cause error) bool {
	f.filler.Abort(cause)
	f.story.Wasted += f.story.HTTP
	f.story.HTTP, f.odd = 0, 0
	_, filler := t.ring.Open(cache.SN(f.seg.SN))
	if filler == nil {
		delete(t.fills, f.seg.SN)
		t.step(mesh.Unwanted{SN: mesh.SN(f.seg.SN)})
		return false
	}
	f.filler = filler
	return true
}

// reasonOf names an attempt's error in the brain's words.
func reasonOf(err error) mesh.Reason {
	var status *hls.StatusError
	var found *pollution
	switch {
	case errors.As(err, &found):
		return Polluted
	case errors.Is(err, errUnaudited):
		return Unaudited
	case errors.As(err, &status):
		if status.Code == 404 || status.Code == 410 {
			return mesh.NotFound
		}
		return mesh.Refused
	case errors.Is(err, errBadContent), errors.Is(err, errMismatch):
		return mesh.BadContent
	case errors.Is(err, datachannel.ErrBadSize), errors.Is(err, cache.ErrSizeConflict),
		errors.Is(err, cache.ErrOverflow), errors.Is(err, cache.ErrShort), errors.Is(err, cache.ErrTooLarge):
		return mesh.BadSize
	case errors.Is(err, hls.ErrNoProgress), errors.Is(err, hls.ErrUnreachable):
		return mesh.NoAnswer
	default:
		return mesh.Broken
	}
}
