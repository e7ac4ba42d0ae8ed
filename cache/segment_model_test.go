package cache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"

	"hlspeer/cache"
)

// TestSegmentAgainstModel runs random operations on a segment and on a naive
// model of it, and compares every state and every read, blocked ones included.
func TestSegmentAgainstModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &segmentModel{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), ring: cache.NewRing(cache.NewBudget(roomy), modelMax)}
				m.reopen()
				for range 300 {
					m.step()
					synctest.Wait()
					m.check()
					if t.Failed() {
						t.Fatalf("after %v", m.log)
					}
				}
				for _, r := range m.readers {
					r.cancel(errFault)
				}
			})
		})
	}
}

const modelMax = 60 // largest segment, so that every limit is met often

type segmentModel struct {
	t    *testing.T
	rnd  *rand.Rand
	ring *cache.Ring
	log  []string

	segment *cache.Segment
	filler  *cache.Filler
	writer  *cache.Writer // the current one
	trust   bool
	stale   *cache.Writer
	tail    *tailModel // nil: there is none

	data        []byte
	origin      []bool // per byte: trusted
	size        int64
	sizeTrusted bool
	sealed      bool
	err         error
	readers     []*readerModel
}

type readerModel struct {
	*cache.Reader
	cancel  context.CancelCauseFunc
	view    cache.View
	off     int
	n       int   // of the call that is pending
	failed  error // by a rewind or by the context
	pending <-chan result
}

func (m *segmentModel) reopen() {
	m.segment, m.filler = open(m.t, m.ring, 1)
	m.writer = m.filler.Writer(untrusted)
	*m = segmentModel{
		t: m.t, rnd: m.rnd, ring: m.ring, log: m.log,
		segment: m.segment, filler: m.filler, writer: m.writer, size: -1,
	}
}

// step does one random operation on both.
func (m *segmentModel) step() {
	op := m.rnd.IntN(100)
	m.log = append(m.log, fmt.Sprint(op))
	switch {
	case op < 30:
		m.write()
	case op < 36:
		m.declare()
	case op < 42:
		m.stale, m.trust = m.writer, m.rnd.IntN(2) == 0
		m.writer = m.filler.Writer(m.trust)
	case op < 45:
		if m.stale != nil && m.stale != m.writer {
			_, err := m.stale.Write([]byte("late"))
			wantErr(m.t, "stale Write", err, m.ended(cache.ErrSuperseded))
		}
	case op < 49:
		m.rewind()
	case op < 51:
		m.seal()
	case op < 52:
		m.abort()
	case op < 57:
		m.newReader()
	case op < 59:
		m.cancelReader()
	case op < 69:
		m.stepTail()
	default:
		m.read()
	}
}

// ended returns what a writer gets that would otherwise get err.
func (m *segmentModel) ended(err error) error {
	switch {
	case m.err != nil:
		return m.err
	case m.sealed, m.writer == nil:
		return cache.ErrSuperseded
	default:
		return err
	}
}

func (m *segmentModel) write() {
	if m.writer == nil {
		return
	}
	p := make([]byte, m.rnd.IntN(12))
	for i := range p {
		p[i] = byte(m.rnd.Uint32())
	}
	total := len(m.data) + len(p)
	var want error
	if m.size >= 0 && int64(total) > m.size {
		want = cache.ErrOverflow
	} else if total > modelMax {
		want = cache.ErrTooLarge
	}
	_, err := m.writer.Write(p)
	wantErr(m.t, "Write", err, m.ended(want))
	if err == nil {
		if m.tail != nil {
			p = p[:min(len(p), m.tail.from-len(m.data))]
		}
		m.data = append(m.data, p...)
		m.origin = append(m.origin, slices.Repeat([]bool{m.trust}, len(p))...)
		m.meet()
	}
}

func (m *segmentModel) declare() {
	if m.writer == nil {
		return
	}
	total := m.rnd.Int64N(modelMax+10) - 2
	var want error
	switch {
	case total <= 0:
		want = cache.ErrEmpty
	case total > modelMax:
		want = cache.ErrTooLarge
	case m.size >= 0 && m.size != total, total < int64(len(m.data)):
		want = cache.ErrSizeConflict
	}
	err := m.writer.SetSize(total)
	wantErr(m.t, "SetSize", err, m.ended(want))
	if err == nil {
		m.size = total
		m.sizeTrusted = m.sizeTrusted || m.trust
	}
}

