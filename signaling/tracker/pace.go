package tracker

import "time"

const (
	// paceBurst messages may come at once: the signals to a dozen children that
	// connect in the same moment. After that, paceRate per second.
	paceBurst = 400
	paceRate  = 50
	// maxStrikes is how many unreadable messages a minute are borne (protocol
	// 10, case 76).
	maxStrikes = 10
)

// A pace slows down who sends too fast. The zero value is ready.
type pace struct {
	ahead time.Time // when the burst will be whole again
}

// take counts a message and returns how long to wait before reading on.
func (p *pace) take(now time.Time) time.Duration {
	const each = time.Second / paceRate
	if p.ahead.Before(now) {
		p.ahead = now
	}
	p.ahead = p.ahead.Add(each)
	return max(0, p.ahead.Sub(now)-paceBurst*each)
}

// strikes remembers the last unreadable messages of a socket.
type strikes struct {
	at   [maxStrikes]time.Time
	next int
}

// add counts one and reports whether it is one too many within a minute.
func (s *strikes) add(now time.Time) bool {
	oldest := s.at[s.next]
	s.at[s.next] = now
	s.next = (s.next + 1) % len(s.at)
	return !oldest.IsZero() && now.Sub(oldest) < time.Minute
}
