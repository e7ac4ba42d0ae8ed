package lab

import "testing"

// TestBestLevels: the examples of mesh 3.2, with a tenth of the peers at five
// streams and so on.
func TestBestLevels(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		peers, roots int
		mean, p95    float64
	}{{100, 2, 2.32, 3}, {1000, 5, 3.20, 4}, {10_000, 50, 3.20, 4}} {
		var slots []int
		for i := range tt.peers {
			slots = append(slots, 4*int(uplinkMix[i%10]))
		}
		s := spread(bestLevels(slots, tt.roots, 4))
		if *s.Mean < tt.mean-0.02 || *s.Mean > tt.mean+0.02 || *s.P95 != tt.p95 {
			t.Errorf("%d peers: %.2f, p95 %.0f; want %.2f, %.0f", tt.peers, *s.Mean, *s.P95, tt.mean, tt.p95)
		}
	}
	if got := bestLevels([]int{0, 0, 4}, 1, 4); len(got) != 2 {
		t.Errorf("%d of 3 peers have a level, want the root and the one it can feed", len(got))
	}
}
