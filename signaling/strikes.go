package signaling

import "time"

// strikes remembers the last ten unreadable messages of a socket (protocol 10,
// case 76).
type strikes struct {
	at   [10]time.Time
	next int
}

// add counts one and reports whether it is one too many within a minute.
func (s *strikes) add(now time.Time) bool {
	oldest := s.at[s.next]
	s.at[s.next] = now
	s.next = (s.next + 1) % len(s.at)
	return !oldest.IsZero() && now.Sub(oldest) < time.Minute
}
