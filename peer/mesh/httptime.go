package mesh

import (
	"math"
	"time"
)

// httpTime estimates how long the HTTP source takes: for a segment, until the
// first byte, and for each byte that follows. Each is a moving mean plus two
// standard deviations (mesh 6.2). The zero value knows nothing yet.
type httpTime struct {
	whole, first average // seconds
	each         average // seconds a byte
}

const (
	httpTimeUnknown = time.Second // the estimate before the first sample
	httpTimeMax     = 20 * time.Second
	httpTimeWeight  = 1. / 8 // of a new sample
	// tellingBytes is how much the source must have sent for its rate to tell
	// anything.
	tellingBytes = 32 << 10
)

// average is a moving mean with its variance.
type average struct {
	mean, variance float64
	known          bool
}

func (m *average) add(x float64) {
	if !m.known {
		m.mean, m.variance, m.known = x, x*x/4, true
		return
	}
	off := x - m.mean
	step := httpTimeWeight * off
	m.mean += step
	m.variance = (1 - httpTimeWeight) * (m.variance + off*step)
}

// most is what it hardly ever is above.
func (m *average) most() float64 { return m.mean + 2*math.Sqrt(m.variance) }

// add learns from a whole segment.
func (h *httpTime) add(took time.Duration) {
	if took > 0 {
		h.whole.add(min(took, httpTimeMax).Seconds())
	}
}

// arrived learns from what the source brought: the whole segment, or the rest of
// one that a peer had begun.
func (h *httpTime) arrived(ev Arrived, whole bool) {
	if whole {
		h.add(ev.Took)
	}
	if ev.First <= 0 || ev.First > ev.Took {
		return
	}
	h.first.add(min(ev.First, httpTimeMax).Seconds())
	if ev.Bytes >= tellingBytes {
		h.each.add(min(ev.Took-ev.First, httpTimeMax).Seconds() / float64(ev.Bytes))
	}
}

// estimate is how long the source takes for a segment.
func (h *httpTime) estimate() time.Duration {
	if !h.whole.known {
		return httpTimeUnknown
	}
	return seconds(h.whole.most())
}

// need is how long it takes for so many bytes; below 0: for a segment of which
// the size is not known.
func (h *httpTime) need(bytes int64) time.Duration {
	if bytes < 0 || !h.first.known || !h.each.known {
		return h.estimate()
	}
	return min(seconds(h.first.most()+h.each.most()*float64(bytes)), httpTimeMax)
}

// firstByte is how long it takes to begin.
func (h *httpTime) firstByte() time.Duration {
	if !h.first.known {
		return h.estimate()
	}
	return seconds(h.first.most())
}

// reserve is how long before its play time a segment must be asked of the HTTP
// source to be there in time, where so many bytes are missing, as in need.
func (h *httpTime) reserve(missing int64) time.Duration {
	return h.need(missing)*3/2 + 500*time.Millisecond
}

// seconds is s as a time, bounded: what is longer than a day is not told apart.
func seconds(s float64) time.Duration {
	return time.Duration(min(s, maxTimeout.Seconds()) * float64(time.Second))
}
