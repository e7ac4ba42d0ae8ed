package cache_test

import (
	"slices"

	"hlspeer/cache"
)

// tailModel is the end of a segment that lies ready beyond what has landed.
type tailModel struct {
	writer *cache.Writer
	from   int
	data   []byte
}

// stepTail does one random operation with a tail on both.
func (m *segmentModel) stepTail() {
	switch op := m.rnd.IntN(10); {
	case op < 3:
		m.beginTail()
	case m.tail == nil:
	case op < 9:
		m.writeTail()
	default:
		m.filler.DropTail()
		m.stale, m.tail = m.tail.writer, nil
	}
}

func (m *segmentModel) beginTail() {
	from := m.rnd.IntN(modelMax + 5)
	w, err := m.filler.Tail(int64(from))
	from = max(from, len(m.data))
	var want error
	switch {
	case m.err != nil:
		want = m.err
	case m.sealed, m.tail != nil, m.size < 0, int64(from) >= m.size:
		want = cache.ErrNoTail
	}
	wantErr(m.t, "Tail", err, want)
	if err != nil {
		return
	}
	m.tail = &tailModel{writer: w, from: from}
	if got := w.Offset(); got != int64(from) {
		m.t.Errorf("the tail begins at %d, want %d", got, from)
	}
	m.meet()
}

func (m *segmentModel) writeTail() {
	p := make([]byte, m.rnd.IntN(12))
	for i := range p {
		p[i] = byte(m.rnd.Uint32())
	}
	var want error
	if int64(m.tail.from+len(m.tail.data)+len(p)) > m.size {
		want = cache.ErrOverflow
	}
	_, err := m.tail.writer.Write(p)
	wantErr(m.t, "Write to the tail", err, want)
	if err == nil {
		m.tail.data = append(m.tail.data, p...)
	}
	if got := m.tail.writer.Landed(); got != int64(len(m.tail.data)) {
		m.t.Errorf("the tail has brought %d bytes, want %d", got, len(m.tail.data))
	}
}

// meet lets the tail land if the segment has got there.
func (m *segmentModel) meet() {
	if m.tail == nil || len(m.data) < m.tail.from {
		return
	}
	m.data = append(m.data, m.tail.data...)
	m.origin = append(m.origin, slices.Repeat([]bool{true}, len(m.tail.data))...)
	m.stale, m.writer, m.trust, m.tail = m.writer, m.tail.writer, true, nil
}
