package mesh

import (
	"math"
	"time"
)

// httpTime estimates how long the HTTP source takes for a segment: a moving
// mean plus two standard deviations (mesh 6.2). The zero value knows nothing
// yet.
type httpTime struct {
	mean, variance float64 // seconds
}

const (
	httpTimeUnknown = time.Second // the estimate before the first sample
	httpTimeMax     = 20 * time.Second
	httpTimeWeight  = 1. / 8 // of a new sample
)

func (h *httpTime) add(took time.Duration) {
	if took <= 0 {
		return
	}
	x := min(took, httpTimeMax).Seconds()
	if h.mean == 0 {
		h.mean, h.variance = x, x*x/4
		return
	}
	off := x - h.mean
	step := httpTimeWeight * off
	h.mean += step
	h.variance = (1 - httpTimeWeight) * (h.variance + off*step)
}

func (h *httpTime) estimate() time.Duration {
	if h.mean == 0 {
		return httpTimeUnknown
	}
	return time.Duration((h.mean + 2*math.Sqrt(h.variance)) * float64(time.Second))
}

// reserve is how long before its play time a segment must be asked of the HTTP
// source to be there in time.
func (h *httpTime) reserve() time.Duration {
	return h.estimate()*3/2 + 500*time.Millisecond
}
