package mesh

import "time"

// inquiry is when the server may be asked for peers again.
type inquiry struct {
	asks  int           // since the back-off began
	askAt time.Duration // earliest next time, by the back-off
	fed   time.Duration // since when all that we look for is found; Never: it is not
}

// fedLongEnough is how long all is to be found until the back-off begins anew
// (protocol 4.10).
const fedLongEnough = 5 * time.Minute

func newInquiry() inquiry { return inquiry{fed: Never} }

// backOff is the time after the n-th question (protocol 4.10).
func backOff(n int) time.Duration {
	steps := [...]time.Duration{1, 2, 5, 10, 30, 60}
	return steps[min(n, len(steps)-1)] * time.Second
}

// asked notes that the server is being asked.
func (q *inquiry) asked(now time.Duration, spread func(time.Duration) time.Duration) {
	q.askAt = now + spread(backOff(q.asks))
	q.asks++
}

// observe notes whether all that we look for is found.
func (q *inquiry) observe(now time.Duration, full bool) {
	switch {
	case full && q.fed == Never:
		q.fed = now
	case !full && q.fed != Never:
		if now-q.fed >= fedLongEnough {
			q.asks, q.askAt = 0, now
		}
		q.fed = Never
	}
}
