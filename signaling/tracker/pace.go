package tracker

import "time"

var (
	// peerPace lets messages come at once: the signals to a dozen children that
	// connect in the same moment. After that, 50 a second.
	peerPace = pace{burst: 400, each: time.Second / 50}
	// viewerPace is for questions of which each may cost a snapshot.
	viewerPace = pace{burst: 20, each: time.Second}
)

const (
	// maxStrikes is how many unreadable messages a minute are borne (protocol
	// 10, case 76).
	maxStrikes = 10
)

// A pace slows down who sends too fast: a burst at once, and then one message
// each so often.
type pace struct {
	burst int
	each  time.Duration
	ahead time.Time // when the burst will be whole again
}

// take counts a message and returns how long to wait before reading on.
func (p *pace) take(now time.Time) time.Duration {
	if p.ahead.Before(now) {
		p.ahead = now
	}
	p.ahead = p.ahead.Add(p.each)
	return max(0, p.ahead.Sub(now)-time.Duration(p.burst)*p.each)
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