func (m *segmentModel) verified() int {
	if m.sealed {
		return len(m.data)
	}
	if i := slices.Index(m.origin, untrusted); i >= 0 {
		return i
	}
	return len(m.origin)
}

func (m *segmentModel) rewind() {
	m.filler.Rewind(errFault)
	if m.sealed || m.err != nil {
		return
	}
	m.tail = nil
	kept := m.verified()
	m.data, m.origin = slices.Clone(m.data[:kept]), m.origin[:kept]
	if !m.sizeTrusted {
		m.size = -1
	}
	m.stale, m.writer = m.writer, nil
	for _, r := range m.readers {
		if r.view == cache.Arriving && r.off > kept && r.failed == nil {
			r.failed = errFault
		}
	}
}

func (m *segmentModel) seal() {
	want := m.err
	if want == nil && !m.sealed {
		if int64(len(m.data)) < m.size {
			want = cache.ErrShort
		} else if len(m.data) == 0 {
			want = cache.ErrEmpty
		}
	}
	err := m.filler.Seal()
	wantErr(m.t, "Seal", err, want)
	if err == nil {
		m.sealed, m.size = true, int64(len(m.data))
	}
}

// abort also begins the next segment, once all readers of this one have failed.
func (m *segmentModel) abort() {
	m.filler.Abort(errFault)
	if !m.sealed {
		m.err, m.data, m.origin, m.tail = errFault, nil, nil, nil
	}
	synctest.Wait()
	m.check()
	for _, r := range m.readers {
		r.cancel(errFault)
	}
	synctest.Wait()
	m.ring.Slide(2)
	m.reopen()
}

func (m *segmentModel) newReader() {
	ctx, cancel := context.WithCancelCause(context.Background())
	off := 0
	if m.rnd.IntN(2) == 0 {
		off = m.rnd.IntN(modelMax + 5)
	}
	view := cache.View(m.rnd.IntN(2))
	m.readers = append(m.readers, &readerModel{Reader: m.segment.Reader(ctx, int64(off), view), cancel: cancel, view: view, off: off})
}

func (m *segmentModel) cancelReader() {
	if r := m.anyReader(); r != nil {
		r.cancel(errCanceled)
		r.failed = errCanceled
	}
}

var errCanceled = errors.New("canceled by the test")

func (m *segmentModel) anyReader() *readerModel {
	if len(m.readers) == 0 {
		return nil
	}
	return m.readers[m.rnd.IntN(len(m.readers))]
}

func (m *segmentModel) read() {
	if r := m.anyReader(); r != nil && r.pending == nil {
		r.n = 1 + m.rnd.IntN(15)
		r.pending = next(r.Reader, r.n)
	}
}

// outcome says what a pending Next returns, false if it blocks.
func (m *segmentModel) outcome(r *readerModel) ([]byte, error, bool) {
	end, landed := r.off+r.n, len(m.data)
	switch {
	case r.failed != nil:
		return nil, r.failed, true
	case m.err != nil:
		return nil, m.err, true
	case m.sealed && r.off >= landed:
		return nil, io.EOF, true
	case m.sealed:
		return m.data[r.off:min(end, landed)], nil, true
	case r.view == cache.Verified && end > m.verified():
		if int64(m.verified()) == m.size && r.off < landed {
			return m.data[r.off:], nil, true // a short last packet, all of it verified
		}
		return nil, nil, false
	case end > landed:
		return nil, nil, false
	case r.view == cache.Arriving && (int64(end) == m.size || m.size < 0 && end == landed):
		return nil, nil, false // it is, or could be, the last
	default:
		return m.data[r.off:end], nil, true
	}
}

func (m *segmentModel) check() {
	t, s := m.t, m.segment
	if s.Size() != m.size || s.Len() != int64(len(m.data)) || s.Sealed() != m.sealed {
		t.Errorf("size %d, len %d, sealed %v, want %d, %d, %v", s.Size(), s.Len(), s.Sealed(), m.size, len(m.data), m.sealed)
	}
	wantErr(t, "Err", s.Err(), m.err)
	wantBytes(t, "Filler.Bytes", m.filler.Bytes(), m.data)
	for _, r := range m.readers {
		if r.pending == nil {
			continue
		}
		b, err, done := m.outcome(r)
		if !done {
			wantBlocked(t, fmt.Sprintf("Next(%d) at %d in view %d", r.n, r.off, r.view), r.pending)
			continue
		}
		wantResult(t, fmt.Sprintf("Next(%d) at %d in view %d", r.n, r.off, r.view), r.pending, b, err)
		r.off += len(b)
		r.pending = nil
	}
}
