package lab

import (
	"slices"
	"testing"
	"time"
)

// TestTrackerForgets: a mesh of ten on four levels, and a new tracker in the
// place of the old one, which knows nobody. Links stay, and the peers tell it of
// them; nobody ends below its own child.
func TestTrackerForgets(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{
		Peers: 10, Uplinks: []int64{2.4 * crowdRate}, JoinEvery: 2 * time.Second,
		Origin: OriginConfig{BitRate: crowdRate},
	}
	guarded(t, c, func(st *stage, g *gate) {
		stop := st.open(g)
		s := st.survey(crowdRate)
		s.until(90 * time.Second)
		s.fed()
		s.agreed()
		graph, levels := st.graph(), st.levels(t)
		if deepest := slices.Max(levels); deepest < 3 {
			t.Errorf("%d levels, want 3", deepest)
		}
		before := s.shared(30 * time.Second)

		g.close()
		stop()
		defer st.open(g)()
		g.open()
		meanwhile := s.shared(30 * time.Second)
		s.until(s.passed + 30*time.Second)
		s.fed()
		s.agreed()
		// The root may be back before a child, and be sent below one of that child's
		// own: then the link between the two is in the way.
		fresh := 0
		for _, r := range st.present() {
			for _, p := range r.Parents {
				if p.OpenFor < 60 {
					fresh++
				}
			}
		}
		if fresh > 2 {
			t.Errorf("%d links to parents are new, want two at most", fresh)
		}
		moved := 0
		for id, parents := range st.graph() {
			if !slices.Equal(parents, graph[id]) {
				moved++
			}
		}
		if moved > 4 {
			t.Errorf("%d peers have other parents than before, want four at most", moved)
		}
		t.Logf("offload %.3f before, %.3f afterwards", before, meanwhile)
		if meanwhile < before-0.1 {
			t.Errorf("offload %.3f before, %.3f afterwards", before, meanwhile)
		}
		st.steady()
	})
}

// shared is the offload of the next d.
func (s *survey) shared(d time.Duration) float64 {
	http, p2p := s.http, s.p2p
	s.until(s.passed + d)
	http, p2p = s.http-http, s.p2p-p2p
	return float64(p2p) / float64(http+p2p)
}

// levels are those of all peers, as the tracker sees them.
func (st *stage) levels(t *testing.T) (all []int) {
	t.Helper()
	for _, n := range st.nodes(t) {
		all = append(all, n.Level)
	}
	return all
}
