package datachannel

import "time"

// maxPace is how many control messages are read within a second. A remote that
// sends more is slowed down, not struck: a swarm has honest bursts, such as a
// LOST for each segment of a cache that was emptied.
const maxPace = 500

// pace counts the control messages of one remote.
type pace struct {
	begin time.Time // of the second that is counted
	n     int
}

// delay takes one message and says how long to wait before it is read.
func (p *pace) delay(now time.Time) time.Duration {
	passed := now.Sub(p.begin)
	if passed >= time.Second {
		p.begin, p.n, passed = now, 0, 0
	}
	if p.n++; p.n <= maxPace {
		return 0
	}
	p.begin, p.n = p.begin.Add(time.Second), 1
	return time.Second - passed
}
