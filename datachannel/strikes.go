package datachannel

import (
	"sync"
	"time"
)

const (
	maxStrikes   = 10
	strikeWindow = time.Minute
)

// strikes counts protocol violations within a sliding window. It is safe for
// concurrent use.
type strikes struct {
	mu    sync.Mutex
	times [maxStrikes]time.Time // a ring of the last ones
	next  int
}

// add notes one violation and reports whether that is more than allowed.
func (s *strikes) add(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest := s.times[s.next]
	s.times[s.next] = now
	s.next = (s.next + 1) % maxStrikes
	return !oldest.IsZero() && now.Sub(oldest) < strikeWindow
}
