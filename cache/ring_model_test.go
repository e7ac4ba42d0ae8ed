package cache_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"hlspeer/cache"
)

// TestRingsAgainstModel runs random operations on two rings with one budget and
// on a naive model of them.
func TestRingsAgainstModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		m := &ringsModel{t: t, rnd: rand.New(rand.NewPCG(seed, 2)), budget: cache.NewBudget(100)}
		m.rings = [2]*cache.Ring{cache.NewRing(m.budget, 100), cache.NewRing(m.budget, 100)}
		for range 400 {
			m.step()
			m.check()
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	}
}

type ringsModel struct {
	t      *testing.T
	rnd    *rand.Rand
	budget *cache.Budget
	rings  [2]*cache.Ring
	held   []*heldModel // in the order of Open
}

type heldModel struct {
	ring    int
	segment *cache.Segment
	filler  *cache.Filler
	charge  int64
	sealed  bool
}

func (m *ringsModel) step() {
	ring, sn := m.rnd.IntN(2), cache.SN(m.rnd.IntN(12))
	held := m.find(ring, sn)
	switch op := m.rnd.IntN(20); {
	case op == 0:
		m.rings[ring].Slide(sn)
		m.remove(func(h *heldModel) bool { return h.ring == ring && h.segment.SN() < sn })
	case held == nil:
		s, f := open(m.t, m.rings[ring], sn)
		m.held = append(m.held, &heldModel{ring: ring, segment: s, filler: f})
	case held.sealed:
		if s, f := m.rings[ring].Open(sn); s != held.segment || f != nil {
			m.t.Errorf("Open of a sealed segment = %p, %v, want %p and no filler", s, f, held.segment)
		}
	case held.charge == 0:
		m.fill(held, 1+m.rnd.IntN(60))
	case op < 4:
		held.filler.Abort(errFault)
		m.remove(func(h *heldModel) bool { return h == held })
	default:
		seal(m.t, held.filler)
		held.sealed = true
	}
}

func (m *ringsModel) fill(held *heldModel, n int) {
	var filling int64
	for _, h := range m.held {
		if !h.sealed {
			filling += h.charge
		}
	}
	w := held.filler.Writer(trusted)
	if held.segment.Size() < 0 {
		declare(m.t, w, n)
	}
	size := held.segment.Size()
	_, err := w.Write(pattern(int(size)))
	if filling+size > m.budget.Limit() {
		wantErr(m.t, "Write", err, cache.ErrBudget)
		return
	}
	wantErr(m.t, "Write", err, nil)
	for m.used()+size > m.budget.Limit() {
		oldest := m.held[slices.IndexFunc(m.held, func(h *heldModel) bool { return h.sealed })]
		m.remove(func(h *heldModel) bool { return h == oldest })
	}
	held.charge = size
}

func (m *ringsModel) used() (sum int64) {
	for _, h := range m.held {
		sum += h.charge
	}
	return sum
}

func (m *ringsModel) find(ring int, sn cache.SN) *heldModel {
	for _, h := range m.held {
		if h.ring == ring && h.segment.SN() == sn {
			return h
		}
	}
	return nil
}

func (m *ringsModel) remove(which func(*heldModel) bool) {
	m.held = slices.DeleteFunc(m.held, which)
}

func (m *ringsModel) check() {
	if m.budget.Used() != m.used() {
		m.t.Errorf("Used = %d, want %d", m.budget.Used(), m.used())
	}
	for ring, r := range m.rings {
		var want []cache.SN
		newest, found := cache.SN(0), false
		for _, h := range m.held {
			if h.ring != ring {
				continue
			}
			want = append(want, h.segment.SN())
			if h.sealed && (!found || h.segment.SN() > newest) {
				newest, found = h.segment.SN(), true
			}
			if r.Lookup(h.segment.SN()) != h.segment {
				m.t.Errorf("Lookup(%d) does not find the segment", h.segment.SN())
			}
		}
		slices.Sort(want)
		wantSNs(m.t, r, want...)
		if sn, ok := r.Newest(); sn != newest || ok != found {
			m.t.Errorf("Newest = %d, %v, want %d, %v", sn, ok, newest, found)
		}
	}
}
